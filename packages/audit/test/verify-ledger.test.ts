import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { hashTurn, type TurnRow } from '@reprise/checkpoint';
import { describe, expect, test } from 'vitest';
import { auditSession, type LedgerVerification, type VerifyOptions, verifyLedger } from '../src/index.ts';
import { agentStore, DIALECTS, openStore } from './support/agent-session.ts';

/** Changes the store behind the back of its rules. */
function tamper(path: string, sql: string): void {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  database.exec('PRAGMA ignore_check_constraints = ON');
  database.exec(sql);
  database.close();
}

/** Makes the hashes of these rows anew, or of all, as somebody would who knows how they are made. */
async function rehash(path: string, rows: readonly TurnRow[]): Promise<void> {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  let parentHash: string | null = null;
  for (const row of rows) {
    const told = database.prepare('SELECT * FROM turns WHERE id = ?').get(row.id) ?? {};
    const number = (column: string) => told[column] as number | null;
    const text = (column: string) => told[column] as string;
    const changed: TurnRow = {
      ...row,
      responseId: told['response_id'] as string | null,
      startedAt: Number(number('started_at')),
      tokens: { ...row.tokens, fresh: number('fresh'), cacheRead: number('cache_read'), output: number('output') },
      rawUsage: text('raw_usage'),
      prefixFingerprint: text('prefix_fingerprint'),
      requestOptions: text('request_options'),
      ordinal: Number(number('ordinal')),
      parentId: parentOf(database, row.id),
    };
    parentHash = hashTurn(changed, parentHash);
    database.prepare('UPDATE turns SET hash = ? WHERE id = ?').run(parentHash, row.id);
  }
  database.close();
}

function parentOf(database: DatabaseSync, id: string): string | null {
  const sql = 'SELECT before.id AS id FROM turns JOIN turns AS before ON before.seq = turns.parent WHERE turns.id = ?';
  return (database.prepare(sql).get(id)?.['id'] as string | undefined) ?? null;
}

/** The SHA-256 of a row's fields in the order in which `row-hash.ts` has them. */
function hashFields(fields: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

async function rowsOf(path: string): Promise<readonly TurnRow[]> {
  const store = openStore(path);
  const rows = await store.readLedger('talk');
  await store.close();
  return rows;
}

async function verified(path: string, options?: VerifyOptions): Promise<LedgerVerification> {
  const store = openStore(path);
  try {
    return await verifyLedger(store, undefined, options);
  } finally {
    await store.close();
  }
}

const told = ({ findings }: LedgerVerification) => findings.map(({ kind, ordinal }) => [kind, ordinal]);

describe.each(Object.keys(DIALECTS))('a ledger that the agent wrote from %s', (dialect) => {
  test('is whole, and every request is proven; its sums are the statement’s (N-19)', async () => {
    const path = await agentStore(3, DIALECTS[dialect]);
    const { ok, rows, sessions, findings, provenRequests, tokens, money, heads } = await verified(path);
    expect({ ok, rows, sessions, findings, provenRequests }).toEqual({
      ok: true,
      rows: 3,
      sessions: 1,
      findings: [],
      provenRequests: 3,
    });
    const store = openStore(path);
    const statement = await auditSession(store, 'talk');
    expect(tokens).toEqual(statement.tokens);
    if (statement.money) expect(money).toEqual(statement.money);
    expect(heads.get('talk')).toBe((await store.readLastTurn('talk'))?.hash);
  });
});

const CHANGES = {
  'a count': 'UPDATE turns SET cache_read = cache_read + 1 WHERE ordinal = 2',
  'a cost': 'UPDATE turns SET cost_pico_usd = 1 WHERE ordinal = 2',
  'a time': 'UPDATE turns SET started_at = started_at + 1 WHERE ordinal = 2',
  'a usage object': "UPDATE turns SET raw_usage = '{}' WHERE ordinal = 2",
  'a fingerprint': "UPDATE turns SET prefix_fingerprint = 'sha256:00' WHERE ordinal = 2",
  'a model': "UPDATE turns SET model = 'claude-haiku-5-5' WHERE ordinal = 2",
  'an answer': 'UPDATE turns SET entry = (SELECT entry FROM turns WHERE ordinal = 3) WHERE ordinal = 2',
};

describe('a row that was changed', () => {
  test.each(Object.entries(CHANGES))('%s: is named', async (_what, sql) => {
    const path = await agentStore(3);
    const [, row] = await rowsOf(path);
    tamper(path, sql);
    const { ok, findings } = await verified(path);
    expect(ok).toBe(false);
    expect(findings[0]).toMatchObject({ kind: 'damaged', sessionId: 'talk', turnId: row?.id });
  });

  test('and has got a new hash is found by the row after it', async () => {
    const path = await agentStore(3);
    const rows = await rowsOf(path);
    tamper(path, 'UPDATE turns SET fresh = fresh + 1 WHERE ordinal = 2');
    await rehash(path, rows.slice(0, 2));
    expect((await verified(path)).findings[0]).toMatchObject({ kind: 'damaged', turnId: rows[2]?.id });
  });
});

describe('where every hash that follows was made anew', () => {
  const forged = async (sql: string) => {
    const path = await agentStore(3);
    const rows = await rowsOf(path);
    tamper(path, sql);
    await rehash(path, rows);
    return told(await verified(path));
  };

  test('a count contradicts its vendor’s usage, its snapshot and its cost', async () => {
    expect(await forged('UPDATE turns SET fresh = fresh + 1 WHERE ordinal = 2')).toEqual([
      ['changed', 2],
      ['changed', 2],
      ['price-changed', 2],
    ]);
  });

  test('a usage object contradicts its counts', async () => {
    expect(
      await forged(`UPDATE turns SET raw_usage = '{"input_tokens":1,"output_tokens":1}' WHERE ordinal = 2`),
    ).toEqual([['changed', 2]]);
  });

  test('a fingerprint contradicts the hashes kept beside it, and its request is unproven', async () => {
    expect(await forged("UPDATE turns SET prefix_fingerprint = 'sha256:00' WHERE ordinal = 2")).toEqual([
      ['changed', 2],
      ['request-unproven', 2],
    ]);
  });

  test('a row of another response contradicts its answer', async () => {
    expect(await forged("UPDATE turns SET response_id = 'msg_other' WHERE ordinal = 2")).toEqual([['swapped', 2]]);
  });

  test('rows that changed places contradict their answers and the order of time (swap)', async () => {
    const columns = ['response_id', 'started_at', 'fresh', 'cache_read', 'output', 'raw_usage'].join(', ');
    const found = await forged(`
      CREATE TEMP TABLE kept AS SELECT * FROM turns;
      UPDATE turns SET started_at = started_at + 1000 WHERE ordinal = 3;
      UPDATE kept SET started_at = started_at + 1000 WHERE ordinal = 3;
      UPDATE turns SET (${columns}) = (SELECT ${columns} FROM kept WHERE kept.ordinal = 5 - turns.ordinal) WHERE ordinal > 1`);
    expect(found).toContainEqual(['swapped', 2]);
    expect(found).toContainEqual(['swapped', 3]);
    expect(found[0]?.[1]).toBe(2);
  });

  test('a recorded cost that is not today’s is told, and proves nothing', async () => {
    const path = await agentStore(2);
    const rows = await rowsOf(path);
    tamper(path, 'UPDATE turns SET cost_pico_usd = 1 WHERE ordinal = 2');
    const database = new DatabaseSync(path);
    const [first, second] = rows;
    if (!first || !second) throw new Error('two rows were written');
    const hash = hashTurn({ ...second, costPicoUsd: 1n }, first.hash);
    database.prepare('UPDATE turns SET hash = ? WHERE ordinal = 2').run(hash);
    database.close();
    const verification = await verified(path);
    expect(told(verification)).toEqual([['price-changed', 2]]);
    expect(verification.ok).toBe(true);
  });

  test('turns cut off at the end with all that names them are seen by a head that was kept elsewhere alone', async () => {
    const path = await agentStore(2);
    const { heads } = await verified(path);
    cutOffLastTurn(path);
    expect(await verified(path)).toMatchObject({ ok: true, rows: 1, findings: [] });
    expect(await verified(path, { heads })).toMatchObject({
      ok: false,
      findings: [{ kind: 'missing', sessionId: 'talk' }],
    });
  });

  test('a session that was verified before and is gone is missing', async () => {
    const path = await agentStore(1);
    expect(await verified(path, { heads: new Map([['other', 'aa']]) })).toMatchObject({
      ok: false,
      findings: [{ kind: 'missing', sessionId: 'other' }],
    });
  });
});

/** The session as it was before its last question, every hash made to match. */
function cutOffLastTurn(path: string): void {
  tamper(
    path,
    `DELETE FROM snapshots WHERE turn = (SELECT max(seq) FROM turns);
     DELETE FROM entries WHERE seq > (SELECT min(entry) FROM turns);
     UPDATE sessions SET tip = (SELECT min(entry) FROM turns), tip_turn = (SELECT min(seq) FROM turns), turns_committed = 1, snapshots_kept = 1;
     DELETE FROM turns WHERE ordinal = 2`,
  );
  const database = new DatabaseSync(path);
  const row = database
    .prepare(
      'SELECT s.*, e.id AS tip_id, t.id AS turn_id FROM sessions s JOIN entries e ON e.seq = s.tip JOIN turns t ON t.seq = s.tip_turn',
    )
    .get();
  const { id, tip_id, turn_id, created_at, updated_at, metadata } = row ?? {};
  const hash = hashFields([id, tip_id, turn_id, null, null, created_at, updated_at, metadata, 1]);
  database.prepare('UPDATE sessions SET hash = ?').run(hash);
  database.close();
}

describe('a row that was dropped', () => {
  test.each([1, 2, 3])('the %ith of three: is missed', async (ordinal) => {
    const path = await agentStore(3);
    tamper(path, `DELETE FROM turns WHERE ordinal = ${ordinal}`);
    const { ok, findings } = await verified(path);
    expect(ok).toBe(false);
    expect(findings[0]?.kind).toBe('damaged');
  });

  test('whose number and hashes were made good leaves an answer without a row', async () => {
    const path = await agentStore(3);
    const rows = await rowsOf(path);
    tamper(
      path,
      `DELETE FROM snapshots WHERE turn = (SELECT seq FROM turns WHERE ordinal = 2);
       UPDATE turns SET parent = (SELECT seq FROM turns WHERE ordinal = 1) WHERE ordinal = 3;
       DELETE FROM turns WHERE ordinal = 2;
       UPDATE turns SET ordinal = 2 WHERE ordinal = 3;
       UPDATE sessions SET turns_committed = 2, snapshots_kept = 2`,
    );
    const database = new DatabaseSync(path);
    const row =
      database.prepare('SELECT s.*, e.id AS tip_id FROM sessions s JOIN entries e ON e.seq = s.tip').get() ?? {};
    const fields = [
      row['id'],
      row['tip_id'],
      rows[2]?.id,
      null,
      null,
      row['created_at'],
      row['updated_at'],
      row['metadata'],
      2,
    ];
    database.prepare('UPDATE sessions SET hash = ?').run(hashFields(fields));
    database.close();
    await rehash(
      path,
      rows.filter((_, index) => index !== 1),
    );
    const { ok, findings } = await verified(path);
    expect(ok).toBe(false);
    expect(findings.map(({ kind }) => kind)).toContain('missing');
    expect(findings.find(({ kind }) => kind === 'missing')?.message).toContain(rows[1]?.responseId ?? '?');
  });
});

test('an unknown session is refused, and reading has changed nothing', async () => {
  const path = await agentStore(1);
  const store = openStore(path);
  await expect(verifyLedger(store, 'nowhere')).rejects.toMatchObject({ code: 'audit/session-missing' });
  const before = await store.dumpSession('talk');
  await verifyLedger(store, 'talk');
  expect(await store.dumpSession('talk')).toEqual(before);
});
