import { z } from '@hono/zod-openapi';
import type { RunOutcome } from '../../wire/run-event.ts';
import { count, describing, orNull, type PageBody, pageOf, time } from './fields.ts';
import { type InputBody, inputSchema } from './message.ts';

/** A run as clients see it. */
export interface RunBody {
  readonly id: string;
  readonly session: string;
  /** `waiting` in line, `going`, or `ended`. */
  readonly state: 'waiting' | 'going' | 'ended';
  /** How often it was taken up: more than once when a worker died or handed it over. */
  readonly attempt: number;
  readonly stopRequested: boolean;
  /** The number of its last event so far. */
  readonly lastEvent: number;
  /** Epoch milliseconds, as all times. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** How it ended; `null` before. */
  readonly outcome: RunOutcome | null;
}

/** What to do while another run has the session; see `OnBusy` of the agent. */
export type BusyChoice = 'interrupt' | 'queue' | 'reject' | 'steer';

/** What a run is asked for with. */
export interface NewRunBody {
  /** Absent: go on from where the conversation stopped. */
  readonly input?: InputBody | undefined;
  /** Default `queue`. */
  readonly onBusy?: BusyChoice | undefined;
}

const totals = z.object({
  turnCount: count,
  totalInputTokens: count,
  totalOutputTokens: count,
  totalReasoningTokens: count,
  totalCacheReadTokens: count,
  totalCacheWriteTokens: count,
  silentTurnCount: count,
});

const outcome: z.ZodType<RunOutcome> = describing<RunOutcome>(
  z
    .object({
      reason: z.string().openapi({ description: 'Such as `end-turn`, `approval-needed`, `aborted` or `error`.' }),
      text: z.string().openapi({ description: 'The text of the last turn.' }),
      totals,
      error: z.object({ code: z.string(), message: z.string() }).optional(),
    })
    .openapi('RunOutcome'),
);

export const runSchema: z.ZodType<RunBody> = z
  .object({
    id: z.string(),
    session: z.string(),
    state: z.enum(['waiting', 'going', 'ended']),
    attempt: count,
    stopRequested: z.boolean(),
    lastEvent: count,
    createdAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    outcome: orNull(outcome),
  })
  .openapi('Run');

export const runPageSchema: z.ZodType<PageBody<RunBody>> = pageOf(runSchema).openapi('RunPage');

export const newRunSchema: z.ZodType<NewRunBody> = z
  .strictObject({
    input: inputSchema.optional(),
    onBusy: z.enum(['interrupt', 'queue', 'reject', 'steer']).optional(),
  })
  .openapi('NewRun');
