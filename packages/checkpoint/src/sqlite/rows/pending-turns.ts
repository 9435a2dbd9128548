import type { PendingTurn } from '../../ledger.ts';
import { checkPendingTurn } from '../../prepare-rows.ts';
import { hashPendingTurn } from '../../row-hash.ts';
import { loadSqliteCore } from '../../sql/load-drizzle.ts';
import { corrupt, pendingTurnFromRow } from '../../sql/rows.ts';
import { boundTo, lazily, prepareInsert, type SqliteContext } from '../context.ts';
import { type BlobSeqs, seqOf } from './blobs.ts';
import type { StoredSession } from './stored-session.ts';

export function pendingTurnRows(context: SqliteContext) {
  const { connection, tables } = context;
  const insert = lazily(() => prepareInsert<ReturnType<typeof toColumns>>(context, tables.pendingTurns));
  const remove = lazily(() => connection.prepare<[number], Named>(REMOVE));
  const find = lazily(() => prepareFind(context));
  const isWhole = lazily(() => connection.prepare<[], number>(IS_WHOLE).pluck());

  return {
    insert(turn: PendingTurn, session: StoredSession, seqs: BlobSeqs): void {
      checkPendingTurn(turn);
      insert().run(toColumns(turn, session, seqs));
    },

    /** Takes the note away, if there is one, and returns the blobs that it named. */
    remove({ seq }: StoredSession): readonly (number | null)[] {
      return remove()
        .all(seq)
        .flatMap(({ systemBlob, toolsBlob }) => [systemBlob, toolsBlob]);
    },

    find({ seq, record }: StoredSession): PendingTurn | undefined {
      const row = find().get({ session: seq });
      if (row === undefined) {
        if (isWhole().get() !== 1) throw corrupt('the table of pending turns and its index contradict each other');
        return undefined;
      }
      const turn = pendingTurnFromRow(row);
      if (hashPendingTurn(turn, record.id) !== row.hash) {
        throw corrupt(`the pending turn of session '${record.id}' is not what it was when it was written`);
      }
      return turn;
    },
  };
}

interface Named {
  readonly systemBlob: number | null;
  readonly toolsBlob: number | null;
}

const REMOVE = `
  DELETE FROM pending_turns WHERE session = ? RETURNING system_blob AS systemBlob, tools_blob AS toolsBlob`;

/** There are few pending turns at a time. A lost one is in the table or in its index, or one of them gives it to another session. */
const IS_WHOLE = `
  WITH
    told AS (SELECT session FROM pending_turns NOT INDEXED),
    found AS (SELECT session FROM pending_turns INDEXED BY pending_turns_of_session)
  SELECT (SELECT count(*) FROM told) = (SELECT count(*) FROM found)
    AND NOT EXISTS (SELECT * FROM told EXCEPT SELECT * FROM found)`;

function toColumns(turn: PendingTurn, { seq, record }: StoredSession, seqs: BlobSeqs) {
  const { systemHash, toolsHash, ...columns } = turn;
  const blobs = { systemBlob: seqOf(seqs, systemHash), toolsBlob: seqOf(seqs, toolsHash) };
  return { ...columns, ...blobs, session: seq, hash: hashPendingTurn(turn, record.id) };
}

function prepareFind(context: SqliteContext) {
  const { db, drizzle, tables } = context;
  const { eq, getTableColumns } = drizzle;
  const { alias } = loadSqliteCore();
  const { blobs, pendingTurns } = tables;
  const system = alias(blobs, 'system');
  const tools = alias(blobs, 'tools');
  return db
    .select({ ...getTableColumns(pendingTurns), systemHash: system.hash, toolsHash: tools.hash })
    .from(pendingTurns)
    .leftJoin(system, eq(system.seq, pendingTurns.systemBlob))
    .leftJoin(tools, eq(tools.seq, pendingTurns.toolsBlob))
    .where(eq(pendingTurns.session, boundTo(context, 'session')))
    .prepare();
}
