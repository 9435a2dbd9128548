import { readFile } from 'node:fs/promises';
import { pause } from './pause.ts';

/** What a tool did: one line of the file of effects, written in the midst of its run. */
export interface Effect {
  readonly tool: string;
  readonly key: string;
  readonly place: string;
  readonly pid: number;
}

export async function readEffects(file: string): Promise<readonly Effect[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  // The last line may not be whole yet.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** The next one from now on that is wanted; none if there is none while `isWorthWaiting`. */
export async function nextEffect(
  file: string,
  isWanted: (effect: Effect) => boolean,
  isWorthWaiting: () => boolean,
): Promise<Effect | undefined> {
  const before = (await readEffects(file)).length;
  while (isWorthWaiting()) {
    const next = (await readEffects(file)).slice(before).findLast(isWanted);
    if (next) return next;
    await pause(10);
  }
  return undefined;
}
