import { z } from '@hono/zod-openapi';
import type { WarmUntil } from '@reprise/agent';
import type { Plain } from '../plain.ts';
import { count, describing, picoUsd, time } from './fields.ts';

/** Until when the vendor's cache holds what was sent, and what the next message costs before and after. */
export type WarmUntilBody = Plain<WarmUntil>;

const forecast = z
  .object({ fresh: count, cacheRead: count, cacheWrite: count, picoUsd: picoUsd.nullable() })
  .openapi('RequestForecast');

export const warmUntilSchema: z.ZodType<WarmUntilBody> = describing<WarmUntilBody>(
  z
    .object({
      at: time,
      breakpoints: z.array(
        z.object({
          place: z.string(),
          tokens: z.number(),
          lifetime: z.string(),
          expiresAt: z.union([time, z.enum(['not-kept', 'not-told'])]),
          assumedUntil: time.nullable(),
        }),
      ),
      nextMessage: z.object({ addedTokens: count, now: forecast, warm: forecast, cold: forecast }),
      keepAlive: z.object({
        pays: z.boolean(),
        firstAt: time.nullable(),
        everyMs: count,
        refreshes: count,
        costPerRefreshPicoUsd: picoUsd.nullable(),
        boundPicoUsd: picoUsd,
      }),
    })
    .openapi('WarmUntil'),
);
