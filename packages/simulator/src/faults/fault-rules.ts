import { z } from 'zod';
import { parseRules } from '../json-rules.ts';
import type { FaultRule } from './faults.ts';

const STATUSES = [400, 401, 402, 403, 404, 408, 409, 413, 429, 500, 502, 503, 504, 529] as const;

const count = z.int().min(0);

const faultSchema = z.union([
  z.strictObject({
    type: z.literal('status'),
    status: z.literal(STATUSES),
    retryAfterMs: count.optional(),
    message: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('cut'), afterEvents: count }),
  z.strictObject({ type: z.literal('cut'), afterBytes: count }),
  z.strictObject({ type: z.enum(['early-end', 'stall']), afterEvents: count }),
  z.strictObject({ type: z.literal('slow-start'), delayMs: count }),
  z.strictObject({ type: z.literal('malformed-event'), atEvent: count }),
  z.strictObject({ type: z.literal('usage'), usage: z.enum(['missing', 'repeated']) }),
  z.strictObject({ type: z.literal('replica-miss') }),
  z.strictObject({ type: z.literal('clock-skew'), ms: z.int() }),
]);

const rulesSchema = z.array(
  z.strictObject({
    fault: faultSchema,
    when: z
      .strictObject({
        requestIndexes: z.array(count).optional(),
        family: z.string().optional(),
        model: z.string().optional(),
      })
      .optional(),
    probability: z.number().min(0).max(1).optional(),
    times: z.int().min(1).optional(),
  }),
);

/** Fault rules of a JSON text. Throws a `TypeError` that names the first field that is not as it should be. */
export function parseFaultRules(json: string): readonly FaultRule[] {
  return parseRules(json, rulesSchema, 'fault rules') as readonly FaultRule[];
}
