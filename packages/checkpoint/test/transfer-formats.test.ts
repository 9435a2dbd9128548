import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type CheckpointStore, exportSession, importSession, openMemoryStore, openSqliteStore } from '../src/index.ts';
import { growSessions, steps } from './support/grow-sessions.ts';
import { tempStorePath } from './support/temp-folder.ts';

const FIXTURE = fileURLToPath(new URL('fixtures/session-export-1.jsonl', import.meta.url));
const exported = readFileSync(FIXTURE, 'utf8');

const stores: readonly (readonly [name: string, open: () => CheckpointStore])[] = [
  ['memory', openMemoryStore],
  ['SQLite', () => openSqliteStore(tempStorePath())],
];

function opened(open: () => CheckpointStore): CheckpointStore {
  const store = open();
  onTestFinished(() => store.close());
  return store;
}

describe('an export of format 1 (N-18)', () => {
  test.each(stores)('imports into a %s store, which exports it to the byte', async (_name, open) => {
    const store = opened(open);
    await importSession(store, createReadStream(FIXTURE));
    expect((await Array.fromAsync(exportSession(store, 'fork 5'))).join('')).toBe(exported);
  });

  test.each(stores)('says in a %s store what it said when it was written', async (_name, open) => {
    const store = opened(open);
    expect(await importSession(store, createReadStream(FIXTURE))).toMatchObject({
      id: 'fork 5',
      tipTurn: 'turn-8',
      forkedFrom: { sessionId: 'first', snapshotId: 'snapshot-2' },
      metadata: '{"title":"a fork"}',
    });
    expect((await store.readEntries('fork 5')).map(({ payload }) => payload)).toEqual([
      '{"text":"Was ziehe ich an?\\u0000 \u2028 1.10 12345678901234567890"}',
      '{"text":"A T-shirt."}',
      '{"text":"And tomorrow?"}',
      '{"text":"A coat."}',
      '{"text":"And then?"}',
    ]);
    expect((await store.readTurns('fork 5')).map(({ costPicoUsd }) => costPicoUsd)).toEqual([1_234_567n, null]);
    expect((await store.readLedger('fork 5')).map(({ id }) => id)).toEqual(['turn-8', 'turn-13']);
    expect((await store.readSnapshot('snapshot-8'))?.label).toBe('before the rain');
    expect((await store.readToolCalls('turn-8')).map(({ outcome }) => outcome)).toEqual(['"9"', null]);
    expect(await store.readPendingTurn('fork 5')).toMatchObject({ id: 'pending 17' });
    const [backup] = await store.readFileBackups({ sessionId: 'fork 5', snapshotId: 'snapshot-8' });
    const blobs = await store.readBlobs([backup?.blobHash ?? '']);
    expect([...blobs.values()].map((bytes) => [...bytes])).toEqual([[1, 2, 3]]);
  });

  test('ends with the hash of the lines before', () => {
    const end = exported.lastIndexOf('\n', exported.length - 2) + 1;
    const hash = createHash('sha256').update(exported.slice(0, end), 'utf8').digest('hex');
    expect(exported.slice(end)).toBe(`{"end":"sha256:${hash}"}\n`);
  });
});

test('an export is the same to the byte, whichever store it comes from', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const memory = openMemoryStore();
      const sqlite = openSqliteStore({ path: tempStorePath(), synchronous: 'normal' });
      try {
        const ids = await growSessions(memory, history);
        await growSessions(sqlite, history);
        for (const id of ids) {
          const text = (await Array.fromAsync(exportSession(memory, id))).join('');
          expect((await Array.fromAsync(exportSession(sqlite, id))).join('')).toBe(text);
        }
      } finally {
        await sqlite.close();
      }
    }),
    { numRuns: 25 },
  );
}, 30_000);
