import { checkToolCall } from '../../prepare-rows.ts';
import { hashToolCall } from '../../row-hash.ts';
import type { SessionId, TurnId } from '../../session.ts';
import { corrupt, toolCallFromRow } from '../../sql/rows.ts';
import { type RanToolCall, ranToolCall, type ToolCallRecord } from '../../tool-call.ts';
import { lazily, prepareInsert, type SqliteContext } from '../context.ts';

export function toolCallRows(context: SqliteContext) {
  const { connection, tables } = context;
  const upsert = lazily(() => prepareInsert<ReturnType<typeof toColumns>>(context, tables.toolCalls, UPDATE));
  const insertNew = lazily(() =>
    prepareInsert<ReturnType<typeof toColumns>>(context, tables.toolCalls, 'ON CONFLICT (turn, position) DO NOTHING'),
  );
  const select = lazily(() => prepareSelect(context));
  const count = lazily(() => connection.prepare<[number], number>(COUNT_AGAIN).pluck());

  /** The journal of the turn's calls, in their order, checked to be complete. */
  const ofTurn = (turn: number, turnId: TurnId): readonly ToolCallRecord[] => {
    const rows = select().all({ turn });
    if (rows.length !== count().get(turn)) throw corrupt(`a tool call of turn '${turnId}' is missing`);
    return rows.map((row) => toolCallFromRow({ ...row, turnId }));
  };

  return {
    ofTurn,

    /** Writes the call, in the place of what it was before. */
    write(call: ToolCallRecord, turn: number): void {
      checkToolCall(call);
      upsert().run(toColumns(call, turn));
    },

    /** Writes a call that ran without an intent, unless it has its outcome. */
    writeRan(ran: RanToolCall, turn: number, sessionId: SessionId): void {
      const first = ranToolCall(undefined, ran, sessionId);
      checkToolCall(first);
      if (insertNew().run(toColumns(first, turn)).changes > 0) return;
      const current = ofTurn(turn, ran.turnId).find(({ position }) => position === ran.position);
      const call = ranToolCall(current, ran, sessionId);
      if (call !== current) upsert().run(toColumns(call, turn));
    },
  };
}

const UPDATE = `
  ON CONFLICT (turn, position) DO UPDATE SET session_id = @sessionId, attempts = @attempts, started_at = @startedAt,
    outcome = @outcome, finished_at = @finishedAt, hash = @hash`;

const COUNT_AGAIN = 'SELECT count(*) FROM tool_calls INDEXED BY tool_calls_again WHERE turn = ?';

function toColumns(call: ToolCallRecord, turn: number) {
  const { turnId, ...columns } = call;
  return { ...columns, turn, hash: hashToolCall(call) };
}

function prepareSelect({ db, drizzle, tables }: SqliteContext) {
  const { asc, eq, sql } = drizzle;
  const { toolCalls } = tables;
  return db
    .select()
    .from(toolCalls)
    .where(eq(toolCalls.turn, sql.placeholder('turn')))
    .orderBy(asc(toolCalls.position))
    .prepare();
}
