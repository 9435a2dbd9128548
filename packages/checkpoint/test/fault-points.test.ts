import { copyFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openSqliteStore, type StoreFaultPoint } from '../src/index.ts';
import { startProcess } from './support/child-process.ts';
import { readEverything } from './support/read-everything.ts';
import { tempStorePath } from './support/temp-folder.ts';
import { prepareSessions, type WriteName, writes } from './support/writes.ts';

const clock = () => 1000;

/** The points that each write passes, in order. */
const BRIEF = ['store/begun', 'store/written', 'store/committed'] as const;
const points: Readonly<Record<WriteName, readonly StoreFaultPoint[]>> = {
  createSession: ['store/begun', 'store/entries-written', 'store/written', 'store/committed'],
  forkSession: BRIEF,
  setMetadata: BRIEF,
  appendEntries: ['store/begun', 'store/blobs-written', 'store/entries-written', 'store/written', 'store/committed'],
  endRound: ['store/begun', 'store/blobs-written', 'store/entries-written', 'store/written', 'store/committed'],
  beginTurn: ['store/begun', 'store/blobs-written', 'store/written', 'store/committed'],
  commitTurn: [
    ...(['store/begun', 'store/blobs-written', 'store/entries-written', 'store/turn-written'] as const),
    ...(['store/snapshot-written', 'store/written', 'store/committed'] as const),
  ],
  abandonTurn: BRIEF,
  rewindSession: ['store/begun', 'store/snapshot-written', 'store/written', 'store/committed'],
  labelSnapshot: BRIEF,
  deleteSnapshots: BRIEF,
  startToolCall: BRIEF,
  finishToolCall: BRIEF,
  acquireLease: BRIEF,
  recordFileBackups: ['store/begun', 'store/blobs-written', 'store/written', 'store/committed'],
  createRun: BRIEF,
  takeUpRun: BRIEF,
  appendRunEvents: BRIEF,
  requestRunStop: BRIEF,
  deleteRuns: BRIEF,
  deleteSession: BRIEF,
  restoreSession: [
    ...(['store/begun', 'store/blobs-written', 'store/entries-written', 'store/turn-written'] as const),
    ...(['store/snapshot-written', 'store/written', 'store/committed'] as const),
  ],
};

const names = Object.keys(writes) as WriteName[];

async function preparedStore(): Promise<string> {
  const path = tempStorePath();
  const store = openSqliteStore({ path, clock });
  await prepareSessions(store);
  await store.close();
  return path;
}

function copyOf(origin: string): string {
  const path = tempStorePath();
  copyFileSync(origin, path);
  return path;
}

async function contentOf(path: string): Promise<unknown> {
  const store = openSqliteStore({ path, clock });
  const content = await readEverything(store);
  expect(await Array.fromAsync(store.findDamage())).toEqual([]);
  await store.close();
  return content;
}

/** Does the write and returns the points it passed. */
async function write(path: string, name: WriteName): Promise<readonly StoreFaultPoint[]> {
  const passed: StoreFaultPoint[] = [];
  const store = openSqliteStore({ path, clock, onFaultPoint: (point) => passed.push(point) });
  await writes[name](store);
  await store.close();
  return passed;
}

describe.each(names)('%s', (name) => {
  test('passes its fault points in order', async () => {
    expect(await write(await preparedStore(), name)).toEqual(points[name]);
  });

  test('I6 refused at any fault point, leaves nothing, and can be done again', { timeout: 60_000 }, async () => {
    const path = await preparedStore();
    const before = await contentOf(path);
    for (const place of points[name].filter((point) => point !== 'store/committed')) {
      const store = openSqliteStore({
        path,
        clock,
        onFaultPoint: (point) => {
          if (point === place) throw new Error(`stopped at ${place}`);
        },
      });
      await expect(writes[name](store)).rejects.toThrow(`stopped at ${place}`);
      expect(await readEverything(store)).toEqual(before);
      await store.close();
    }
    await write(path, name);
    expect(await contentOf(path)).not.toEqual(before);
  });
});

const killed: readonly WriteName[] = [
  'commitTurn',
  'appendEntries',
  'endRound',
  'rewindSession',
  'appendRunEvents',
  'deleteSession',
  'restoreSession',
];

test.each(killed)(
  'C1 C3 I6 a process killed at any fault point of %s leaves all of it, or nothing',
  { timeout: 240_000 },
  async (name) => {
    const origin = await preparedStore();
    const before = await contentOf(origin);
    const whole = copyOf(origin);
    await write(whole, name);
    const after = await contentOf(whole);
    expect(after).not.toEqual(before);
    for (const [index, point] of points[name].entries()) {
      const path = copyOf(origin);
      const child = startProcess('die-at-fault-point-process.ts', path, name, `${index + 1}`);
      expect((await child.lines.next()).value).toBe('writing');
      expect(await child.ended).toEqual({ code: null, errors: '' });
      expect(await contentOf(path), point).toEqual(point === 'store/committed' ? after : before);
    }
  },
);
