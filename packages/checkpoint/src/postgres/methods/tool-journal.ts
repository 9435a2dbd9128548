import { isText } from '../../checks.ts';
import { checkToolCall } from '../../prepare-rows.ts';
import { turnMissing } from '../../refusals.ts';
import { hashToolCall } from '../../row-hash.ts';
import type { SessionId, TurnId } from '../../session.ts';
import { toolCallFromRow } from '../../sql/rows.ts';
import type { CheckpointStore } from '../../store.ts';
import {
  finishedToolCall,
  type RanToolCall,
  ranToolCall,
  startedToolCall,
  type ToolCallRecord,
} from '../../tool-call.ts';
import type { Connection, Database } from '../database.ts';
import { lockSession } from '../rows/sessions.ts';
import { excluded, filling, prepared, type StatementSource, valuesOf } from '../statements.ts';

export function createToolJournal(
  database: Database,
): Pick<CheckpointStore, 'startToolCall' | 'finishToolCall' | 'readToolCalls'> {
  return {
    startToolCall: (start) =>
      database.write(async (connection) => {
        const { fence, again = false, ...intent } = start;
        await lockSession(connection, start);
        const { turn, call } = await lockCall(connection, start);
        return keepCall(connection, startedToolCall(call, { intent, again }), turn);
      }),
    finishToolCall: (finish) =>
      database.write(async (connection) => {
        await lockSession(connection, finish);
        const { turn, call } = await lockCall(connection, finish);
        return keepCall(connection, finishedToolCall(call, finish), turn);
      }),
    readToolCalls: (turnId) => database.ask((connection) => readToolCalls(connection, turnId)),
  };
}

/** Keeps calls that ran without an intent; of one that has its outcome, that one stays. In a session that is locked. */
export async function keepRanCalls(
  connection: Connection,
  ranCalls: readonly RanToolCall[],
  sessionId: SessionId,
): Promise<void> {
  for (const ran of ranCalls) {
    const { turn, call } = await lockCall(connection, ran);
    const kept = ranToolCall(call, ran, sessionId);
    if (kept !== call) await keepCall(connection, kept, turn);
  }
}

async function readToolCalls(connection: Connection, turnId: TurnId): Promise<readonly ToolCallRecord[]> {
  if (!isText(turnId)) return [];
  const rows = await connection.use(prepareToolJournal).ofTurn.execute({ turnId });
  return rows.map((row) => toolCallFromRow({ ...row, turnId }));
}

/** The call as the journal has it, with its turn locked: a fork of the session has the same turn, and may start the same call. */
async function lockCall(
  connection: Connection,
  { turnId, position }: Pick<ToolCallRecord, 'turnId' | 'position'>,
): Promise<{ readonly turn: number; readonly call: ToolCallRecord | undefined }> {
  const [turn] = isText(turnId) ? await connection.use(prepareToolJournal).lockTurn.execute({ turnId }) : [];
  if (turn === undefined) throw turnMissing(turnId);
  const calls = await readToolCalls(connection, turnId);
  return { turn: turn.seq, call: calls.find((call) => call.position === position) };
}

async function keepCall(connection: Connection, call: ToolCallRecord, turn: number): Promise<ToolCallRecord> {
  checkToolCall(call);
  const columns = { ...call, turn, hash: hashToolCall(call) };
  await connection.use(prepareToolJournal).keep.execute(filling('call', columns));
  return call;
}

function prepareToolJournal(source: StatementSource) {
  const { db, tables, orm } = source;
  const { toolCalls, turns } = tables;
  const { asc, eq, getTableColumns, sql } = orm;
  const isAsked = eq(turns.id, sql.placeholder('turnId'));
  return {
    lockTurn: prepared(db.select({ seq: turns.seq }).from(turns).where(isAsked).for('no key update')),
    ofTurn: prepared(
      db
        .select(getTableColumns(toolCalls))
        .from(toolCalls)
        .innerJoin(turns, eq(turns.seq, toolCalls.turn))
        .where(isAsked)
        .orderBy(asc(toolCalls.position)),
    ),
    keep: prepared(
      db
        .insert(toolCalls)
        .values(valuesOf(source, toolCalls, { row: 'call' }))
        .onConflictDoUpdate({ target: [toolCalls.turn, toolCalls.position], set: excluded(source, toolCalls) }),
    ),
  };
}
