import { DatabaseSync } from 'node:sqlite';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auditStore, cacheStatement, type LedgerRow, ledgerRow, type StoreStatement } from '../src/index.ts';
import { openStore, tempDatabase } from './support/agent-session.ts';
import { commitAll, type RandomTurn, randomTurns } from './support/random-ledger.ts';

interface PlacedRow extends LedgerRow {
  readonly sessionId: string;
}

const rowsOf = (turns: readonly RandomTurn[]): readonly PlacedRow[] =>
  turns.map(({ session, turn }, index) => ({ ...ledgerRow({ ...turn, id: `turn-${index}` }), sessionId: session }));

/** What a statement over the rows says that a store-wide sum says, too. */
function sumsOf(rows: readonly LedgerRow[]) {
  const { turnCount, silentTurns, unpricedTurns, priceChangedTurns, tokens, money, covered, hitRatio, savedRatio } =
    cacheStatement(rows);
  return { turnCount, silentTurns, unpricedTurns, priceChangedTurns, tokens, money, covered, hitRatio, savedRatio };
}

function groupsBy(
  rows: readonly PlacedRow[],
  keyOf: (row: PlacedRow) => Record<string, string>,
): StoreStatement['groups'] {
  const names = [...new Set(rows.map((row) => JSON.stringify(keyOf(row))))].toSorted();
  return names.map((name) => ({
    key: JSON.parse(name),
    sums: sumsOf(rows.filter((row) => JSON.stringify(keyOf(row)) === name)),
  }));
}

/** The rows of a store that are read one by one. */
function counting(store: CheckpointStore) {
  const streamed: string[] = [];
  return {
    streamed,
    store: {
      ...store,
      async *streamTurns(...range: Parameters<CheckpointStore['streamTurns']>) {
        for await (const row of store.streamTurns(...range)) {
          streamed.push(row.id);
          yield row;
        }
      },
    },
  };
}

const utcDay = ({ startedAt }: LedgerRow) => new Date(startedAt).toISOString().slice(0, 10);

describe('the sums over a store are those of a statement over its rows, to the last unit (N-04, D-15)', () => {
  test('whatever they are by, on random ledgers', async () => {
    await fc.assert(
      fc.asyncProperty(randomTurns, async (turns) => {
        const store = openMemoryStore();
        await commitAll(store, turns);
        const rows = rowsOf(turns);
        const byDay = await auditStore(store, { by: ['day', 'model'] });
        expect(byDay.total).toEqual(sumsOf(rows));
        expect(byDay.groups).toEqual(groupsBy(rows, (row) => ({ day: utcDay(row), model: row.model })));
        const bySession = await auditStore(store, { by: 'session' });
        expect(bySession.groups).toEqual(groupsBy(rows, ({ sessionId }) => ({ session: sessionId })));
        const { groups } = await auditStore(store);
        expect(groups).toEqual(rows.length === 0 ? [] : [{ key: {}, sums: sumsOf(rows) }]);
      }),
      { numRuns: 60 },
    );
  });

  test('in SQLite as in memory, and over a window of time', async () => {
    await fc.assert(
      fc.asyncProperty(randomTurns, async (turns) => {
        const [memory, sqlite] = [openMemoryStore(), openStore(tempDatabase())];
        for (const store of [memory, sqlite]) await commitAll(store, turns);
        const since = Date.UTC(2026, 9, 6, 5);
        const options = {
          by: ['model', 'tag', 'day'],
          since,
          until: since + 50 * 3_600_000,
          timeZone: 'Asia/Kathmandu',
        } as const;
        const found = await auditStore(sqlite, options);
        expect(found).toEqual(await auditStore(memory, options));
        expect(found.total).toEqual(
          sumsOf(rowsOf(turns).filter(({ startedAt: at }) => at >= options.since && at < options.until)),
        );
      }),
      { numRuns: 12 },
    );
  });
});

/**
 * Dollars per million, as the vendors' pages have them: another way to the same figures, in SQL alone. A rate holds from a time on and for
 * prompts that are larger.
 */
const RATES = `
  rates (model, since, larger, fresh, cached, w5m, w1h, output) AS (VALUES
    ('claude-opus-5', 0, -1, 5000000, 500000, 6250000, 10000000, 25000000),
    ('claude-sonnet-5-5', 0, -1, 2000000, 200000, 2500000, 4000000, 10000000),
    ('claude-sonnet-5-5', ${Date.UTC(2026, 9, 7)}, -1, 2000000, 100000, 2500000, 4000000, 10000000),
    ('claude-haiku-5-5', 0, -1, 100000, 10000, 125000, 200000, 500000),
    ('claude-haiku-5-5', 0, 100000, 500000, 50000, 625000, 1000000, 2500000))`;

const SECOND_IMPLEMENTATION = `
  WITH ${RATES},
  counted AS (
    SELECT *, coalesce(cache_read, 0) AS r, coalesce(cache_write_5m, 0) AS a, coalesce(cache_write_1h, 0) AS b,
      CASE coalesce(json_extract(raw_usage, '$.service_tier'), service_tier, 'standard') WHEN 'batch' THEN 5 ELSE 10 END
        * CASE json_extract(raw_usage, '$.inference_geo') WHEN 'us' THEN 11 ELSE 10 END
        * CASE WHEN json_extract(raw_usage, '$.speed') = 'fast' AND model = 'claude-opus-5' THEN 2 ELSE 1 END AS terms,
      10000000000 * coalesce(json_extract(server_tools, '$.webSearch'), 0) AS searches
    FROM turns WHERE fresh IS NOT NULL AND output IS NOT NULL),
  priced AS (
    SELECT counted.*, rates.fresh AS f, rates.cached AS c, rates.w5m AS x, rates.w1h AS y, rates.output AS o,
      row_number() OVER (PARTITION BY counted.seq ORDER BY rates.since DESC, rates.larger DESC) AS place
    FROM counted JOIN rates ON rates.model = counted.model AND rates.since <= started_at AND rates.larger < counted.fresh + r + a + b)
  SELECT date(started_at / 1000, 'unixepoch') AS day, model, count(*) AS turns,
    sum((fresh * f + r * c + a * x + b * y + output * o) * terms / 100 + searches) AS paid,
    sum(((fresh + r + a + b) * f + output * o) * terms / 100 + searches) AS baseline,
    sum(r * (f - c) * terms / 100) AS savings,
    sum((a * (x - f) + b * (y - f)) * terms / 100) AS surcharge
  FROM priced WHERE place = 1 GROUP BY 1, 2 ORDER BY 1, 2`;

const isInSql = ({ turn }: RandomTurn) =>
  /^claude-(opus|sonnet|haiku)/.test(turn.model) && !/cost|iterations/.test(turn.rawUsage ?? '');

test('a second implementation, in SQL, agrees to the last unit on random ledgers (N-04)', async () => {
  await fc.assert(
    fc.asyncProperty(randomTurns, async (all) => {
      const turns = all.filter(isInSql);
      const path = tempDatabase();
      const store = openStore(path);
      await commitAll(store, turns);
      const { groups } = await auditStore(store, { by: ['day', 'model'] });
      const database = new DatabaseSync(path, { readOnly: true });
      const query = database.prepare(SECOND_IMPLEMENTATION);
      query.setReadBigInts(true);
      const derived = query.all().map(({ day, model, turns: count, paid, baseline, savings, surcharge }) => ({
        ...{ day, model, turns: Number(count), paid, baseline, savings, surcharge },
      }));
      database.close();
      const told = groups.flatMap(({ key, sums: { money, turnCount, unpricedTurns } }) =>
        money === undefined ? [] : [{ ...key, turns: turnCount - unpricedTurns, ...short(money) }],
      );
      expect(told).toEqual(derived);
    }),
    { numRuns: 25 },
  );
});

function short(money: NonNullable<StoreStatement['total']['money']>) {
  const {
    paidPicoUsd: paid,
    baselinePicoUsd: baseline,
    readSavingsPicoUsd: savings,
    writeSurchargePicoUsd: surcharge,
  } = money;
  return { paid, baseline, savings, surcharge };
}

describe('groups', () => {
  const at = Date.UTC(2026, 9, 6, 23);
  const opus = {
    family: 'anthropic',
    model: 'claude-opus-5',
    startedAt: at,
    usageState: 'final',
    serverTools: '{}',
  } as const;
  const counts = {
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    cacheWrite30m: null,
    cacheWrite12h: null,
    cacheWriteUnknown: null,
    reasoning: null,
  };
  const rest = {
    ...{
      responseId: null,
      firstTokenMs: null,
      durationMs: 1,
      stopReason: 'end-turn',
      rawUsage: null,
      serviceTier: null,
    },
  };
  const asked = {
    prefixFingerprint: '',
    prefixBlocks: null,
    systemHash: null,
    toolsHash: null,
    requestOptions: '{}',
    marks: '[]',
  };
  const turn = {
    ...opus,
    ...rest,
    ...asked,
    tokens: { ...counts, fresh: 1_000, cacheRead: 2_000, output: 0 },
    costPicoUsd: 6_000_000_000n,
  };

  async function storeOf(...turns: readonly RandomTurn[]) {
    const store = openMemoryStore();
    await commitAll(store, turns);
    return store;
  }

  test('rows whose recorded cost adds up are not read one by one; rows that may hide something are', async () => {
    const { store, streamed } = counting(
      await storeOf(
        { session: 'a', turn },
        { session: 'a', turn },
        { session: 'b', turn: { ...turn, startedAt: at + 86_400_000, costPicoUsd: 1n } },
        { session: 'b', turn: { ...turn, model: 'claude-nonesuch-9', costPicoUsd: null } },
      ),
    );
    const { total } = await auditStore(store, { by: 'day' });
    expect(streamed).toEqual(['turn-2']);
    expect(total).toMatchObject({
      turnCount: 4,
      unpricedTurns: 1,
      priceChangedTurns: 1,
      money: { paidPicoUsd: 18_000_000_000n },
    });
  });

  test('a price that was corrected since shows, although rows of another day were recorded at it', async () => {
    const sonnet = { ...turn, model: 'claude-sonnet-5-5', costPicoUsd: 2_400_000_000n };
    const later = { ...sonnet, startedAt: at + 86_400_000 };
    const { total } = await auditStore(await storeOf({ session: 'a', turn: sonnet }, { session: 'a', turn: later }), {
      by: 'day',
    });
    expect(total).toMatchObject({ priceChangedTurns: 1, money: { paidPicoUsd: 2_400_000_000n + 2_200_000_000n } });
  });

  test('what a vendor gave for nothing is not taken for a list price of nothing', async () => {
    const free = {
      ...turn,
      tokens: { ...turn.tokens, fresh: 0, cacheRead: 0 },
      rawUsage: '{"is_byok":false,"cost":0}',
      costPicoUsd: 0n,
    };
    expect((await auditStore(await storeOf({ session: 'a', turn: free }))).total).toMatchObject({
      covered: { turnCount: 0 },
    });
  });

  test('what some rows leave out is not taken to be left out by all, or by none (I11)', async () => {
    const silent = {
      ...turn,
      tokens: { ...turn.tokens, cacheRead: null, cacheWrite5m: null, cacheWrite1h: null },
      costPicoUsd: 5_000_000_000n,
    };
    const { total } = await auditStore(await storeOf({ session: 'a', turn }, { session: 'a', turn: silent }));
    expect(total).toMatchObject({
      silentTurns: 1,
      covered: { turnCount: 1 },
      tokens: { cacheRead: { missingTurns: 1 } },
    });
  });

  test('what wrote and does not say what it read is neither silent nor covered', async () => {
    const half = { ...turn, tokens: { ...turn.tokens, cacheRead: null }, costPicoUsd: 5_000_000_000n };
    const { total } = await auditStore(await storeOf({ session: 'a', turn }, { session: 'a', turn: half }));
    expect(total).toMatchObject({ silentTurns: 0, covered: { turnCount: 1, cacheReadTokens: 2_000 } });
  });

  test('a tag has the turns of every session that bears it, and the total has each once', async () => {
    const store = await storeOf({ session: 'a', turn }, { session: 'b', turn }, { session: 'c', turn });
    const { groups, total } = await auditStore(store, { by: 'tag' });
    expect(groups.map(({ key, sums }) => [key.tag, sums.turnCount])).toEqual([
      [undefined, 1],
      ['b', 1],
      ['both', 2],
      ['c', 1],
    ]);
    expect(total.turnCount).toBe(3);
    await store.setMetadata({ sessionId: 'a', metadata: '{"tags":{"team":"red","size":3,"odd":[]}}' });
    const own = await auditStore(store, { by: ['tag', 'session'], sessionIds: ['a'] });
    expect(own.groups.map(({ key }) => key)).toEqual([
      { tag: 'size=3', session: 'a' },
      { tag: 'team=red', session: 'a' },
    ]);
  });

  test('no ratio is given that some turn is missing from, unless asked for', async () => {
    const silent = {
      ...turn,
      tokens: { ...turn.tokens, cacheRead: null, cacheWrite5m: null, cacheWrite1h: null },
      costPicoUsd: 5_000_000_000n,
    };
    const store = await storeOf({ session: 'a', turn }, { session: 'b', turn: silent });
    expect((await auditStore(store)).total).toMatchObject({
      silentTurns: 1,
      hitRatio: undefined,
      savedRatio: undefined,
    });
    expect((await auditStore(store, { allowPartial: true })).total).toMatchObject({
      hitRatio: 0.666666,
      savedRatio: 0.6,
    });
  });

  test('a store without turns has no groups and has paid nothing', async () => {
    const { groups, total } = await auditStore(await storeOf(), { by: 'model' });
    expect({ groups, turns: total.turnCount, paid: total.money?.paidPicoUsd }).toEqual({
      groups: [],
      turns: 0,
      paid: 0n,
    });
  });

  test('a zone that nobody knows is refused', async () => {
    await expect(auditStore(await storeOf(), { by: 'day', timeZone: 'Mars' })).rejects.toMatchObject({
      code: 'checkpoint/invalid-write',
    });
  });
});
