import { rmSync } from 'node:fs';
import fc from 'fast-check';
import pg from 'pg';
import { expect, test } from 'vitest';
import { postgresUrl } from '../../../test/support/postgres-url.ts';
import { findContradictions } from '../src/check-dump.ts';
import {
  type CheckpointStore,
  createMemoryPlace,
  openMemoryStore,
  openPostgresStore,
  openSqliteStore,
} from '../src/index.ts';
import type { Game } from './support/game.ts';
import { anySteps, playSteps, type Step } from './support/play-steps.ts';
import { checkRuns } from './support/run-plays.ts';
import {
  branchSnapshots,
  callPlace,
  lastTurn,
  type Model,
  type ModelSession,
  madeBy,
} from './support/session-model.ts';
import { tempStorePath } from './support/temp-folder.ts';

/** What the store says of a session. */
async function observed(store: CheckpointStore, id: string) {
  const turns = await store.readTurns(id);
  const last = turns.at(-1);
  const snapshot = await store.readLastSnapshot(id);
  const calls = last === undefined ? [] : await store.readToolCalls(last.id);
  const made = await store.listSnapshots(id, { limit: 1000 });
  return {
    tip: (await store.readSession(id))?.tip,
    tipTurn: (await store.readSession(id))?.tipTurn,
    entries: (await store.readEntries(id)).map(({ kind, payload }) => ({ kind, payload })),
    turns: turns.map((turn) => turn.id),
    lastTurn: (await store.readLastTurn(id))?.id,
    input: snapshot?.tokenSnapshot.input ?? 0,
    snapshots: (await store.readSnapshots(id)).map((each) => each.id),
    lastSnapshot: snapshot?.id,
    ledger: (await store.readLedger(id)).map((turn) => [turn.ordinal, turn.id]),
    made: made.items.map((each) => [each.id, each.reason, each.label]),
    pending: (await store.readPendingTurn(id))?.id,
    calls: calls.map(({ position, attempts, outcome }) => [position, attempts, outcome]),
  };
}

/** What the model says of it. */
function expected(model: Model, session: ModelSession): Awaited<ReturnType<typeof observed>> {
  const { id, branch, ledger, pending } = session;
  const last = lastTurn(branch);
  const calls = [0, 1].flatMap((position) => {
    const call = model.calls.get(callPlace(last?.id ?? '', position));
    return call ? [[position, call.attempts, call.outcome]] : [];
  });
  return {
    tip: branch.tip,
    tipTurn: last?.id ?? null,
    entries: [...branch.entries],
    turns: branch.turns.map((turn) => turn.id),
    lastTurn: last?.id,
    input: branch.turns.reduce((sum, { fresh }) => sum + fresh, 0),
    snapshots: [...branchSnapshots(model, branch)],
    lastSnapshot: last?.snapshotId,
    ledger: ledger.map(({ turn }, index) => [index + 1, turn.id]),
    made: madeBy(model, id)
      .map((each) => [each.id, each.reason, each.label])
      .reverse(),
    pending,
    calls,
  };
}

/** Holds the whole store against the model. */
async function check({ store, model }: Game): Promise<void> {
  const listed = await store.listSessions({ limit: 1000 });
  expect(listed.items.map(({ id }) => id).sort()).toEqual([...model.sessions.keys()].sort());
  for (const session of model.sessions.values()) {
    expect(await observed(store, session.id)).toEqual(expected(model, session));
    expect([...findContradictions(await store.dumpSession(session.id))]).toEqual([]);
  }
  for (const id of model.deletedIds) {
    if (!model.sessions.has(id)) expect(await store.readSession(id)).toBeUndefined();
  }
  await checkRuns({ store, model });
  expect(await Array.fromAsync(store.findDamage())).toEqual([]);
}

/** Fails if a session has spent less than it had before, or other than its ledger says. */
function spendingWatch(): (game: Game, sessionId: string) => Promise<void> {
  const spent = new Map<string, bigint>();
  return async ({ store, model }, id) => {
    const session = model.sessions.get(id);
    if (session === undefined) {
      spent.delete(id);
      return;
    }
    const sum = (await store.readLedger(id)).reduce((total, turn) => total + (turn.costPicoUsd ?? 0n), 0n);
    expect(sum).toBe(session.ledger.reduce((total, { turn }) => total + turn.costPicoUsd, 0n));
    expect(sum >= (spent.get(id) ?? 0n)).toBe(true);
    spent.set(id, sum);
  };
}

async function holds(openAt: Parameters<typeof playSteps>[0], steps: readonly Step[]): Promise<void> {
  await playSteps(openAt, steps, { afterStep: spendingWatch(), atEnd: check });
}

const promise =
  'any tree of sessions reads as if every fork had copied its origin; totals fold, spending never goes back (I2, B-16, B-17)';

test(`in memory, ${promise}`, { timeout: 60_000 }, async () => {
  const runs = fc.asyncProperty(anySteps, (steps) => {
    const place = createMemoryPlace();
    return holds((clock) => openMemoryStore({ place, clock }), steps);
  });
  await fc.assert(runs, { numRuns: 300 });
});

test(`in SQLite, ${promise}`, { timeout: 60_000 }, async () => {
  const path = tempStorePath();
  const runs = fc
    .asyncProperty(anySteps, (steps) =>
      holds((clock) => openSqliteStore({ path, synchronous: 'normal', clock }), steps),
    )
    .afterEach(() => rmSync(path, { force: true }));
  await fc.assert(runs, { numRuns: 60 });
});

test(`in Postgres, ${promise}`, { timeout: 120_000 }, async () => {
  const connectionString = await postgresUrl();
  const schema = `random_trees_${process.pid}`;
  const runs = fc
    .asyncProperty(anySteps, (steps) => holds((clock) => openPostgresStore({ connectionString, schema, clock }), steps))
    .afterEach(() => dropSchema(connectionString, schema));
  await fc.assert(runs, { numRuns: 5 });
});

async function dropSchema(connectionString: string, schema: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await client.end();
}
