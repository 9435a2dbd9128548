import { type AgentEvent, createAgent, tool } from '@reprise/agent';
import { type CheckpointStore, openSqliteStore } from '@reprise/checkpoint';
import { ProviderError } from '@reprise/providers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { createDeterminism, type Determinism } from '../src/determinism.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { tempDatabase } from './support/temp-store.ts';

const TOKENS = { fresh: 3, cacheRead: 2070, output: 5 };

const noteTime = tool({
  name: 'note',
  description: 'Notes.',
  input: z.object({ what: z.string() }),
  effect: 'pure',
  run: ({ what }, { idempotencyKey }) => `${what} ${idempotencyKey}`,
});

function tempStore(): CheckpointStore {
  const store = openSqliteStore(tempDatabase());
  onTestFinished(() => store.close());
  return store;
}

const overloaded = () => {
  throw new ProviderError('provider/overloaded', 'Try again.');
};

/** A session of two questions, three turns, two tools and a fault that is waited out; everything it said and stored. */
async function playSession(determinism: Determinism) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const store = tempStore();
  const script = scriptedModel(
    overloaded,
    toolTurn(['c1', 'note', '{"what":"a"}'], ['c2', 'note', '{"what":"b"}']),
    textTurn('noted', { tokens: TOKENS, responseId: 'r2' }),
    textTurn('bye', { tokens: TOKENS, responseId: 'r3' }),
  );
  const agent = createAgent({
    model: script,
    tools: [noteTime],
    ports: determinism,
    retry: {},
  });
  const session = await agent.openSession(store);
  const events: AgentEvent[] = [];
  const run = session.send('note it')[Symbol.asyncIterator]();
  for (let next = await run.next(); !next.done; ) {
    events.push(next.value);
    const going = run.next();
    if (next.value.type === 'retry') await vi.advanceTimersByTimeAsync(next.value.delayMs);
    next = await going;
  }
  determinism.advance(60_000);
  for await (const event of session.send('bye')) events.push(event);
  expect(script.unplayed).toBe(0);
  return { events, stored: await readAll(store, session.id) };
}

async function readAll(store: CheckpointStore, id: string) {
  const [sessions, entries, turns, snapshots] = await Promise.all([
    store.listSessions(),
    store.readEntries(id),
    store.readTurns(id),
    store.readSnapshots(id),
  ]);
  return { sessions: sessions.items, entries, turns, snapshots };
}

type Stored = Awaited<ReturnType<typeof readAll>>;

const bytes = (value: unknown) => JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? `${item}n` : item));

function timesOf({ sessions, entries, turns, snapshots }: Stored): readonly number[] {
  return [...sessions, ...entries, ...snapshots].map((row) => row.createdAt).concat(turns.map((row) => row.startedAt));
}

describe('two agents of the same seed (L-01)', () => {
  it('store the same bytes, and say the same', async () => {
    const [one, other] = [
      await playSession(createDeterminism({ seed: 7 })),
      await playSession(createDeterminism({ seed: 7 })),
    ];
    expect(one.stored.entries).toHaveLength(6);
    expect(one.stored.turns).toHaveLength(3);
    expect(one.stored.snapshots).toHaveLength(3);
    expect(bytes(other.stored)).toBe(bytes(one.stored));
    expect(bytes(other.events)).toBe(bytes(one.events));
  });

  it('wait as long before they try again, and another seed does not', async () => {
    const waits = async (seed: number) =>
      (await playSession(createDeterminism({ seed }))).events.flatMap((event) =>
        event.type === 'retry' ? [event.delayMs] : [],
      );
    const [wait] = await waits(7);
    expect(wait).toBeGreaterThan(375);
    expect(wait).toBeLessThanOrEqual(500);
    expect(await waits(7)).toEqual([wait]);
    expect(await waits(8)).not.toEqual([wait]);
  });

  it('do so whatever time it is, and whoever else runs', async () => {
    const alone = await playSession(createDeterminism({ seed: 7 }));
    const both = await Promise.all([
      playSession(createDeterminism({ seed: 7 })),
      playSession(createDeterminism({ seed: 7 })),
    ]);
    vi.spyOn(Date, 'now').mockReturnValue(5);
    onTestFinished(() => void vi.restoreAllMocks());
    for (const { stored } of [...both, await playSession(createDeterminism({ seed: 7 }))]) {
      expect(bytes(stored)).toBe(bytes(alone.stored));
    }
  });

  it('have no time and no id that another seed or start gives them', async () => {
    const { stored } = await playSession(createDeterminism({ seed: 7 }));
    const moved = await playSession(createDeterminism({ seed: 7, startAt: 5_000 }));
    expect(timesOf(moved.stored)).toEqual(timesOf(stored).map((time) => time - 1_000_000_000_000 + 5_000));
    const { stored: reseeded } = await playSession(createDeterminism({ seed: 8 }));
    const ids = [stored, reseeded].flatMap(({ sessions, turns, snapshots }) =>
      [...sessions, ...turns, ...snapshots].map(({ id }) => id),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(reseeded.entries.length).toBe(stored.entries.length);
  });
});

describe('a deterministic clock', () => {
  it('starts where it is told, and goes on by a millisecond a reading', () => {
    const { clock, advance } = createDeterminism({ seed: 0, startAt: 50 });
    expect([clock(), clock(), clock()]).toEqual([50, 51, 52]);
    advance(1000);
    expect(clock()).toBe(1053);
  });

  it('starts a thousand million seconds after 1970 unless told', () => {
    expect(createDeterminism({ seed: 0 }).clock()).toBe(1_000_000_000_000);
  });

  it('takes no time that a store cannot keep', () => {
    for (const startAt of [Number.NaN, 0.5]) {
      expect(() => createDeterminism({ seed: 0, startAt })).toThrow(
        expect.objectContaining({
          code: 'agent/invalid-option',
          message: expect.stringContaining(`startAt is ${startAt}`),
        }),
      );
    }
    expect(() => createDeterminism({ seed: 0 }).advance(-1)).toThrow(/byMs is -1/);
  });
});

describe('deterministic ids', () => {
  const ids = (seed: string | number) => {
    const { createId } = createDeterminism({ seed });
    return Array.from({ length: 500 }, createId);
  };

  it('repeat for a seed and never within it, in the form of a UUID', () => {
    expect(ids('a')).toEqual(ids('a'));
    expect(new Set([...ids('a'), ...ids('b'), ...ids(1)]).size).toBe(1500);
    for (const id of ids('a'))
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

it('deterministic random numbers repeat for a seed, and are spread from 0 to below 1', () => {
  const numbers = (seed: string) => {
    const { random } = createDeterminism({ seed });
    return Array.from({ length: 1000 }, random);
  };
  expect(numbers('a')).toEqual(numbers('a'));
  expect(numbers('b')).not.toEqual(numbers('a'));
  expect(Math.min(...numbers('a'))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers('a'))).toBeLessThan(1);
  const tenths = new Set(numbers('a').map((number) => Math.floor(number * 10)));
  expect(tenths.size).toBe(10);
});
