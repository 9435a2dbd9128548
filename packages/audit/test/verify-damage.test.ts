import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { type LedgerVerification, verifyLedger } from '../src/index.ts';
import { agentStore, openStore } from './support/agent-session.ts';
import { runCommand } from './support/run-command.ts';
import { FIRST, SECOND, sampleStore } from './support/sample-store.ts';

/** Changes the store behind the back of its rules. */
function tamper(path: string, sql: string): void {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  database.exec('PRAGMA ignore_check_constraints = ON');
  database.exec(sql);
  database.close();
}

/** A store of one session with five turns, the ids of those, and what is found after `sql`. */
async function verifiedAfter(sql: string): Promise<{ turnIds: readonly string[]; found: LedgerVerification }> {
  const path = await agentStore(5);
  const turnIds = (await openStore(path).readLedger('talk')).map(({ id }) => id);
  tamper(path, sql);
  return { turnIds, found: await verifyLedger(openStore(path)) };
}

const named = ({ findings }: LedgerVerification) => findings.flatMap(({ turnId }) => turnId ?? []);

describe('of several rows of one session each is named (N-18, N-19)', () => {
  test('that was changed', async () => {
    const { turnIds, found } = await verifiedAfter('UPDATE turns SET output = output + 1 WHERE ordinal IN (2, 4)');
    expect(named(found)).toEqual([turnIds[1], turnIds[3]]);
    expect(found.findings.every(({ sessionId }) => sessionId === 'talk')).toBe(true);
  });

  test('that was swapped', async () => {
    const { turnIds, found } = await verifiedAfter(`
      UPDATE turns SET ordinal = 9 WHERE ordinal = 2; UPDATE turns SET ordinal = 2 WHERE ordinal = 4;
      UPDATE turns SET ordinal = 4 WHERE ordinal = 9`);
    expect(named(found)).toEqual(expect.arrayContaining([turnIds[1], turnIds[3]]));
  });

  test.each([
    ['DELETE FROM turns WHERE ordinal = 2', [/turn 2 of the ledger of session 'talk' is missing/]],
    ['DELETE FROM turns WHERE ordinal = 5', [/turn 5 of the ledger of session 'talk' is missing/]],
    ['DELETE FROM turns WHERE ordinal IN (1, 3, 4)', [/turn 1 of the ledger/, /turns 3 to 4 of the ledger .* missing/]],
    ["UPDATE turns SET session_id = 'other' WHERE ordinal = 2", [/turn 2 of the ledger/, /^Somewhere .*: turn '.*'/]],
  ])('that was dropped: %s', async (sql, messages) => {
    const { found } = await verifiedAfter(sql);
    for (const message of messages) {
      expect(found.findings).toContainEqual(expect.objectContaining({ message: expect.stringMatching(message) }));
    }
  });

  test('and an entry whose session nobody knows, once', async () => {
    const { turnIds, found } = await verifiedAfter(`
      UPDATE turns SET output = output + 1 WHERE ordinal = 4; UPDATE entries SET payload = '{}' WHERE seq IN (3, 4)`);
    expect(named(found)).toEqual([turnIds[3]]);
    const entries = found.findings.filter(({ message }) => message.includes(': entry sha256:'));
    expect(entries.map(({ kind, sessionId }) => [kind, sessionId])).toEqual([
      ['damaged', undefined],
      ['damaged', undefined],
    ]);
  });
});

describe('of a session that cannot be read whole', () => {
  test('the rest is said not to have been checked, and what is damaged of others is not told of it', async () => {
    const path = await sampleStore([
      { id: 'anna', turns: [FIRST, SECOND] },
      { id: 'bob', turns: [FIRST, SECOND] },
    ]);
    tamper(path, 'UPDATE turns SET output = output + 1');
    const found = await verifyLedger(openStore(path), 'anna');
    expect(found).toMatchObject({ ok: false, rows: 0 });
    expect(named(found)).toEqual(['anna-1', 'anna-2']);
    expect(found.findings.at(-1)).toMatchObject({
      kind: 'unchecked',
      sessionId: 'anna',
      message: "Session 'anna': the rest of the session was not checked, as the store cannot read all of it.",
    });
  });

  test('the command says so after what it names', async () => {
    const path = await agentStore(5);
    tamper(path, 'UPDATE turns SET output = output + 1 WHERE ordinal IN (2, 4)');
    const { exitCode, output } = await runCommand([path, '--verify']);
    expect(exitCode).toBe(1);
    expect(output).toMatch(
      /0 rows of 1 session were read.*\n( {2}damaged: Session 'talk': turn '.*\n){2} {2}unchecked: Session 'talk': the rest of the session was not checked/,
    );
  });
});
