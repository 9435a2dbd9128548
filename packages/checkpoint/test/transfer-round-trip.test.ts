import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CheckpointStore, exportSession, importSession, openMemoryStore } from '../src/index.ts';
import { growSessions, steps } from './support/grow-sessions.ts';

describe('an exported session', () => {
  test('imports to what it was: its export from there is the same to the byte', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const origin = openMemoryStore();
        for (const id of await growSessions(origin, history)) {
          const exported = await textOf(origin, id);
          const copy = openMemoryStore();
          const session = await importSession(copy, [exported]);
          expect(session).toEqual(await origin.readSession(id));
          expect(await textOf(copy, id)).toBe(exported);
          expect(await factsOf(copy, id)).toEqual(await factsOf(origin, id));
        }
      }),
      { numRuns: 150 },
    );
  });

  test('imports beside the sessions it shares its branch with, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), async (history, seed) => {
        const origin = openMemoryStore();
        const ids = await growSessions(origin, history);
        const copy = openMemoryStore();
        const order = ids.toSorted((a, b) => hash(a, seed) - hash(b, seed));
        for (const id of order) await importSession(copy, exportSession(origin, id));
        for (const id of ids) expect(await textOf(copy, id)).toBe(await textOf(origin, id));
      }),
      { numRuns: 100 },
    );
  });

  test('has a line a record for every reader of lines', async () => {
    const store = openMemoryStore();
    const { tip } = await store.createSession({ id: 'a', createdAt: 1 });
    const entries = [{ kind: 'note', payload: '"\u2028 \u2029 \r \u0085"' }];
    await store.appendEntries({ sessionId: 'a', expectedTip: tip, entries, at: 1 });
    const exported = await textOf(store, 'a');
    const lines = await Array.fromAsync(createInterface({ input: Readable.from([exported]) }));
    expect(lines.map((line) => Object.keys(JSON.parse(line))[0])).toEqual(['format', 'entry', 'entry', 'end']);
    expect(JSON.parse(lines[2] ?? '').entry.payload).toBe(entries[0]?.payload);
  });

  test('imports from pieces of any size, text or bytes', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.array(fc.nat(400)), fc.boolean(), async (history, cuts, asBytes) => {
        const origin = openMemoryStore();
        const [id = ''] = (await growSessions(origin, history)).toReversed();
        const exported = await textOf(origin, id);
        const copy = openMemoryStore();
        await importSession(copy, pieces(asBytes ? Buffer.from(exported) : exported, cuts));
        expect(await textOf(copy, id)).toBe(exported);
      }),
      { numRuns: 100 },
    );
  });

  test('imported under another id is a fork of it at its tip', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (history, isBeside) => {
        const origin = openMemoryStore();
        const [id = ''] = (await growSessions(origin, history)).toReversed();
        const before = await textOf(origin, id);
        const place = isBeside ? origin : openMemoryStore();
        const session = await importSession(place, exportSession(origin, id), { id: 'the copy' });
        expect(session).toMatchObject({ id: 'the copy', tip: (await origin.readSession(id))?.tip });
        expect(await branchOf(place, 'the copy')).toEqual(await branchOf(origin, id));
        expect(await place.readLedger('the copy')).toEqual([]);
        expect(await place.readPendingTurn('the copy')).toBeUndefined();
        expect(await textOf(origin, id)).toBe(before);
        // It is a whole session: it can be exported and imported in its turn.
        await importSession(openMemoryStore(), exportSession(place, 'the copy'));
      }),
      { numRuns: 100 },
    );
  });
});

async function textOf(store: CheckpointStore, id: string): Promise<string> {
  return (await Array.fromAsync(exportSession(store, id))).join('');
}

async function branchOf(store: CheckpointStore, id: string): Promise<object> {
  const turns = await store.readTurns(id);
  return {
    entries: await store.readEntries(id),
    turns,
    snapshots: await store.readSnapshots(id),
    calls: await Promise.all(turns.map((turn) => store.readToolCalls(turn.id))),
  };
}

/** All that a session says of itself, on every branch. */
async function factsOf(store: CheckpointStore, id: string): Promise<object> {
  const snapshots = (await store.listSnapshots(id)).items;
  const oldest = snapshots.at(-1)?.id;
  return {
    branch: await branchOf(store, id),
    ledger: await store.readLedger(id),
    pending: await store.readPendingTurn(id),
    snapshots,
    backups: oldest === undefined ? [] : await store.readFileBackups({ sessionId: id, snapshotId: oldest }),
  };
}

function* pieces<Text extends string | Buffer>(whole: Text, cuts: readonly number[]): Generator<string | Uint8Array> {
  let start = 0;
  for (const cut of cuts) {
    yield whole.slice(start, start + cut);
    start += cut;
  }
  yield whole.slice(start);
}

function hash(id: string, seed: number): number {
  return [...id].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0) + seed) % 1_000_003, seed);
}
