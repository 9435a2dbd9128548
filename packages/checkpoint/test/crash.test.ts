import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../src/index.ts';
import { startProcess } from './support/child-process.ts';
import { tempStorePath } from './support/temp-folder.ts';

test.each([1, 7, 60])(
  'C1 C3 a process killed after turn %i leaves every turn it reported, and none in part',
  async (turns) => {
    const path = tempStorePath();
    const child = startProcess('commit-turns-process.ts', path);
    let reported = 0;
    for await (const line of child.lines) {
      reported = Number(line);
      if (reported === turns) {
        child.kill();
      }
    }
    expect(await child.ended).toEqual({ code: null, errors: '' });
    expect(reported).toBeGreaterThanOrEqual(turns);

    const store = openSqliteStore(path);
    const entries = await store.readEntries('a');
    const answers = entries.filter(({ kind }) => kind === 'assistant-message');
    const rows = await store.readTurns('a');
    const snapshots = await store.readSnapshots('a');
    // The turn after the last reported one may have been committed, but not printed.
    expect([reported, reported + 1]).toContain(answers.length);
    expect(rows.map(({ id }) => id)).toEqual(answers.map((_, index) => `turn-${index + 1}`));
    expect(rows.map(({ entryId }) => entryId)).toEqual(answers.map(({ id }) => id));
    expect(snapshots.map(({ entryId }) => entryId)).toEqual(answers.map(({ id }) => id));
    expect(snapshots.map(({ turnCount }) => turnCount)).toEqual(answers.map((_, index) => index + 1));
    expect((await store.readSession('a'))?.tip).toBe(entries.at(-1)?.id);
    await store.close();
  },
);

test.each(['INSERT ON entries', 'INSERT ON turns', 'INSERT ON snapshots', 'UPDATE ON sessions'])(
  'I6 a process that dies at its %s leaves nothing of the turn',
  async (statement) => {
    const path = tempStorePath();
    const child = startProcess('die-in-commit-process.ts', path, statement);
    expect((await child.lines.next()).value).toBe('committing');
    expect(await child.ended).toEqual({ code: null, errors: '' });

    const store = openSqliteStore(path);
    expect(await store.readTurns('a')).toMatchObject([{ id: 'turn-1' }]);
    expect(await store.readLastSnapshot('a')).toMatchObject({ id: 'snapshot-1' });
    await store.close();
    const connection = new Database(path);
    const rows = connection.prepare(
      'SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM turns), (SELECT count(*) FROM snapshots)',
    );
    expect(rows.raw().get()).toEqual([2, 1, 1]);
    connection.close();
  },
);
