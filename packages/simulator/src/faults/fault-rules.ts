import { z } from 'zod';
import { checkRules, parseRules } from '../json-rules.ts';
import type { FaultRule } from './faults.ts';

const STATUSES = [400, 401, 402, 403, 404, 408, 409, 413, 429, 500, 502, 503, 504, 529] as const;

const count = z.int().min(0);

const FAULTS = [
  z.strictObject({
    type: z.literal('status'),
    status: z.literal(STATUSES),
    retryAfterMs: count.optional(),
    message: z.string().optional(),
  }),
  z
    .strictObject({ type: z.literal('cut'), afterEvents: count.optional(), afterBytes: count.optional() })
    .refine(
      ({ afterEvents, afterBytes }) => (afterEvents === undefined) !== (afterBytes === undefined),
      'A cut has one of afterEvents or afterBytes',
    ),
  z.strictObject({ type: z.literal('early-end'), afterEvents: count }),
  z.strictObject({ type: z.literal('stall'), afterEvents: count }),
  z.strictObject({ type: z.literal('slow-start'), delayMs: count }),
  z.strictObject({ type: z.literal('malformed-event'), atEvent: count }),
  z.strictObject({ type: z.literal('usage'), usage: z.enum(['missing', 'repeated']) }),
  z.strictObject({ type: z.literal('replica-miss') }),
  z.strictObject({ type: z.literal('clock-skew'), ms: z.int() }),
] as const;

const faultSchema = z.discriminatedUnion('type', FAULTS, {
  error: `A fault is one of ${FAULTS.map(({ shape }) => shape.type.value).join(', ')}`,
});

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

/** The same of rules that are a value already. */
export function checkFaultRules(rules: unknown): readonly FaultRule[] {
  return checkRules(rules, rulesSchema, 'fault rules') as readonly FaultRule[];
}
