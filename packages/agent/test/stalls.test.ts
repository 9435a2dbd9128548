import { type AgentEvent, createAgent } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { messageText } from '@reprise/providers';
import type { Fault } from '@reprise/simulator';
import { describe, expect, it } from 'vitest';
import { FAMILIES, FAMILY_NAMES, simulator } from './support/simulated.ts';
import { unsendable } from './support/wire-rules.ts';

const ANSWER = 'It rains in Bonn, as it did yesterday and the day before, and will again tomorrow.';

/** A session whose first answer meets that fault, and what its listener heard. */
async function afterFault(family: keyof typeof FAMILIES, fault: Fault) {
  const server = await simulator(({ requestIndex }) => (requestIndex === 0 ? ANSWER : 'Fine.'));
  const workspace = server.workspace('own', { faults: [{ fault, times: 1 }] });
  const model = FAMILIES[family](workspace.url);
  const store = openMemoryStore();
  const session = await createAgent({ model, stallTimeoutMs: 300, retry: false }).openSession(store, { id: 's' });
  const events = await Array.fromAsync(session.send('Rain?'));
  return { requests: workspace.requests, store, session, events };
}

const textOf = (events: readonly AgentEvent[]) =>
  events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');

describe.each(FAMILY_NAMES)('I4 I6 I12 a response of %s', (family) => {
  it('that falls silent in its midst ends its run; its text and its row are kept, and the session goes on (B-22)', async () => {
    const { requests, store, session, events } = await afterFault(family, { type: 'stall', afterEvents: 8 });
    expect(events.at(-1)).toMatchObject({ type: 'run-end', reason: 'error', error: { code: 'provider/stalled' } });
    await expectKept({ store, session, events });
    await session.send('And now?').result();
    expect(requests.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('with an event that cannot be read ends its run; its text and its row are kept, and the session goes on (B-22)', async () => {
    const { requests, store, session, events } = await afterFault(family, { type: 'malformed-event', atEvent: 8 });
    expect(events.at(-1)).toMatchObject({ reason: 'error', error: { code: 'provider/malformed-stream' } });
    await expectKept({ store, session, events });
    await session.send('And now?').result();
    expect(requests.map(({ status }) => status)).toEqual([200, 200]);
  });
});

async function expectKept({
  store,
  session,
  events,
}: Pick<Awaited<ReturnType<typeof afterFault>>, 'store' | 'session' | 'events'>): Promise<void> {
  const heard = textOf(events);
  expect(ANSWER).toMatch(heard);
  expect(heard).not.toBe('');
  expect(session.state.messages.map(messageText)).toEqual(['Rain?', heard]);
  expect(unsendable(session.state.messages)).toEqual([]);
  expect(await store.readLedger('s')).toMatchObject([{ stopReason: 'error' }]);
  const ended = events.find((event) => event.type === 'turn-end');
  // The usage that came before it is kept, and what is missing is estimated.
  expect(ended?.turn.usageState).not.toBe('final');
  expect(ended?.estimate?.outputTokens).toBeGreaterThan(0);
}
