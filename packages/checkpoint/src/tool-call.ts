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
  /** How many times it was started; without those of which no intent was written, since the tool may run again, and no outcome followed. */
  readonly attempts: number;
  /** Epoch milliseconds of the last start. */
  readonly startedAt: number;
  /** JSON text of what came of it; `null` while nobody knows. */
  readonly outcome: string | null;
  readonly finishedAt: number | null;
}

/** What is written before a tool runs. */
export type ToolCallIntent = Omit<ToolCallRecord, 'attempts' | 'outcome' | 'finishedAt'>;

/** A call that ran without an intent, which only one may that is free to run again: what a crash has lost of it is made anew. */
export interface RanToolCall extends Omit<ToolCallIntent, 'sessionId'> {
  readonly effect: Exclude<ToolEffect, 'effect'>;
  /** JSON text. */
  readonly outcome: string;
  readonly finishedAt: number;
}

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

/**
 * The record of a call that ran without an intent: started and finished at once. The first outcome stays. Throws `checkpoint/invalid-write`
 * for one that must not run twice, and `checkpoint/tool-call-started` where it is one that was started.
 */
export function ranToolCall(
  current: ToolCallRecord | undefined,
  { outcome, finishedAt, ...start }: RanToolCall,
  sessionId: SessionId,
): ToolCallRecord {
  const intent: ToolCallIntent = { ...start, sessionId };
  if (intent.effect === 'effect') {
    throw invalidWrite(
      `Tool call ${start.position} of turn '${start.turnId}' must not run twice, and has run without an intent`,
    );
  }
  if (current !== undefined && current.outcome !== null) return current;
  return { ...startedToolCall(current, { intent, again: false }), outcome, finishedAt };
}

function toolCallStarted({ turnId, position, toolName, outcome, startedAt }: ToolCallRecord): CheckpointError {
  const state = outcome === null ? 'nobody knows what came of it' : 'it has its outcome';
  return new CheckpointError(
    'checkpoint/tool-call-started',
    `Tool call ${position} of turn '${turnId}', of tool '${toolName}', was started at ${timeText(startedAt)}, and ${state}. Nothing was written.`,
  );
}
