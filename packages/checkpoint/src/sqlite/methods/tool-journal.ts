import type { TurnId } from '../../session.ts';
import type { CheckpointStore } from '../../store.ts';
import { finishedToolCall, startedToolCall, type ToolCallRecord } from '../../tool-call.ts';
import type { SqliteContext } from '../context.ts';
import type { Rows } from '../rows/rows.ts';
import type { StoredSession } from '../rows/stored-session.ts';

export function toolJournal(
  { read, write }: SqliteContext,
  { sessions, toolCalls, turns }: Rows,
): Pick<CheckpointStore, 'startToolCall' | 'finishToolCall' | 'readToolCalls'> {
  /** Changes the record of a call of the turn. */
  const change = (
    session: StoredSession,
    { turnId, position }: { readonly turnId: TurnId; readonly position: number },
    next: (current: ToolCallRecord | undefined) => ToolCallRecord,
  ): ToolCallRecord => {
    const turn = turns.requireSeq(turnId, session);
    const current = toolCalls.ofTurn(turn, turnId).find((call) => call.position === position);
    const call = next(current);
    if (call !== current) toolCalls.write(call, turn);
    return call;
  };

  return {
    startToolCall: (start) =>
      write(() => {
        const { fence, again = false, ...intent } = start;
        return change(sessions.requireWritable(start), start, (current) => startedToolCall(current, { intent, again }));
      }),

    finishToolCall: (finish) =>
      write(() => {
        return change(sessions.requireWritable(finish), finish, (current) => finishedToolCall(current, finish));
      }),

    readToolCalls: (turnId) =>
      read(() => {
        const turn = turns.find(turnId);
        return turn === undefined ? [] : toolCalls.ofTurn(turn.seq, turnId);
      }),
  };
}
