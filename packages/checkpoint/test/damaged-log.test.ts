import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CheckpointStore, openSqliteStore } from '../src/index.ts';
import { findLogDamage } from '../src/sqlite/log-damage.ts';
import { userEntry } from '../src/testing/builders.ts';
import { expectRefusal } from '../src/testing/store-conformance.ts';
import { flipped, readFiles, type StoreFiles, writeFiles } from './support/flip-bits.ts';
import { tempStorePath } from './support/temp-folder.ts';

const APPENDS = 6;

/** Many runs, which a busy machine takes its time for. */
const SLOW = { timeout: 60_000 };

/** What a crash leaves of a store with a session of some appends, each a transaction of its own. */
async function crashedStore(): Promise<StoreFiles> {
  const path = tempStorePath();
  const store = openSqliteStore(path);
  let { tip: expectedTip } = await store.createSession({ id: 'a', createdAt: 1 });
  for (let index = 1; index <= APPENDS; index++) {
    const append = { sessionId: 'a', expectedTip, entries: [userEntry(`text ${index}`)], at: index };
    expectedTip = (await store.appendEntries(append)).tip;
  }
  const files = readFiles(path);
  await store.close();
  return files;
}

const textsOf = async (store: CheckpointStore) => (await store.readEntries('a')).map(({ createdAt }) => createdAt);

/** Where a frame of the log begins. */
function frameAt(log: Uint8Array, index: number): number {
  const pageBytes = new DataView(log.buffer, log.byteOffset).getUint32(8);
  return 32 + index * (24 + pageBytes);
}

/** Where each transaction ends in the log. */
function commitsIn(log: Uint8Array): readonly number[] {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const frames: number[] = [];
  for (let index = 0; frameAt(log, index) < log.byteLength; index++) frames.push(index);
  const commits = frames.filter((index) => view.getUint32(frameAt(log, index) + 4) !== 0);
  return commits.map((index) => frameAt(log, index + 1));
}

describe('a log that a crash left', () => {
  test('I6 is whole up to the transaction that was cut off, wherever that was', SLOW, async () => {
    const { main, log = new Uint8Array() } = await crashedStore();
    const commits = commitsIn(log);
    expect(commits.length).toBeGreaterThan(APPENDS);
    const cuts = fc.integer({ min: 0, max: log.length });
    await fc.assert(
      fc.asyncProperty(cuts, async (cut) => {
        const path = tempStorePath();
        writeFiles(path, { main, log: log.subarray(0, cut) });
        const store = openSqliteStore(path);
        // The first transaction in the log, which creates the session, comes before the appends.
        const whole = commits.filter((end) => end <= cut).length - 1;
        if (whole < 0) expect(await store.readSession('a')).toBeUndefined();
        else expect(await textsOf(store)).toEqual(Array.from({ length: whole }, (_, index) => index + 1));
        await store.close();
      }),
      { numRuns: 25 },
    );
  });

  test('is not damaged where an older use of the file shows after its end', async () => {
    const path = tempStorePath();
    const store = openSqliteStore(path);
    const { tip } = await store.createSession({ id: 'a', createdAt: 1 });
    await store.appendEntries({ sessionId: 'a', expectedTip: tip, entries: [userEntry('x'.repeat(50_000))], at: 1 });
    const long = readFiles(path).log ?? new Uint8Array();
    const other = openSqliteStore(path);
    await other.close();
    await store.close();
    const again = openSqliteStore(path);
    await again.setMetadata({ sessionId: 'a', metadata: '{"n":1}' });
    const { main, log: short = new Uint8Array() } = readFiles(path);
    await again.close();
    const reused = Uint8Array.from(long);
    reused.set(short);
    expect(short.length).toBeLessThan(long.length);
    expect(findLogDamage(reused, true)).toBeUndefined();
    const copy = tempStorePath();
    writeFiles(copy, { main, log: reused });
    const reopened = openSqliteStore(copy);
    expect((await reopened.readSession('a'))?.metadata).toBe('{"n":1}');
    await reopened.close();
  });
});

describe('I9 (N-18) a log with a wrong bit', () => {
  test('is refused wherever the bit is, the last transaction included', SLOW, async () => {
    const { log = new Uint8Array() } = await crashedStore();
    fc.assert(
      fc.property(fc.nat({ max: log.length * 8 - 1 }), (place) => {
        for (const isSynced of [true, false]) expect(findLogDamage(flipped(log, [place]), isSynced)).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });

  test('is named, and left as it is', async () => {
    const files = await crashedStore();
    const path = tempStorePath();
    const { log = new Uint8Array() } = files;
    const damaged = { ...files, log: flipped(log, [(frameAt(log, 2) + 500) * 8]) };
    writeFiles(path, damaged);
    expect(() => openSqliteStore(path)).toThrow(/frame 3 of \d+ in .*-wal is not what it was when it was written/);
    expect(readFiles(path)).toEqual({ main: Buffer.from(damaged.main), log: Buffer.from(damaged.log) });
  });
});

test('a log that is torn in an older transaction is damaged where commits wait for the disk, and cut off where not', async () => {
  const { log = new Uint8Array() } = await crashedStore();
  const torn = Uint8Array.from(log).fill(0xff, frameAt(log, 3) + 100, frameAt(log, 3) + 900);
  expect(findLogDamage(torn, true)).toMatch(/^frame 4 of/);
  expect(findLogDamage(torn, false)).toBeUndefined();
});

test('a log that is torn in its last transaction was cut off', async () => {
  const { log = new Uint8Array() } = await crashedStore();
  const last = commitsIn(log).at(-2) ?? 0;
  expect(findLogDamage(Uint8Array.from(log).fill(0xff, last + 100, last + 900), true)).toBeUndefined();
});

test('a log that another process is writing to is taken as it is', async () => {
  const path = tempStorePath();
  const writer = openSqliteStore(path);
  await writer.createSession({ id: 'a', createdAt: 1 });
  expect(readFileSync(`${path}-wal`).length).toBeGreaterThan(0);
  const reader = openSqliteStore(path);
  expect(await reader.readEntries('a')).toEqual([]);
  await expectRefusal(reader.readEntries('b'), 'checkpoint/session-missing');
  await reader.close();
  await writer.close();
});
