import { CheckpointError } from './errors.ts';
import { invalidWrite, timeText } from './refusals.ts';
import type { SessionId, TurnId } from './session.ts';

/** What running a tool twice would do: nothing, the same again, or harm. */
export type ToolEffect = 'pure' | 'idempotent' | 'effect';

/**
 * One tool call in the journal: written before the tool runs, completed after.
 *
 * It belongs to the turn that asked for it, so a fork or a rewind to that turn finds what the tool has done already.
 */
export interface ToolCallRecord {
  readonly turnId: TurnId;
  /** Its place among the calls of the turn, from 0. */
  readonly position: number;
  /** The session that ran it. */
  readonly sessionId: SessionId;
  /** The model's id for it. */
  readonly toolCallId: string;
  readonly toolName: string;
  readonly effect: ToolEffect;
  /** The same for every execution of this call. */
  readonly idempotencyKey: string;
  /** How many times it was started. */
  readonly attempts: number;
  /** Epoch milliseconds of the last start. */
  readonly startedAt: number;
  /** JSON text of what came of it; `null` while nobody knows. */
  readonly outcome: string | null;
  readonly finishedAt: number | null;
}

/** What is written before a tool runs. */
export type ToolCallIntent = Omit<ToolCallRecord, 'attempts' | 'outcome' | 'finishedAt'>;

/** The record of a call that is started, for the first time or again. Throws `checkpoint/tool-call-started` where it must not be. */
export function startedToolCall(
  current: ToolCallRecord | undefined,
  { intent, again }: { readonly intent: ToolCallIntent; readonly again: boolean },
): ToolCallRecord {
  if (current === undefined) return { ...intent, attempts: 1, outcome: null, finishedAt: null };
  const mustNotRepeat = current.effect === 'effect' && !again;
  if (current.outcome !== null || mustNotRepeat) throw toolCallStarted(current);
  return { ...current, sessionId: intent.sessionId, attempts: current.attempts + 1, startedAt: intent.startedAt };
}

/** The record of a call that came to an outcome; the first one stays. Throws `checkpoint/invalid-write` for one that was not started. */
export function finishedToolCall(
  current: ToolCallRecord | undefined,
  finish: { readonly turnId: TurnId; readonly position: number; readonly outcome: string; readonly at: number },
): ToolCallRecord {
  if (current === undefined) {
    throw invalidWrite(`Tool call ${finish.position} of turn '${finish.turnId}' was not started and has an outcome`);
  }
  return current.outcome === null ? { ...current, outcome: finish.outcome, finishedAt: finish.at } : current;
}

function toolCallStarted({ turnId, position, toolName, outcome, startedAt }: ToolCallRecord): CheckpointError {
  const state = outcome === null ? 'nobody knows what came of it' : 'it has its outcome';
  return new CheckpointError(
    'checkpoint/tool-call-started',
    `Tool call ${position} of turn '${turnId}', of tool '${toolName}', was started at ${timeText(startedAt)}, and ${state}. Nothing was written.`,
  );
}
