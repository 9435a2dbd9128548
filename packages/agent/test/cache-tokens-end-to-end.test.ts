// Row B-11: from a vendor's counters to a snapshot on disk, layer by layer, with the real SDKs, a real HTTP server and a real database.
// The first and third layers stand in state.test.ts and beside each adapter (`*-usage.test.ts` of providers).

import { createAgent, initialState, type Session } from '@reprise/agent';
import { type CheckpointStore, makeSnapshot, openSqliteStore } from '@reprise/checkpoint';
import { countOrZero } from '@reprise/providers';
import type { Simulator } from '@reprise/simulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LONG_SYSTEM_PROMPT, MODEL_NAMES, MODELS, simulator } from './support/simulated.ts';
import { tempDatabase } from './support/temp-store.ts';

interface World {
  readonly server: Simulator;
  readonly store: CheckpointStore;
  readonly session: Session;
  reopen(snapshotId?: string): Promise<Session>;
}

async function world(family: keyof typeof MODELS): Promise<World> {
  const server = await simulator(({ messages }) => `Answer ${messages.length}. ${'So it is. '.repeat(30)}`);
  const database = tempDatabase();
  const open = () => {
    const store = openSqliteStore(database);
    onTestFinished(() => store.close());
    // A new agent over a new connection: nothing is carried over but the file.
    const agent = createAgent({ model: MODELS[family](server.url), system: LONG_SYSTEM_PROMPT });
    return { store, agent };
  };
  const { store, agent } = open();
  return {
    server,
    store,
    session: await agent.openSession(store, { id: 'session' }),
    async reopen(snapshotId) {
      const again = open();
      return again.agent.openSession(again.store, snapshotId === undefined ? { id: 'session' } : { snapshotId });
    },
  };
}

/** What the server says it read and wrote, in all requests together. */
function served({ requests }: Simulator): { read: number; written: number; fresh: number } {
  const verdicts = requests.map(({ verdict }) => verdict);
  return {
    read: verdicts.reduce((sum, verdict) => sum + (verdict?.read ?? 0), 0),
    written: verdicts.reduce(
      (sum, verdict) => sum + Object.values(verdict?.written ?? {}).reduce((a, b) => a + b, 0),
      0,
    ),
    fresh: verdicts.reduce((sum, verdict) => sum + (verdict?.fresh ?? 0), 0),
  };
}

function totals({ state }: Session) {
  return { read: state.totalCacheReadTokens, written: state.totalCacheWriteTokens, fresh: state.totalInputTokens };
}

describe('B-11 layer 2: a snapshot', () => {
  it('of a state holds its cache totals', () => {
    const state = { ...initialState(), totalCacheReadTokens: 11, totalCacheWriteTokens: 22 };
    expect(makeSnapshot({ sessionId: 's', state, prompt: 'hi' }).tokenSnapshot).toMatchObject({
      cacheRead: 11,
      cacheWrite: 22,
    });
  });

  it('of a state from before the cache fields counts 0', () => {
    const { tokenSnapshot } = makeSnapshot({ sessionId: 's', state: { messages: [], turnCount: 1 }, prompt: 'hi' });
    expect(tokenSnapshot).toMatchObject({ cacheRead: 0, cacheWrite: 0 });
  });
});

describe.each(MODEL_NAMES)('B-11 cache tokens of %s, without a flag (B-10)', (family) => {
  it('layer 4: reach the turn, the state, the ledger and the snapshot of one turn', async () => {
    const { server, store, session } = await world(family);
    const { turns, state } = await session.send('Hello').result();

    expect(totals(session)).toEqual(served(server));
    const [row] = await store.readTurns('session');
    expect(row?.tokens.cacheRead ?? 0).toBe(turns[0]?.cacheReadTokens);
    expect(row?.tokens.fresh).toBe(countOrZero(turns[0]?.tokens.fresh ?? 'not-reported'));
    const [snapshot] = await store.readSnapshots('session');
    expect(snapshot).toMatchObject({ turnCount: 1, messageCount: 2, promptPreview: 'Hello' });
    expect(snapshot?.tokenSnapshot).toMatchObject({
      input: state.totalInputTokens,
      output: state.totalOutputTokens,
      cacheRead: state.totalCacheReadTokens,
      cacheWrite: state.totalCacheWriteTokens,
    });
  });

  it('layer 5: add up over two turns, the second of which reads what the first left', async () => {
    const { server, session } = await world(family);
    await session.send('Hello').result();
    const { turns } = await session.send('And again').result();
    expect(turns[0]?.cacheReadTokens).toBeGreaterThan(1000);
    expect(totals(session)).toEqual(served(server));
  });

  it('layer 6: go on adding up after a resume, whose turn reads what the run before it left', async () => {
    const { server, session, store, reopen } = await world(family);
    await session.send('Hello').result();
    await session.send('And again').result();
    const resumed = await reopen();
    expect(resumed.state).toEqual(session.state);
    const { turns } = await resumed.send('Still there?').result();

    expect(turns[0]?.cacheReadTokens).toBe(server.requests[2]?.verdict?.read);
    expect(turns[0]?.cacheReadTokens).toBeGreaterThan(server.requests[1]?.verdict?.read ?? 0);
    expect(totals(resumed)).toEqual(served(server));
    expect((await store.readLastSnapshot('session'))?.tokenSnapshot.cacheRead).toBe(resumed.state.totalCacheReadTokens);
  });

  it('of a fork are those of the branch up to its snapshot', async () => {
    const { store, session, reopen } = await world(family);
    const afterFirst = (await session.send('Hello').result()).state;
    await session.send('And again').result();
    const [first] = await store.readSnapshots('session');
    const fork = await reopen(first?.id);
    expect(fork.id).not.toBe('session');
    expect(fork.state).toEqual(afterFirst);
    const { turns } = await fork.send('Another way').result();
    expect(turns[0]?.cacheReadTokens).toBeGreaterThan(1000);
    expect(await store.readTurns(fork.id)).toHaveLength(2);
  });

  it('I3 after a resume are read from a request that begins with the very bytes of the one before', async () => {
    const { server, session, reopen } = await world(family);
    await session.send('Hello').result();
    const resumed = await reopen();
    await resumed.send('Still there?').result();
    const [before, after] = server.requests.map(({ prefixHashes }) => prefixHashes);
    expect(after?.slice(0, before?.length)).toEqual(before);
  });
});
