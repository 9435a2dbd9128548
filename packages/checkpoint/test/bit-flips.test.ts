import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CheckpointError, type CheckpointErrorCode, openSqliteStore } from '../src/index.ts';
import { userEntry } from '../src/testing/builders.ts';
import {
  type Answers,
  flipped,
  type Known,
  openAndAsk,
  readFiles,
  type StoreFiles,
  writeFiles,
} from './support/flip-bits.ts';
import { tempStorePath } from './support/temp-folder.ts';

/** A store with something in every table. */
const STORE = join(import.meta.dirname, 'fixtures', 'sqlite-format-3.db');

const known: Known = {
  sessions: ['a', 'fork', 'empty'],
  turns: ['turn-1', 'turn-2', 'turn-3', 'turn-4', 'turn-5'],
  runs: ['run-ended', 'run-going', 'run-waiting'],
  snapshots: ['snapshot-1', 'snapshot-2', 'snapshot-3', 'snapshot-left', 'snapshot-5'],
  backups: [
    { sessionId: 'a', snapshotId: 'snapshot-1' },
    { sessionId: 'fork', snapshotId: 'snapshot-1' },
  ],
};

/** What a damaged store may answer with, other than what was written. */
const CLEAR = new Set<CheckpointErrorCode>([
  'checkpoint/corrupt',
  'checkpoint/blob-missing',
  'checkpoint/not-a-store',
  'checkpoint/newer-format',
  'checkpoint/unavailable',
]);

const isClear = (answer: unknown) => answer instanceof CheckpointError && CLEAR.has(answer.code);

/** Every answer of the store is the one of the whole store, or a clear error. */
async function expectNothingSilent(files: StoreFiles, whole: Answers): Promise<void> {
  const path = tempStorePath();
  writeFiles(path, files);
  const answers = await openAndAsk(path, known);
  rmSync(path, { force: true });
  if (answers instanceof CheckpointError) {
    expect(CLEAR).toContain(answers.code);
    return;
  }
  const silent = [...answers].filter(([, answer]) => !isClear(answer));
  expect(Object.fromEntries(silent)).toEqual(Object.fromEntries(silent.map(([call]) => [call, whole.get(call)])));
}

async function answersOf(files: StoreFiles): Promise<Answers> {
  const path = tempStorePath();
  writeFiles(path, files);
  const whole = await openAndAsk(path, known);
  if (whole instanceof CheckpointError) throw whole;
  expect([...whole.values()].filter((answer) => answer instanceof Error)).toEqual([]);
  return whole;
}

/** Places of bits that say something: most of a small file is empty. */
function placesIn(bytes: Uint8Array): fc.Arbitrary<number> {
  const used = [...bytes.keys()].filter((index) => bytes[index] !== 0);
  const anywhere = fc.nat({ max: bytes.length * 8 - 1 });
  const inUse = fc.tuple(fc.constantFrom(...used), fc.nat({ max: 7 })).map(([index, bit]) => index * 8 + bit);
  return fc.oneof({ weight: 9, arbitrary: inUse }, { weight: 1, arbitrary: anywhere });
}

/** A session or a run is missing if neither of its indexes has its name. */
const INDEXES_BY_NAME = [
  ['sqlite_autoindex_sessions_1', 'sessions_again'],
  ['sqlite_autoindex_runs_1', 'runs_again'],
];

/** Whether both indexes that would find a row are wrong. */
function hitsBothIndexes(wrong: readonly number[]): boolean {
  const isHit = ([from, to]: readonly [number, number]) => wrong.some((place) => place >= from * 8 && place < to * 8);
  return INDEXES_BY_NAME.some((indexes) => indexes.map(firstPageOf).every(isHit));
}

/** Bits that once went unnoticed. */
const FOUND: [number[]][] = [
  // The index gives the pending turn to another session.
  [[368_624]],
  // The index of snapshots has eight entries more than it says, of which two lead to the same one.
  [[278_563]],
];

test('I9 (N-18) wrong bits in a store are an error, or change nothing that it hands out', {
  timeout: 240_000,
}, async () => {
  const main = readFileSync(STORE);
  const whole = await answersOf({ main, log: undefined });
  const places = fc.array(placesIn(main), { minLength: 1, maxLength: 16 }).filter((wrong) => !hitsBothIndexes(wrong));
  await fc.assert(
    fc.asyncProperty(places, (wrong) => expectNothingSilent({ main: flipped(main, wrong), log: undefined }, whole)),
    { numRuns: 1500, examples: FOUND },
  );
});

test('I9 (N-18) wrong bits in a store and its log are an error, or change nothing', { timeout: 240_000 }, async () => {
  const path = tempStorePath();
  writeFiles(path, { main: readFileSync(STORE), log: undefined });
  const store = openSqliteStore(path);
  const expectedTip = (await store.readSession('fork'))?.tip ?? '';
  await store.appendEntries({ sessionId: 'fork', expectedTip, entries: [userEntry('in the log')], at: 200 });
  await store.setMetadata({ sessionId: 'empty', metadata: '{"log":true}' });
  const { main, log = new Uint8Array() } = readFiles(path);
  await store.close();
  const whole = await answersOf({ main, log });
  await fc.assert(
    fc.asyncProperty(placesIn(main), fc.option(placesIn(log)), async (inMain, inLog) => {
      const files = { main: flipped(main, [inMain]), log: inLog === null ? log : flipped(log, [inLog]) };
      await expectNothingSilent(files, whole);
    }),
    { numRuns: 500 },
  );
});

test('I9 an index that leads to one row twice hides none', { timeout: 60_000 }, async () => {
  const main = readFileSync(STORE);
  const whole = await answersOf({ main, log: undefined });
  for (const index of ['file_backups_of_session', 'snapshots_of_session', 'runs_of_session', 'runs_not_ended']) {
    const [from, to] = firstPageOf(index);
    // SQLite writes the number 1 as a 9 in the head of a row; the head says 1 for a number in the byte that follows.
    const ones = [...main.keys()].filter((place) => place >= from && place < to && main[place] === 9);
    expect(ones.length).toBeGreaterThan(0);
    for (const place of ones)
      await expectNothingSilent({ main: flipped(main, [place * 8 + 3]), log: undefined }, whole);
  }
});

test('I9 (N-18) a table that leads back to its beginning is an error, and is not read for ever', async () => {
  const [, end] = firstPageOf('turns');
  const main = readFileSync(STORE);
  // The very end of the first page says which row is the last on the first of the pages below.
  expect(main[end - 1]).toBe(4);
  for (const bit of [3, 4, 5, 6]) {
    const path = tempStorePath();
    writeFiles(path, { main: flipped(main, [(end - 1) * 8 + bit]), log: undefined });
    const store = openSqliteStore(path);
    await expect(Array.fromAsync(store.streamTurns())).rejects.toMatchObject({ code: 'checkpoint/corrupt' });
    const messages = (await Array.fromAsync(store.findDamage())).map(({ message }) => message);
    expect(messages).toContainEqual(expect.stringContaining('the rows of turns are not in their order'));
    await store.close();
  }
});

test.each([
  ['the head of a session lacks its id', 303_176, 'of sessions has no id'],
  ['a session has another id than its indexes say', 303_182, 'is missing from its indexes'],
])('I9 (N-18) the search for damage tells of it and goes on: %s', async (_what, place, told) => {
  const path = tempStorePath();
  writeFiles(path, { main: flipped(readFileSync(STORE), [place]), log: undefined });
  const store = openSqliteStore(path);
  const messages = (await Array.fromAsync(store.findDamage())).map(({ message }) => message);
  expect(messages).toContainEqual(expect.stringContaining(told));
  await store.close();
});

/** Where the first page of a table or an index begins and ends. */
function firstPageOf(name: string): readonly [number, number] {
  const path = tempStorePath();
  copyFileSync(STORE, path);
  const connection = new Database(path);
  const select = connection.prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?');
  const page = select.pluck().get(name) ?? 0;
  const size = Number(connection.pragma('page_size', { simple: true }));
  connection.close();
  return [(page - 1) * size, page * size];
}

test.each(['fork', 'empty'])(
  "I9 the id of session '%s' is not free in a damaged store",
  { timeout: 60_000 },
  async (id) => {
    const main = readFileSync(STORE);
    const places = namesIn(main, id);
    expect(places.length).toBeGreaterThan(0);
    for (const place of places) {
      const path = tempStorePath();
      writeFiles(path, { main: flipped(main, [place * 8]), log: undefined });
      const created = await createSession(path, id);
      expect([...CLEAR, 'checkpoint/session-exists']).toContain(created);
    }
  },
);

/** The code of the refusal, or what was created. */
async function createSession(path: string, id: string): Promise<unknown> {
  try {
    const store = openSqliteStore(path);
    return await store.createSession({ id, createdAt: 1 }).finally(() => store.close());
  } catch (error) {
    return error instanceof CheckpointError ? error.code : error;
  }
}

/** Where the name is written in the file. */
function namesIn(bytes: Buffer, name: string): readonly number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) found.push(at);
  return found;
}
