import { createAgent } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { describe, expect, it } from 'vitest';
import { systemPorts } from '../src/ports.ts';
import { loadSession, reloadSession } from '../src/session/open-session.ts';
import { scriptedModel, textTurn } from './support/scripted-stream.ts';

type Reading = 'readEntries' | 'readLastSnapshot' | 'readLastTurn';

/** The store, with something happening just before one of its methods is called for the first time. */
function interrupted(store: CheckpointStore, method: Reading, happen: () => Promise<unknown>): CheckpointStore {
  let hasHappened = false;
  return new Proxy(store, {
    get(target, name: keyof CheckpointStore) {
      const value = target[name];
      if (typeof value !== 'function') return value;
      if (name !== method) return value.bind(target);
      return async (id: string) => {
        if (!hasHappened) {
          hasHappened = true;
          await happen();
        }
        return target[method](id);
      };
    },
  });
}

const said = (text: string) => textTurn(text, { tokens: { fresh: 1, cacheRead: 0, output: 1 } });

async function twoTurns(store: CheckpointStore) {
  const model = scriptedModel(said('one'), said('two'), said('three'));
  const session = await createAgent({ model }).openSession(store, { id: 's' });
  await session.send('first').result();
  await session.send('second').result();
  return session;
}

describe('a session that is loaded while another process goes on with it', () => {
  it.each<Reading>(['readEntries', 'readLastSnapshot', 'readLastTurn'])(
    'is of one moment, if that happens before %s (I2)',
    async (method) => {
      const store = openMemoryStore();
      const session = await twoTurns(store);
      const busy = interrupted(store, method, () => session.send('third').result());
      const { record, state, lastTurn } = await loadSession(busy, { id: 's' }, systemPorts);
      expect(state).toEqual(session.state);
      expect(state).toMatchObject({ turnCount: 3, totalOutputTokens: 3 });
      expect(lastTurn?.id).toBe(record.tipTurn);
      expect(record.tip).toBe((await store.readEntries('s')).at(-1)?.id);
    },
  );

  it('is refused if it never is, and not waited for (I12)', async () => {
    const store = openMemoryStore();
    const session = await twoTurns(store);
    // Totals of another session are never those of this one.
    const readLastSnapshot = async () => ({ ...(await store.readLastSnapshot('s')), turnId: 'another' });
    const odd = new Proxy(store, {
      get: (target, name: keyof CheckpointStore) => {
        const value = name === 'readLastSnapshot' ? readLastSnapshot : target[name];
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await expect(loadSession(odd, { id: session.id }, systemPorts)).rejects.toMatchObject({
      code: 'agent/session-busy',
      message: expect.stringContaining('Session s could not be read'),
    });
  });

  it('is of one moment, if it is rewound meanwhile', async () => {
    const store = openMemoryStore();
    await twoTurns(store);
    const [first] = await store.readSnapshots('s');
    if (!first) throw new Error('there are two turns');
    const content = { turnCount: 0, messageCount: 0, silentTurnCount: 0, promptPreview: '' };
    const leaving = { ...content, id: 'left', tokenSnapshot: first.tokenSnapshot };
    const rewind = { sessionId: 's', snapshotId: first.id, leaving, at: 0 };
    const busy = interrupted(store, 'readLastSnapshot', () => store.rewindSession(rewind));
    const { state, lastTurn } = await loadSession(busy, { id: 's' }, systemPorts);
    expect(state).toMatchObject({ turnCount: 1, totalOutputTokens: 1 });
    expect(state.messages).toHaveLength(2);
    expect(lastTurn?.ordinal).toBe(1);
  });
});

it('a session that is gone is not made anew when it is loaded again', async () => {
  const store = openMemoryStore();
  await expect(reloadSession(store, 'gone')).rejects.toMatchObject({
    code: 'checkpoint/session-missing',
    message: expect.stringContaining("'gone'"),
  });
  expect(await store.readSession('gone')).toBeUndefined();
});

it('a session without a turn is loaded as it is', async () => {
  const store = openMemoryStore();
  const loaded = await loadSession(store, { id: 's' }, systemPorts);
  expect(loaded).toMatchObject({ lastTurn: undefined, blobs: [], state: { messages: [], turnCount: 0 } });
});
