import { randomUUID } from 'node:crypto';
import { auditSession } from '@reprise/audit';
import { type CheckpointStore, openPostgresStore, type TurnRow } from '@reprise/checkpoint';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresUrl } from '../../../test/support/postgres-url.ts';
import { foldRun, messagesOf } from '../src/client/index.ts';
import type { Totals } from '../src/wire/run-event.ts';
import { type Aftermath, outcomeOf, runChaos } from './support/chaos/chaos.ts';
import { storeSchema } from './support/chaos/terms.ts';
import { untilEqual } from './support/until.ts';

/** The whole test takes minutes; the small one is the same with less. With any value the figures are told. */
const ASKED = process.env['REPRISE_CHAOS'];
const IS_FULL = ASKED === 'full';
const SIZE = IS_FULL
  ? { sessions: 200, chaosMs: 60_000, kills: 30, workers: 3, fronts: 2, concurrency: 8 }
  : { sessions: 12, chaosMs: 10_000, kills: 4, workers: 3, fronts: 2, concurrency: 4 };
const TIMEOUT_MS = IS_FULL ? 1_800_000 : 300_000;

describe('workers killed and connections cut all the time', { timeout: TIMEOUT_MS }, () => {
  const schema = `chaos_${randomUUID().replaceAll('-', '')}`;
  let admin: pg.Client;
  let store: CheckpointStore;
  let aftermath: Aftermath;
  const query = async (sql: string, values: readonly unknown[] = []) => (await admin.query(sql, [...values])).rows;
  const connections = async () =>
    (await query('SELECT pid FROM pg_stat_activity WHERE application_name = $1', [schema])).map(({ pid }) => pid);

  beforeAll(async () => {
    const url = new URL(await postgresUrl());
    admin = new pg.Client({ connectionString: url.href });
    await admin.connect();
    // By this name the processes' connections are told from the others.
    url.searchParams.set('application_name', schema);
    const cutOne = async () => {
      const pids = await connections();
      await query('SELECT pg_terminate_backend($1)', [pids[Math.floor(Math.random() * pids.length)]]);
      return pids.length > 0;
    };
    aftermath = await runChaos(SIZE, { connectionString: url.href, schema, cutOne });
    url.searchParams.set('application_name', 'reader');
    store = await openPostgresStore({ connectionString: url.href, schema: storeSchema({ schema }) });
    if (ASKED) process.stdout.write(`${JSON.stringify(figuresOf(aftermath))}\n`);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await store?.close();
    await admin.query(
      `DROP SCHEMA IF EXISTS ${schema} CASCADE; DROP SCHEMA IF EXISTS ${storeSchema({ schema })} CASCADE`,
    );
    await admin.end();
  });

  it('ends every run of every session as if nothing had been', () => {
    const reasons = aftermath.sessions.flatMap(({ runs }) => runs.map((run) => outcomeOf(run).reason));
    expect(reasons).toEqual(Array(2 * SIZE.sessions).fill('end-turn'));
    // It was not peaceful.
    const { kills, reconnects, resumed, cutConnections } = figuresOf(aftermath);
    for (const count of [kills, reconnects, resumed, cutConnections]) expect(count).toBeGreaterThan(0);
  });

  it('shows every client every event once and in order (N-15)', async () => {
    for (const { runId, events } of aftermath.sessions.flatMap(({ runs }) => runs)) {
      const { lastEvent } = (await store.readRun(runId)) ?? {};
      expect(events.map(({ number }) => number)).toEqual(
        Array.from({ length: lastEvent ?? 0 }, (_, index) => index + 1),
      );
      expect(events.filter(({ type }) => type === 'run-end')).toHaveLength(1);
    }
  });

  it('W3 has every client show what the conversation holds', () => {
    for (const { runs, messages } of aftermath.sessions) {
      expect(runs.flatMap(({ events }) => messagesOf(foldRun(events)))).toEqual(messages);
    }
  });

  it('I5 runs no effect twice, and the same again only where that does no harm', () => {
    const { effects, sessions } = aftermath;
    const booked = effects.filter(({ tool }) => tool === 'book').map(({ key }) => key);
    expect(booked.length).toBe(new Set(booked).size);
    const places = Map.groupBy(effects, ({ key }) => key);
    for (const same of places.values()) expect(new Set(same.map(({ place }) => place)).size).toBe(1);
    // Whoever was told that it is done has had it done.
    const done = JSON.stringify(sessions.flatMap(({ messages }) => messages)).match(/book: done at/g) ?? [];
    expect(booked.length).toBeGreaterThanOrEqual(done.length);
    expect(done.length).toBeGreaterThan(2 * SIZE.sessions);
  });

  it('I2 I6 has the same totals in state, ledger, snapshot and audit, and a row of every response', async () => {
    let rows = 0;
    for (const { id, runs } of aftermath.sessions) {
      const sessionId = `local/${id}`;
      const turns = await store.readTurns(sessionId);
      rows += turns.length;
      const last = runs.map(outcomeOf).at(-1);
      const sums = sumsOf(turns);
      expect(countsOf(last?.totals)).toEqual(sums);
      const snapshot = await store.readLastSnapshot(sessionId);
      expect(snapshot?.tokenSnapshot).toMatchObject({
        input: sums.fresh,
        cacheRead: sums.read,
        cacheWrite: sums.written,
        output: sums.output,
      });
      const { turnCount, tokens } = await auditSession(store, sessionId);
      expect({
        turns: turnCount,
        fresh: tokens.fresh.tokens,
        read: tokens.cacheRead.tokens,
        written: tokens.cacheWrite.tokens,
        output: tokens.output.tokens,
      }).toEqual(sums);
      const responses = turns.map(({ responseId, id: turnId }) => responseId ?? turnId);
      expect(new Set(responses).size).toBe(responses.length);
    }
    // A request that was to be sent when its process died has its row, too.
    expect(rows).toBeGreaterThanOrEqual(aftermath.answeredRequests);
  });

  it('leaves no connection, no lease, no job and no run behind', async () => {
    await untilEqual(connections, []);
    expect(await query(`SELECT id FROM ${schema}.job`)).toEqual([]);
    expect(await store.countRuns()).toEqual({ waiting: 0, going: 0, ended: 2 * SIZE.sessions });
    expect(aftermath.exitCodes).toEqual(Array(SIZE.workers + SIZE.fronts).fill(0));
    for (const { id } of aftermath.sessions) expect((await store.readLease(`local/${id}`))?.holder).toBeNull();
  });
});

interface Sums {
  readonly turns: number;
  readonly fresh: number;
  readonly read: number;
  readonly written: number;
  readonly output: number;
}

function sumsOf(turns: readonly TurnRow[]): Sums {
  const sum = (count: (tokens: TurnRow['tokens']) => readonly (number | null)[]) =>
    turns.flatMap(({ tokens }) => count(tokens)).reduce<number>((total, tokens) => total + (tokens ?? 0), 0);
  return {
    turns: turns.length,
    fresh: sum(({ fresh }) => [fresh]),
    read: sum(({ cacheRead }) => [cacheRead]),
    written: sum((tokens) => [
      tokens.cacheWrite5m,
      tokens.cacheWrite1h,
      tokens.cacheWrite30m,
      tokens.cacheWrite12h,
      tokens.cacheWriteUnknown,
    ]),
    output: sum(({ output }) => [output]),
  };
}

function countsOf(totals: Totals | undefined): Sums | undefined {
  if (!totals) return undefined;
  return {
    turns: totals.turnCount,
    fresh: totals.totalInputTokens,
    read: totals.totalCacheReadTokens,
    written: totals.totalCacheWriteTokens,
    output: totals.totalOutputTokens,
  };
}

function figuresOf({ sessions, effects, exitCodes: _, ...counts }: Aftermath): Readonly<Record<string, number>> {
  const events = sessions.flatMap(({ runs }) => runs.flatMap((run) => run.events));
  const resumed = events.filter(({ type }) => type === 'run-resumed').length;
  const repeated = effects.length - new Set(effects.map(({ key }) => key)).size;
  const unknown = JSON.stringify(sessions.map(({ messages }) => messages)).match(/Outcome unknown/g)?.length ?? 0;
  return {
    sessions: sessions.length,
    events: events.length,
    resumed,
    effects: effects.length,
    repeated,
    unknown,
    ...counts,
  };
}
