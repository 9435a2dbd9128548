import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';

const folder = process.env['REPRISE_CORPUS'];

/** A suite over the corpus; without one it is skipped, and its name says why. */
export function describeWithCorpus(name: string, declareTests: () => void): void {
  if (folder !== undefined && folder !== '') describe(name, declareTests);
  else describe.skip(`${name} (skipped: REPRISE_CORPUS is not set)`, () => it('reads logs', () => {}));
}

/** A path in the corpus. Throws where a corpus was named that lacks it. */
export function corpusPath(...names: readonly string[]): string {
  const path = join(folder ?? '', ...names);
  if (!existsSync(path)) throw new Error(`REPRISE_CORPUS is set, but ${path} does not exist.`);
  return path;
}
