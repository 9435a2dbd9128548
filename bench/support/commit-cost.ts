import { join } from 'node:path';
import { openSqliteStore } from '@reprise/checkpoint';
import { BareCopy } from './bare-copy.ts';
import { SessionWriter } from './stored-session.ts';
import { elapsedMs, median } from './timing.ts';

/** Medians in milliseconds. */
export interface CommitCost {
  /** The one transaction of a model's answer: entry, ledger row, snapshot and tip. */
  readonly commit: number;
  readonly bareCommit: number;
  /** A whole turn: the question, the note that a model is asked, and the commit, each a transaction. */
  readonly turn: number;
  readonly bareTurn: number;
}

const ROUNDS = 800;
const STEPS = ['question', 'begin', 'commit'] as const;

/** What turns cost in a store, and by hand: each transaction of the store is followed by a bare one that writes the same rows to another file. */
export async function measureCommits(folder: string, synchronous: 'full' | 'normal'): Promise<CommitCost> {
  const origin = join(folder, `store-${synchronous}.db`);
  const store = openSqliteStore({ path: origin, synchronous });
  const writer = await SessionWriter.open(store, 'a');
  await writer.growTo(25);
  const bare = await BareCopy.create({ origin, path: join(folder, `bare-${synchronous}.db`), synchronous });
  const turns: (readonly Step[])[] = [];
  for (let round = 0; round < ROUNDS; round += 1) turns.push(await writeTurn(writer, bare));
  bare.assertSame();
  bare.close();
  await store.close();
  const medianOf = (time: (turn: readonly Step[]) => number) => median(turns.map(time));
  return {
    commit: medianOf((steps) => steps.at(-1)?.ours ?? Number.NaN),
    bareCommit: medianOf((steps) => steps.at(-1)?.bare ?? Number.NaN),
    turn: medianOf((steps) => sum(steps.map(({ ours }) => ours))),
    bareTurn: medianOf((steps) => sum(steps.map(({ bare: theirs }) => theirs))),
  };
}

interface Step {
  readonly ours: number;
  readonly bare: number;
}

async function writeTurn(writer: SessionWriter, copy: BareCopy): Promise<readonly Step[]> {
  const turn = writer.prepare();
  const steps: Step[] = [];
  for (const step of STEPS) {
    const ours = await elapsedMs(() => turn[step]());
    steps.push({ ours, bare: await elapsedMs(copy.next()) });
  }
  return steps;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
