import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openMemoryStore } from '../src/memory/memory-store.ts';
import { orderDump } from '../src/order-dump.ts';
import type { SessionDump } from '../src/session-dump.ts';
import { createRichSession } from '../src/testing/conformance/rich-session.ts';

/** The order that a key of ours gives: another one for each seed. */
function shuffled<Item>(items: readonly Item[], seed: number): readonly Item[] {
  const keyed = items.map((item, index) => ({ item, key: Math.sin(seed * 997 + index * 31) }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

/** The records as a store may find them: only what the session itself made is as it was written. */
function asFound(dump: SessionDump, seed: number): SessionDump {
  const isOwn = ({ sessionId }: { readonly sessionId: string }) => sessionId === dump.session.id;
  const inherited = dump.snapshots.filter((snapshot) => !isOwn(snapshot));
  return {
    ...dump,
    entries: shuffled(dump.entries, seed).map((entry) => ({ ...entry, blobs: shuffled(entry.blobs, seed + 1) })),
    turns: shuffled(dump.turns, seed + 2),
    snapshots: [...dump.snapshots.filter(isOwn), ...shuffled(inherited, seed + 3)],
    toolCalls: shuffled(dump.toolCalls, seed + 4),
    blobs: shuffled(dump.blobs, seed + 5),
  };
}

test.each(['a', 'fork', 'late'])(
  'the records of session %s have one order, however a store finds them',
  async (sessionId) => {
    const store = openMemoryStore();
    await createRichSession(store);
    const dump = await store.dumpSession(sessionId);
    expect(orderDump(dump)).toEqual(dump);
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(orderDump(asFound(dump, seed))).toEqual(dump);
      }),
    );
  },
);

test('records that name each other in a circle are put in some order', async () => {
  const store = openMemoryStore();
  await createRichSession(store);
  const dump = await store.dumpSession('a');
  const [root] = dump.entries;
  const tip = dump.entries.at(-1);
  const circle = dump.entries.map((entry) => (entry === root ? { ...entry, parent: tip?.id ?? null } : entry));
  expect(orderDump({ ...dump, entries: circle }).entries).toHaveLength(dump.entries.length);
});
