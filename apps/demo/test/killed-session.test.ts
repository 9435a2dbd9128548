import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { auditSession } from '@reprise/audit';
import { openSqliteStore } from '@reprise/checkpoint';
import { describe, expect, it } from 'vitest';
import { type DemoRun, failedClaims, runDemo, unwrapped } from './support/run-demo.ts';
import { tempFolder } from './support/temp-folder.ts';

const TIMEOUT = 60_000;

const FILES = {
  'docs/bread.md': 'Bread\n\nA sourdough starter is fed with rye flour every morning, or it starves.\n',
  'docs/garden.md': 'Garden\n\nThe tomatoes are planted after the last frost of the year, never before it.\n',
  'package-lock.json': '"sourdough starter flour tomatoes frost planted": 1\n',
};

function sessionIdOf({ stdout }: DemoRun): string {
  return /session\s+(\S+) in/.exec(stdout)?.[1] ?? '';
}

async function storedSession(cwd: string, sessionId: string) {
  const store = openSqliteStore(join(cwd, '.reprise/demo.db'));
  try {
    return {
      turns: await store.readTurns(sessionId),
      questions: (await store.readEntries(sessionId)).filter(({ kind }) => kind === 'user-message'),
      statement: await auditSession(store, sessionId),
    };
  } finally {
    await store.close();
  }
}

describe('the demo', () => {
  it(
    'answers from real files, survives its kill, and counts everything once',
    async () => {
      const dir = tempFolder(FILES);
      const cwd = tempFolder();
      const run = await runDemo(
        [
          '--dir',
          dir,
          '--ask',
          'What is a sourdough starter fed with?',
          '--ask',
          'When are tomatoes planted, before the frost?',
        ],
        { cwd },
      );
      const text = unwrapped(run.stdout);

      expect([run.code, run.stderr, failedClaims(run)]).toEqual([0, '', []]);
      expect(text).toContain('SIMULATED');
      expect(text).toContain(
        '> docs/bread.md:3: A sourdough starter is fed with rye flour every morning, or it starves.',
      );
      expect(text).toContain(
        '> docs/garden.md:3: The tomatoes are planted after the last frost of the year, never before it.',
      );
      expect(text).toMatch(/SIGKILL: process \d+ is dead, in the middle of turn \d+/);
      expect(text).toContain('Still open: When are tomatoes planted');
      expect(text).toContain('✓ The four agree.');
      expect(text).toContain('1 of them cut off by the kill');
      expect(text).toMatch(/Prompt caching (saved|cost)/);
      expect(run.stdout).not.toContain('\u001B');
      expect(run.stdout.split('\n').filter((line) => line.length > 80 && !line.includes('--session'))).toEqual([]);

      const { turns, questions, statement } = await storedSession(cwd, sessionIdOf(run));
      expect([questions.length, turns.length]).toEqual([2, statement.turnCount]);
      expect(new Set(turns.map(({ responseId }) => responseId)).size).toBe(turns.length);
    },
    TIMEOUT,
  );

  it(
    'says so when nothing matches, and is killed in its only question',
    async () => {
      const { code, stdout } = await runDemo(['--ask', 'Who paints zebras?'], {
        cwd: tempFolder({ 'a.txt': 'Nothing of interest.' }),
      });
      expect(code).toBe(0);
      expect(unwrapped(stdout)).toContain('I found nothing.');
      expect(stdout).toContain('SIGKILL');
    },
    TIMEOUT,
  );

  it(
    'goes on with a session of an earlier start',
    async () => {
      const cwd = tempFolder(FILES);
      const first = await runDemo(['--no-kill', '--ask', 'What starves?'], { cwd });
      const id = sessionIdOf(first);
      const second = await runDemo(['--no-kill', '--session', id, '--ask', 'When is the last frost?'], { cwd });
      const idle = await runDemo(['--no-kill', '--session', id], { cwd });

      expect([first.code, second.code, idle.code]).toEqual([0, 0, 0]);
      expect([first, second, idle].some(({ stdout }) => stdout.includes('SIGKILL'))).toBe(false);
      expect(unwrapped(second.stdout)).toContain('✓ The four agree.');
      expect(idle.stdout).toContain('Nothing was left open.');
      expect((await storedSession(cwd, id)).questions).toHaveLength(2);
    },
    TIMEOUT,
  );

  it(
    'keeps to the folder it was given',
    async () => {
      const dir = tempFolder({ 'a.md': 'The moon is made of stone.' });
      const cwd = tempFolder({ 'b.md': 'The moon is made of cheese.' });
      const { stdout } = await runDemo(
        ['--no-kill', '--dir', dir, '--db', 'own.db', '--ask', 'What is the moon made of?'],
        { cwd },
      );
      expect(stdout).toContain('stone');
      expect(stdout).not.toContain('cheese');
      expect([existsSync(join(cwd, 'own.db')), existsSync(join(cwd, '.reprise'))]).toEqual([true, false]);
    },
    TIMEOUT,
  );
});
