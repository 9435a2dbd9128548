import { expect, test } from 'vitest';
import { openSqliteStore } from '../src/index.ts';
import { tokenColumns, turnCommit, userEntry } from '../src/testing/builders.ts';
import { runCommand } from './support/run-command.ts';
import { tempStorePath } from './support/temp-folder.ts';

const AT = Date.UTC(2026, 4, 1, 12, 30);

/** A store with three sessions: `anna` of two turns and a rewind, a fork of her first turn, and `empty`. */
async function sampleStore(): Promise<string> {
  const path = tempStorePath();
  const store = openSqliteStore(path);
  await store.createSession({ id: 'empty', createdAt: AT - 1000 });
  let { tip } = await store.createSession({ id: 'anna', createdAt: AT });
  for (const name of ['1', '2']) {
    const entries = [userEntry(`question ${name}`)];
    ({ tip } = await store.appendEntries({ sessionId: 'anna', expectedTip: tip, entries, at: AT }));
    const commit = turnCommit({ sessionId: 'anna', expectedTip: tip }, { name, turnNumber: Number(name) });
    const tokens = tokenColumns({ fresh: 1234, cacheWrite5m: 10, cacheWrite1h: 5, output: 30 });
    const turn = { ...commit.turn, startedAt: AT, tokens, costPicoUsd: name === '1' ? 12_345_678_901n : null };
    ({ tip } = await store.commitTurn({ ...commit, turn, at: AT }));
  }
  await store.labelSnapshot({ snapshotId: 'snapshot-1', label: 'before the detour' });
  const { snapshot: leaving } = turnCommit({ sessionId: 'anna', expectedTip: '' }, { name: 'left' });
  await store.rewindSession({ sessionId: 'anna', snapshotId: 'snapshot-1', leaving, at: AT + 1 });
  await store.forkSession({ id: 'fork', createdAt: AT + 1000, snapshotId: 'snapshot-1' });
  await store.close();
  return path;
}

test('`sessions` lists them newest first', async () => {
  const { exitCode, output } = await runCommand(['sessions', await sampleStore()]);
  expect(exitCode).toBe(0);
  expect(output.split('\n')).toEqual([
    'session  updated UTC       turns  forked from  last prompt',
    'fork     2026-05-01 12:30      1  anna         prompt 1',
    'anna     2026-05-01 12:30      1               prompt 1',
    'empty    2026-05-01 12:29      0',
    '',
  ]);
});

test('`sessions` searches, and says how to go on', async () => {
  const path = await sampleStore();
  const found = await runCommand(['sessions', path, '--search', 'DETOUR']);
  expect(found.output).toMatch(/^anna /m);
  expect(found.output).not.toMatch(/^empty /m);
  expect((await runCommand(['sessions', path, '--search', 'nowhere'])).output).toBe('No sessions.\n');

  const first = await runCommand(['sessions', path, '--limit', '2']);
  expect(first.output).toMatch(/^fork /m);
  const [, cursor = ''] = /There are more: --after (\S+)/.exec(first.output) ?? [];
  const second = await runCommand(['sessions', path, '--limit', '2', '--after', cursor]);
  expect(second.output).toMatch(/^empty /m);
  expect(second.output).not.toMatch(/anna|There are more/);
});

test('`sessions --json` prints the page as the store gives it', async () => {
  const path = await sampleStore();
  const { output } = await runCommand(['sessions', path, '--json', '--limit', '1']);
  const store = openSqliteStore(path);
  expect(JSON.parse(output)).toEqual(await store.listSessions({ limit: 1 }));
  await store.close();
});

test('`snapshots` lists what the session made, its labels and its rewinds', async () => {
  const { output } = await runCommand(['snapshots', await sampleStore(), 'anna']);
  expect(output.split('\n').map((line) => line.trimEnd())).toEqual([
    'snapshot       made UTC          by      turns  messages  label              prompt',
    'snapshot-left  2026-05-01 12:30  rewind      1         2                     prompt 1',
    'snapshot-2     2026-05-01 12:30  turn        2         4                     prompt 2',
    'snapshot-1     2026-05-01 12:30  turn        1         2  before the detour  prompt 1',
    '',
  ]);
});

test('`show` says what each turn of the branch took, and what the session has spent on all of them', async () => {
  const { output } = await runCommand(['show', await sampleStore(), 'anna']);
  expect(output.split('\n').map((line) => line.trimEnd())).toEqual([
    '#  started UTC       model              fresh  read  written  output       cost  stop      prompt',
    '1  2026-05-01 12:30  claude-sonnet-4-5  1,234     –       15      30  $0.012346  end-turn  prompt 1',
    '',
    'On this branch: 1 turn for $0.012346. In its lifetime the session has made 2 turns for ≥ $0.012346.',
    '',
  ]);
});

test('`show --json` prints the ledger rows, money as text', async () => {
  const { output } = await runCommand(['show', await sampleStore(), 'anna', '--json']);
  expect(JSON.parse(output)).toMatchObject({
    session: { id: 'anna', tipTurn: 'turn-1' },
    turns: [{ id: 'turn-1', tokens: { cacheRead: null }, costPicoUsd: '12345678901' }],
  });
});

test('`show` tells of a model call that was cut off', async () => {
  const path = await sampleStore();
  const store = openSqliteStore(path);
  const { tip } = (await store.readSession('empty')) ?? { tip: '' };
  const { turn } = turnCommit({ sessionId: 'empty', expectedTip: tip }, { name: 'lost' });
  const { family, model, prefixFingerprint, prefixBlocks, systemHash, toolsHash, requestOptions, marks } = turn;
  const request = { family, model, prefixFingerprint, prefixBlocks, systemHash, toolsHash, requestOptions, marks };
  await store.beginTurn({ sessionId: 'empty', expectedTip: tip, turn: { id: 'lost', startedAt: AT, ...request } });
  await store.close();
  expect((await runCommand(['show', path, 'empty'])).output).toMatch(/0 turns .*\n.*cut off, since 2026-05-01 12:30/);
});

test('what a session says of itself cannot steer the terminal', async () => {
  const path = tempStorePath();
  const store = openSqliteStore(path);
  const id = 'a\u001b[31mred\u202e\nb';
  const { tip } = await store.createSession({ id, createdAt: AT });
  const commit = turnCommit({ sessionId: id, expectedTip: tip }, { name: '1' });
  await store.commitTurn({
    ...commit,
    snapshot: { ...commit.snapshot, promptPreview: '\u001b]0;title\u0007Hi\u009b2J' },
  });
  await store.close();
  for (const args of [
    ['sessions', path],
    ['show', path, id],
    ['snapshots', path, id],
  ]) {
    const { output } = await runCommand(args);
    expect(output.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  }
});
