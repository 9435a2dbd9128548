import { mkdtempSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteStore } from '@reprise/checkpoint';
import { LangGraphSession } from './langgraph-session.ts';
import { SessionWriter } from './stored-session.ts';
import { elapsedMs, interleavedMedians } from './timing.ts';

/** What was measured of our store, and the same of LangGraph's saver. */
export interface SideBySide<T> {
  readonly ours: T;
  readonly theirs: T;
}

interface Place {
  readonly folder: string;
  readonly synchronous: 'full' | 'normal';
}

/** A conversation in a file of its own. */
interface Kept {
  readonly path: string;
  /** The write of the next turn, ready to be timed. */
  prepare(): () => Promise<void>;
  close(): Promise<void>;
}

/** Writes a conversation of so many turns to a new file. */
type Keep = (place: Place, turns: number) => Promise<Kept>;

const ROUNDS = 49;

/** The bytes of the closed files that hold a conversation of so many turns. */
export async function measureSizes(folder: string, turns: number): Promise<SideBySide<number>> {
  const place: Place = { folder, synchronous: 'normal' };
  return { ours: await sizeOf(keepInStore, place, turns), theirs: await sizeOf(keepInLangGraph, place, turns) };
}

/** How long the write of a turn takes in conversations of these lengths, in milliseconds: medians over the turns around each. */
export async function measureTurns(place: Place, lengths: readonly number[]): Promise<SideBySide<readonly number[]>> {
  // One after the other, since whoever writes next to LangGraph's long writes waits longer for the disk.
  const ours = await mediansOf(keepInStore, place, lengths);
  return { ours, theirs: await mediansOf(keepInLangGraph, place, lengths) };
}

async function sizeOf(keep: Keep, place: Place, turns: number): Promise<number> {
  const kept = await keep(place, turns);
  await kept.close();
  return statSync(kept.path).size;
}

async function mediansOf(keep: Keep, place: Place, lengths: readonly number[]): Promise<readonly number[]> {
  const kept: Kept[] = [];
  for (const turns of lengths) kept.push(await keep(place, turns - (ROUNDS + 1) / 2));
  const works = kept.map((one) => () => elapsedMs(one.prepare()));
  const medians = await interleavedMedians(ROUNDS, works);
  for (const one of kept) await one.close();
  return medians;
}

async function keepInStore({ folder, synchronous }: Place, turns: number): Promise<Kept> {
  const path = newFileIn(folder);
  const store = openSqliteStore({ path, synchronous });
  const writer = await SessionWriter.open(store, 'a');
  await writer.growTo(turns);
  return {
    path,
    prepare() {
      const turn = writer.prepare();
      return async () => {
        await turn.question();
        await turn.begin();
        await turn.commit();
      };
    },
    close: () => store.close(),
  };
}

async function keepInLangGraph({ folder, synchronous }: Place, turns: number): Promise<Kept> {
  const path = newFileIn(folder);
  const session = new LangGraphSession(path, synchronous);
  await session.growTo(turns);
  return { path, prepare: () => session.prepare(), close: async () => session.close() };
}

function newFileIn(folder: string): string {
  return join(mkdtempSync(join(folder, 'conversation-')), 'kept.db');
}
