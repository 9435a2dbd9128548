import { setImmediate as tick } from 'node:timers/promises';
import { type AgentEvent, createAgent, type OnBusy, type Session, tool } from '@reprise/agent';
import {
  CheckpointError,
  type CheckpointErrorCode,
  type CheckpointStore,
  type Lease,
  openMemoryStore,
} from '@reprise/checkpoint';
import { type AssistantTurnParts, messageText } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { heldTurn, openScripted } from './support/held-runs.ts';
import { type Step, scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { unsendable } from './support/wire-rules.ts';

const userWords = ({ state }: Session) => state.messages.filter(({ role }) => role === 'user').map(messageText);

async function ticks(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await tick();
}

/** The same store, but that one of its methods does something else. */
function storeWith<Key extends keyof CheckpointStore>(
  store: CheckpointStore,
  key: Key,
  method: (real: CheckpointStore[Key]) => CheckpointStore[Key],
): CheckpointStore {
  return new Proxy(store, {
    get(target, asked) {
      const value: unknown = Reflect.get(target, asked);
      const bound = typeof value === 'function' ? value.bind(target) : value;
      return asked === key ? method(bound) : bound;
    },
  });
}

/** One send of a schedule; numbers are turns of the event loop. */
interface PlannedSend {
  readonly object: 0 | 1;
  readonly onBusy: Exclude<OnBusy, 'reject'>;
  readonly after: number;
  /** Absent: it is not aborted. */
  readonly abortAfter: number | undefined;
}

const plannedSend: fc.Arbitrary<PlannedSend> = fc.record({
  object: fc.constantFrom(0, 1),
  onBusy: fc.constantFrom('steer', 'steer', 'steer', 'queue', 'interrupt'),
  after: fc.nat({ max: 6 }),
  abortAfter: fc.option(fc.nat({ max: 12 }), { nil: undefined, freq: 3 }),
});

/** What a model does in one call, and for how long. */
const plannedTurn = fc.record({ calls: fc.nat({ max: 2 }), lasts: fc.nat({ max: 5 }) });

function stepOf({ calls, lasts }: { readonly calls: number; readonly lasts: number }): Step {
  return async (_request, signal): Promise<AssistantTurnParts> => {
    for (let done = 0; done < lasts; done += 1) {
      await tick();
      signal?.throwIfAborted();
    }
    const ids = Array.from({ length: calls }, (_, index) => [`c${index}`, 'wait', '{}'] as const);
    return calls === 0 ? textTurn('answer') : toolTurn(...ids);
  };
}

const wait = tool({
  name: 'wait',
  description: '',
  input: z.object({}),
  async run() {
    await ticks(2);
    return 'waited';
  },
});

async function play(sends: readonly PlannedSend[], turns: readonly Parameters<typeof stepOf>[0][]) {
  const store = openMemoryStore();
  const rest = Array(sends.length * 4).fill(textTurn('answer'));
  const agent = createAgent({ model: scriptedModel(...turns.map(stepOf), ...rest), tools: [wait] });
  const objects = [await agent.openSession(store, { id: 's' }), await agent.openSession(store, { id: 's' })] as const;
  const runs: Promise<readonly AgentEvent[]>[] = [];
  for (const [index, { object, onBusy, after, abortAfter }] of sends.entries()) {
    await ticks(after);
    const abort = new AbortController();
    runs.push(Array.fromAsync(objects[object].send(`message ${index}`, { onBusy, signal: abort.signal })));
    if (abortAfter !== undefined) void ticks(abortAfter).then(() => abort.abort());
  }
  return { store, ends: (await Promise.all(runs)).map((events) => events.at(-1)) };
}

describe("sends with 'steer', at any time, through two objects, aborted and interrupted", () => {
  it('I2 I4 I7 have each message in the session once, or nowhere if its send was stopped before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(plannedSend, { minLength: 1, maxLength: 7 }),
        fc.array(plannedTurn, { maxLength: 8 }),
        async (sends, turns) => {
          const { store, ends } = await play(sends, turns);
          const session = await openScripted(store, []);
          const said = userWords(session);
          for (const [index, end] of ends.entries()) {
            const times = said.filter((text) => text === `message ${index}`).length;
            if (end?.type === 'run-end' && end.reason === 'error') throw end.error;
            if (end?.type !== 'run-end') throw new Error(`Run ${index} has no end.`);
            const isStopped = end.reason === 'aborted' && sends.some(({ abortAfter }) => abortAfter !== undefined);
            const mayBeStopped = isStopped || sends.some(({ onBusy }) => onBusy === 'interrupt');
            expect(['end-turn', 'steered', ...(mayBeStopped ? ['aborted'] : [])]).toContain(end.reason);
            if (end.reason === 'aborted') expect(times).toBeLessThanOrEqual(1);
            else expect(times).toBe(1);
          }
          expect(unsendable(session.state.messages)).toEqual([]);
          expect(await store.readLedger('s')).toHaveLength(session.state.turnCount);
          expect((await store.readLease('s'))?.holder ?? null).toBeNull();
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);
});

describe('a message that a run has taken and cannot write', () => {
  /** A run whose write of the steered message ends like that, and the send that steered. */
  async function failingWrite(code: CheckpointErrorCode, isWritten: boolean) {
    const real = openMemoryStore();
    const store = storeWith(real, 'appendEntries', (append) => async (entries) => {
      const isSteered = JSON.stringify(entries).includes('steered') && !failed;
      if (!isSteered) return append(entries);
      failed = true;
      if (isWritten) await append(entries);
      throw new CheckpointError(code, 'The store fails.');
    });
    let failed = false;
    const held = heldTurn('held');
    const session = await openScripted(store, [held.step, textTurn('own')]);
    const first = session.send('first').result();
    await held.started;
    const steered = session.send('steered', { onBusy: 'steer' }).result();
    await tick();
    held.answer();
    await expect(first).rejects.toMatchObject({ code });
    return { steered, open: () => openScripted(real, []) };
  }

  it.each(['checkpoint/lease-lost', 'checkpoint/tip-moved'] as const)(
    'goes into a run of its own, if the store refused it with %s',
    async (code) => {
      const { steered, open } = await failingWrite(code, false);
      expect((await steered).text).toBe('own');
      expect(userWords(await open())).toEqual(['first', 'steered']);
    },
  );

  it.each([true, false])(
    'is not sent again if the store may have it: its send fails as that run does (it has it: %s)',
    async (isWritten) => {
      const { steered, open } = await failingWrite('checkpoint/unavailable', isWritten);
      await expect(steered).rejects.toMatchObject({ code: 'checkpoint/unavailable' });
      expect(userWords(await open())).toEqual(isWritten ? ['first', 'steered'] : ['first']);
    },
  );
});

describe('a message that a run takes while its send is asking the store for the session', () => {
  it('is written once, however long the store thinks', async () => {
    const real = openMemoryStore();
    const answered = Promise.withResolvers<void>();
    let isFirst = true;
    const store = storeWith(real, 'acquireLease', (acquire) => async (request) => {
      if (!isFirst) await answered.promise;
      isFirst = false;
      return acquire(request);
    });
    const [held, more] = [heldTurn('held'), heldTurn('more')];
    const session = await openScripted(store, [held.step, more.step]);
    const first = session.send('first').result();
    await held.started;
    const steered = session.send('steered', { onBusy: 'steer' }).result();
    await tick();
    held.answer();
    await more.started;
    answered.resolve();
    expect((await steered).reason).toBe('steered');
    more.answer();
    expect((await first).text).toBe('more');
    expect(userWords(session)).toEqual(['first', 'steered']);
  });
});

describe('a message that a run takes in the moment in which its send gets the session', () => {
  /** The run loses its lease to the send before or after it has written the message. */
  async function overtakenRun(isWrittenBefore: boolean) {
    const real = openMemoryStore();
    const [taken, overtaken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let lease: Lease | undefined;
    const overtaking = storeWith(real, 'acquireLease', (acquire) => async (request) => {
      if (!lease) {
        lease = await acquire(request);
        return lease;
      }
      await taken.promise;
      await real.releaseLease(lease);
      return acquire(request);
    });
    const noticing = storeWith(overtaking, 'watchLease', (watch) => async (watching) => {
      // The send asks for the lease once; whoever has it then looks after it, and with that the run is overtaken.
      if (lease && watching.sessionId === 's') watches += 1;
      if (watches === 2) overtaken.resolve();
      await watch({ ...watching, onChange: () => {} });
    });
    let watches = 0;
    const store = storeWith(noticing, 'appendEntries', (append) => async (entries) => {
      if (!JSON.stringify(entries).includes('steered') || isOvertaken) return append(entries);
      isOvertaken = true;
      const before = isWrittenBefore ? await append(entries) : undefined;
      taken.resolve();
      await overtaken.promise;
      return before ?? append(entries);
    });
    let isOvertaken = false;
    const held = heldTurn('held');
    const session = await openScripted(store, [held.step, textTurn('own')]);
    const first = session.send('first').result();
    await held.started;
    const steered = session.send('steered', { onBusy: 'steer' }).result();
    await tick();
    held.answer();
    await expect(first).rejects.toMatchObject({ code: 'checkpoint/lease-lost' });
    const end = await steered;
    expect((await real.readLease('s'))?.holder).toBeNull();
    return { end, session: await openScripted(real, []) };
  }

  it('stays with the run that has written it, and the session is given back', async () => {
    const { end, session } = await overtakenRun(true);
    expect(end.reason).toBe('steered');
    expect(userWords(session)).toEqual(['first', 'steered']);
  });

  it('stays with its send if the run could not write it any more', async () => {
    const { end, session } = await overtakenRun(false);
    expect(end).toMatchObject({ reason: 'end-turn', text: 'own' });
    expect(userWords(session)).toEqual(['first', 'steered']);
  });
});
