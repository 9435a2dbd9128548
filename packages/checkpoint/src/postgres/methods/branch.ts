import type { TurnRow } from '../../ledger.ts';
import { snapshotMissing } from '../../refusals.ts';
import type { Entry, SessionId } from '../../session.ts';
import { corrupt } from '../../sql/rows.ts';
import type { CheckpointStore } from '../../store.ts';
import { chainOf, isWholeChain } from '../chain.ts';
import type { Connection, Database } from '../database.ts';
import { entryFromRow, selectEntries } from '../rows/entries.ts';
import { findPendingTurn } from '../rows/pending-turns.ts';
import { requireSession, type StoredSession } from '../rows/sessions.ts';
import { findSnapshot } from '../rows/snapshots.ts';
import { type StoredTurn, selectTurns, storedTurn } from '../rows/turns.ts';
import { prepared, type StatementSource } from '../statements.ts';

/** What a branch holds, and what a session has spent. */
export function createBranchReads(
  database: Database,
): Pick<
  CheckpointStore,
  'readEntries' | 'readEntriesTo' | 'readTurns' | 'readLastTurn' | 'readLedger' | 'readPendingTurn'
> {
  const ofSession = <T>(read: (connection: Connection, session: StoredSession) => Promise<T>) => {
    return (sessionId: SessionId) =>
      database.read(async (connection) => read(connection, await requireSession(connection, sessionId)));
  };
  return {
    readEntries: ofSession((connection, { tip, record }) => readEntries(connection, tip, `session '${record.id}'`)),
    readEntriesTo: (snapshotId) =>
      database.read(async (connection) => {
        const stored = await findSnapshot(connection, snapshotId);
        if (stored === undefined) throw snapshotMissing(snapshotId);
        return readEntries(connection, stored.entry, `snapshot '${snapshotId}'`);
      }),
    readTurns: ofSession(async (connection, session) => {
      const turns = await branchTurns(connection, session);
      return turns.map(({ row }) => row);
    }),
    readLastTurn: ofSession(readLastTurn),
    readLedger: ofSession(readLedger),
    readPendingTurn: ofSession(findPendingTurn),
  };
}

/** The turns of the session's branch, checked to be complete. */
export async function branchTurns(
  connection: Connection,
  { tipTurn, record }: StoredSession,
): Promise<readonly StoredTurn[]> {
  if (tipTurn === null) return [];
  const turns = (await connection.use(prepareBranchReads).turns.execute({ tip: tipTurn })).map(storedTurn);
  if (!isWholeChain(turns, tipTurn)) throw corrupt(`a turn on the branch of session '${record.id}' is missing`);
  return turns;
}

async function readEntries(connection: Connection, tip: number, owner: string): Promise<readonly Entry[]> {
  const rows = await connection.use(prepareBranchReads).entries.execute({ tip });
  const entries = rows.map(entryFromRow);
  if (!isWholeChain(rows, tip)) throw corrupt(`an entry on the branch of ${owner} is missing`);
  return entries.slice(1);
}

async function readLastTurn(connection: Connection, { tipTurn, record }: StoredSession): Promise<TurnRow | undefined> {
  if (tipTurn === null) return undefined;
  const [row] = await connection.use(prepareBranchReads).turn.execute({ seq: tipTurn });
  if (row === undefined) throw corrupt(`the last turn of session '${record.id}' is missing`);
  return storedTurn(row).row;
}

async function readLedger(
  connection: Connection,
  { record, turnsCommitted }: StoredSession,
): Promise<readonly TurnRow[]> {
  const rows = await connection.use(prepareBranchReads).ledger.execute({ sessionId: record.id });
  const turns = rows.map((row) => storedTurn(row).row);
  const gap = turns.findIndex(({ ordinal }, index) => ordinal !== index + 1);
  if (gap < 0 && turns.length === turnsCommitted) return turns;
  throw corrupt(`turn ${(gap < 0 ? turns.length : gap) + 1} of the ledger of session '${record.id}' is missing`);
}

function prepareBranchReads(source: StatementSource) {
  const { tables, orm } = source;
  const { entries, turns } = tables;
  const { asc, eq, sql } = orm;
  return {
    entries: prepared(
      selectEntries(source)
        .where(sql`${entries.seq} IN ${chainOf(source, 'entries')}`)
        .orderBy(asc(entries.seq)),
    ),
    turns: prepared(
      selectTurns(source)
        .where(sql`${turns.seq} IN ${chainOf(source, 'turns')}`)
        .orderBy(asc(turns.seq)),
    ),
    turn: prepared(selectTurns(source).where(eq(turns.seq, sql.placeholder('seq')))),
    ledger: prepared(
      selectTurns(source)
        .where(eq(turns.sessionId, sql.placeholder('sessionId')))
        .orderBy(asc(turns.ordinal)),
    ),
  };
}
