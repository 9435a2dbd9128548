import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckpointStore, type NewTurn, openSqliteStore } from '@reprise/checkpoint';
import { expect, onTestFinished, test } from 'vitest';
import { auditSession, ledgerRow } from '../src/index.ts';
import { BLANK_TURN, NO_COUNTS } from './support/blank-turn.ts';

const ROW: NewTurn = {
  ...BLANK_TURN,
  id: 'turn-1',
  responseId: 'response-1',
  startedAt: Date.UTC(2026, 10, 21),
};

async function storedSession(...rows: readonly Partial<NewTurn>[]): Promise<CheckpointStore> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-audit-'));
  const store = openSqliteStore(join(folder, 'sessions.db'));
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  let { tip } = await store.createSession({ id: 'session', createdAt: 1 });
  for (const [index, given] of rows.entries()) {
    const turn = { ...ROW, id: `turn-${index}`, ...given };
    ({ tip } = await store.commitTurn({
      sessionId: 'session',
      expectedTip: tip,
      entry: { kind: 'assistant-message', payload: `{"turn":${index}}` },
      turn,
      snapshot: {
        id: `snapshot-${index}`,
        turnCount: index + 1,
        messageCount: index + 1,
        silentTurnCount: 0,
        promptPreview: '',
        tokenSnapshot: { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 },
      },
      at: 2,
    }));
  }
  return store;
}

test('a stored session is audited from its rows', async () => {
  const store = await storedSession(
    { tokens: { ...NO_COUNTS, fresh: 100, cacheRead: 0, cacheWrite5m: 1_000, cacheWrite1h: 500, output: 10 } },
    {
      tokens: { ...NO_COUNTS, fresh: 0, cacheRead: 1_500, cacheWrite5m: 0, output: 10, reasoning: 4 },
      costPicoUsd: 1n,
    },
  );
  const statement = await auditSession(store, 'session');
  expect(statement).toMatchObject({
    turnCount: 2,
    silentTurns: 0,
    priceChangedTurns: 1,
    tokens: { cacheRead: { tokens: 1_500, missingTurns: 0 }, reasoning: { tokens: 4, missingTurns: 1 } },
    money: {
      readSavingsPicoUsd: 1_500n * 4_500_000n,
      writeSurchargePicoUsd: 1_000n * 1_250_000n + 500n * 5_000_000n,
    },
  });
});

test('a null column is not reported, not 0', async () => {
  const store = await storedSession({ tokens: { ...NO_COUNTS, fresh: 5, output: 1 } });
  const statement = await auditSession(store, 'session');
  expect(statement).toMatchObject({ silentTurns: 1, hitRatio: undefined });
  expect(statement.turns[0]?.tokens).toEqual({
    fresh: 5,
    cacheRead: 'not-reported',
    cacheWrite: 'not-reported',
    output: 1,
    reasoning: 'not-reported',
  });
});

test('a session without turns has an empty statement', async () => {
  const store = await storedSession();
  expect((await auditSession(store, 'session')).turnCount).toBe(0);
});

test('turns that a session was rewound from are spent, and not on its branch (B-16)', async () => {
  const store = await storedSession(
    { tokens: { ...NO_COUNTS, fresh: 1, output: 1 } },
    { tokens: { ...NO_COUNTS, fresh: 20, output: 1 } },
  );
  const [snapshot] = await store.readSnapshots('session');
  if (!snapshot) throw new Error('no snapshot');
  const leaving = { ...snapshot, id: 'left' };
  await store.rewindSession({ sessionId: 'session', snapshotId: 'snapshot-0', leaving, at: 3 });
  expect((await auditSession(store, 'session')).tokens.fresh.tokens).toBe(1);
  expect((await auditSession(store, 'session', { scope: 'lifetime' })).tokens.fresh.tokens).toBe(21);
});

test('an unknown session is refused in one sentence', async () => {
  const store = await storedSession();
  await expect(auditSession(store, 'nowhere')).rejects.toMatchObject({
    code: 'audit/session-missing',
    message: 'There is no session "nowhere" in this store.',
  });
});

test.each(['', '[]', '3', '{"webSearch":"two"}'])(
  'server tools stored as %j are an error, not skipped',
  (serverTools) => {
    expect(() => ledgerRow({ ...ROW, serverTools })).toThrow(expect.objectContaining({ code: 'audit/unreadable-row' }));
  },
);

test('what the raw usage says of the bill is in the statement', async () => {
  const compaction = { type: 'compaction', input_tokens: 1_000, output_tokens: 10 };
  const message = { type: 'message', input_tokens: 100, output_tokens: 10 };
  const store = await storedSession({
    tokens: { ...NO_COUNTS, fresh: 100, output: 10 },
    rawUsage: JSON.stringify({ input_tokens: 100, output_tokens: 10, iterations: [compaction, message] }),
  });
  const { money } = await auditSession(store, 'session');
  expect(money).toMatchObject({ besidePicoUsd: 1_000n * 5_000_000n + 10n * 25_000_000n });
});

test('the price class that stands beside the raw usage is part of the bill', () => {
  expect(ledgerRow({ ...ROW, serviceTier: 'flex' }).billing).toEqual({ serviceTier: 'flex' });
  expect(ledgerRow(ROW).billing).toEqual({});
});

test('raw usage that is no JSON is an error, not skipped', () => {
  expect(() => ledgerRow({ ...ROW, rawUsage: '{"input' })).toThrow(
    expect.objectContaining({ code: 'audit/unreadable-row' }),
  );
});
