import { join } from 'node:path';
import { type CheckpointStore, openSqliteStore, type TurnCommit } from '@reprise/checkpoint';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ProofOptions, proveTotals, readStored } from '../src/proof.ts';
import { tempFolder } from './support/temp-folder.ts';

const STATE = { turns: 1, fresh: 3, read: 0, written: 12, output: 5 };

/** One turn of 3 fresh, 12 written and 5 output tokens, cache reads not reported. */
function turnCommit(expectedTip: string): TurnCommit {
  return {
    sessionId: 's',
    expectedTip,
    at: 1,
    entry: { kind: 'assistant-message', payload: '{}' },
    turn: {
      id: 'turn',
      responseId: 'response',
      family: 'anthropic',
      model: 'claude-opus-5',
      startedAt: 1,
      firstTokenMs: 1,
      durationMs: 1,
      stopReason: 'end-turn',
      usageState: 'final',
      tokens: {
        fresh: 3,
        cacheRead: null,
        cacheWrite5m: 10,
        cacheWrite1h: 2,
        cacheWrite30m: null,
        cacheWrite12h: null,
        cacheWriteUnknown: null,
        output: 5,
        reasoning: null,
      },
      serverTools: '{}',
      rawUsage: null,
      prefixFingerprint: '',
      marks: '[]',
      prefixBlocks: null,
      systemHash: null,
      toolsHash: null,
      requestOptions: '{}',
      serviceTier: null,
      costPicoUsd: 7n,
    },
    snapshot: {
      id: 'snapshot',
      turnCount: 1,
      messageCount: 1,
      silentTurnCount: 0,
      promptPreview: '',
      tokenSnapshot: { input: 3, output: 5, reasoning: 0, cacheRead: 0, cacheWrite: 12 },
    },
  };
}

async function storeWithTurn(): Promise<CheckpointStore> {
  const store = openSqliteStore(join(tempFolder(), 'x.db'));
  onTestFinished(() => store.close());
  const { tip } = await store.createSession({ id: 's', createdAt: 1 });
  await store.commitTurn(turnCommit(tip));
  return store;
}

async function failingClaims(store: CheckpointStore, options: Partial<ProofOptions> = {}): Promise<readonly string[]> {
  const { claims } = await proveTotals({
    store,
    sessionId: 's',
    state: STATE,
    atKill: await readStored(store, 's'),
    announcedSnapshots: ['snapshot'],
    simulated: { answeredRequests: 1, turnsBefore: 0 },
    ...options,
  });
  return claims.filter(({ holds }) => !holds).map(({ text }) => text);
}

describe('the proof', () => {
  it('holds when everything agrees', async () => {
    expect(await failingClaims(await storeWithTurn())).toEqual([]);
  });

  it('fails when a process counted something twice', async () => {
    expect(await failingClaims(await storeWithTurn(), { state: { ...STATE, fresh: 6 } })).toEqual(['The four agree.']);
  });

  it('fails when a ledger row has changed since the kill', async () => {
    const store = await storeWithTurn();
    const { turns, ...rest } = await readStored(store, 's');
    const atKill = { ...rest, turns: turns.map((turn) => ({ ...turn, costPicoUsd: 8n })) };
    expect(await failingClaims(store, { atKill })).toEqual([expect.stringContaining('unchanged')]);
  });

  it('fails when an announced turn is not there', async () => {
    expect(await failingClaims(await storeWithTurn(), { announcedSnapshots: ['snapshot', 'lost'] })).toEqual([
      expect.stringContaining('announced'),
    ]);
  });

  it('fails when the vendor answered something that is not in the ledger', async () => {
    const simulated = { answeredRequests: 2, turnsBefore: 0 };
    expect(await failingClaims(await storeWithTurn(), { simulated })).toEqual([
      expect.stringContaining('The vendor answered 2'),
    ]);
  });
});
