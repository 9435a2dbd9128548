import { z } from '@hono/zod-openapi';
import type { TokenColumns } from '@reprise/checkpoint';
import type { JsonValue } from '@reprise/providers';
import { count, describing, json, picoUsd, time } from './fields.ts';

/** A row of the ledger: one model response. */
export interface TurnBody {
  readonly id: string;
  /** The turn before it on its branch; `null` for the first. */
  readonly parentId: string | null;
  /** The session that committed it, and so spent its cost. */
  readonly session: string;
  /** Its place among the turns that session committed, from 1. */
  readonly ordinal: number;
  readonly responseId: string | null;
  readonly family: string;
  readonly model: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
  readonly stopReason: string;
  /** How much of the vendor's usage report arrived. */
  readonly usageState: 'final' | 'none' | 'partial';
  /** `null` where the vendor reported nothing, which is not 0. */
  readonly tokens: TokenColumns;
  /** Requests to the vendor's own tools, by tool. */
  readonly serverTools: JsonValue;
  readonly serviceTier: string | null;
  /** The cost at the price of its time; `null` where that is unknown. */
  readonly costPicoUsd: string | null;
  /** The vendor's usage object, untouched. */
  readonly rawUsage: JsonValue;
  /** The cache marks that were placed, and why. */
  readonly marks: JsonValue;
  /** A hash of the request's tools, system prompt and messages, without cache marks. */
  readonly prefixFingerprint: string;
}

/** A part of a session's ledger, oldest first. */
export interface TurnPageBody {
  readonly items: readonly TurnBody[];
  /** How many turns there are. */
  readonly total: number;
  /** What to give as `after` for those that follow; `null` after the last. */
  readonly next: string | null;
  /** What to give as `before` for those that go before; `null` before the first. */
  readonly previous: string | null;
}

const column = count.nullable();

const turn: z.ZodType<TurnBody> = describing<TurnBody>(
  z
    .object({
      id: z.string(),
      parentId: z.string().nullable(),
      session: z.string(),
      ordinal: count,
      responseId: z.string().nullable(),
      family: z.string(),
      model: z.string(),
      startedAt: time,
      firstTokenMs: z.number().nullable(),
      durationMs: z.number(),
      stopReason: z.string(),
      usageState: z.enum(['final', 'none', 'partial']),
      tokens: z.object({
        fresh: column,
        cacheRead: column,
        cacheWrite5m: column,
        cacheWrite1h: column,
        cacheWrite30m: column,
        cacheWrite12h: column,
        cacheWriteUnknown: column,
        output: column,
        reasoning: column,
      }),
      serverTools: json,
      serviceTier: z.string().nullable(),
      costPicoUsd: picoUsd.nullable(),
      rawUsage: json,
      marks: json,
      prefixFingerprint: z.string(),
    })
    .openapi('Turn'),
);

export const turnPageSchema: z.ZodType<TurnPageBody> = z
  .object({ items: z.array(turn), total: count, next: z.string().nullable(), previous: z.string().nullable() })
  .openapi('TurnPage');
