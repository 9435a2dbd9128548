import { turnMissing } from '../../refusals.ts';
import type { TurnId } from '../../session.ts';
import type { CheckpointStore } from '../../store.ts';
import { finishedToolCall, startedToolCall, type ToolCallRecord } from '../../tool-call.ts';
import type { SqliteContext } from '../context.ts';
import type { Rows } from '../rows/rows.ts';

export function toolJournal(
  { read, write }: SqliteContext,
  { sessions, toolCalls, turns }: Rows,
): Pick<CheckpointStore, 'startToolCall' | 'finishToolCall' | 'readToolCalls'> {
  /** Changes the record of a call of the turn. */
  const change = (
    { turnId, position }: { readonly turnId: TurnId; readonly position: number },
    next: (current: ToolCallRecord | undefined) => ToolCallRecord,
  ): ToolCallRecord => {
    const turn = turns.find(turnId);
    if (turn === undefined) throw turnMissing(turnId);
    const current = toolCalls.ofTurn(turn.seq, turnId).find((call) => call.position === position);
    const call = next(current);
    if (call !== current) toolCalls.write(call, turn.seq);
    return call;
  };

  return {
    startToolCall: (start) =>
      write(() => {
        const { fence, again = false, ...intent } = start;
        sessions.requireWritable(start);
        return change(start, (current) => startedToolCall(current, { intent, again }));
      }),

    finishToolCall: (finish) =>
      write(() => {
        sessions.requireWritable(finish);
        return change(finish, (current) => finishedToolCall(current, finish));
      }),

    readToolCalls: (turnId) =>
      read(() => {
        const turn = turns.find(turnId);
        return turn === undefined ? [] : toolCalls.ofTurn(turn.seq, turnId);
      }),
  };
}
