import { z } from '@hono/zod-openapi';
import type { Advice, WhatIf } from '@reprise/audit';
import { type Plain, plain } from '../plain.ts';
import { count, describing, json, picoUsd } from './fields.ts';

/** What turns would have cost under other plans, and which plan to use. */
export interface WhatIfBody extends Plain<WhatIf> {
  /** How many sessions were replayed, of how many that have turns in the selection: those that were last used first. */
  readonly sessions: { readonly replayed: number; readonly selected: number };
  readonly advice: AdviceBody;
}

/** The plan to use. What it takes for granted stands in `assumptions` of what it is an advice on. */
export interface AdviceBody
  extends Plain<Pick<Advice, 'marginPicoUsd' | 'residualPicoUsd' | 'savesPicoUsd' | 'verdict'>> {
  /** The name of the cheapest plan, the one in use among them; `null` where nothing can be compared. */
  readonly best: string | null;
  /** The name of the cheapest plan but one that costs something else than the best. */
  readonly runnerUp: string | null;
}

/** One plan's sums over all turns. */
export type WhatIfRowBody = WhatIfBody['recorded'];

export function adviceBody(
  { table, verdict, best, runnerUp, savesPicoUsd, marginPicoUsd, residualPicoUsd, assumptions }: Advice,
  sessions: WhatIfBody['sessions'],
): WhatIfBody {
  return {
    ...plain({ ...table, assumptions }),
    sessions,
    advice: {
      ...plain({ verdict, savesPicoUsd, marginPicoUsd, residualPicoUsd }),
      best: best?.name ?? null,
      runnerUp: runnerUp?.name ?? null,
    },
  };
}

const promptTokens = z.object({ fresh: z.int(), cacheRead: z.int(), cacheWrite: z.int() });

const row = z
  .object({
    name: z.string(),
    scenario: z.record(z.string(), json),
    tokens: z.object({ fresh: z.number(), cacheRead: z.number(), cacheWrite: z.number() }),
    paidPicoUsd: picoUsd.nullable(),
    unpricedTurns: count,
    differencePicoUsd: picoUsd.nullable(),
    refreshes: z.object({ count, picoUsd }),
    unaffectedTurns: count,
    breakEvenTurn: count.nullable(),
    isEstimated: z.boolean(),
  })
  .openapi('Plan', { description: 'What a plan would have cost; the difference is to the replay of the plan in use.' });

const residual = z.object({
  checkedTurns: count,
  uncheckedTurns: count,
  tokens: promptTokens,
  picoUsd: z.object({ fresh: picoUsd, cacheRead: picoUsd, cacheWrite: picoUsd }),
  absolute: z.object({ tokens: z.number(), picoUsd }),
  turns: z.array(z.object({ number: count, id: z.string(), tokens: promptTokens, picoUsd })),
});

const advice = z
  .object({
    verdict: z.enum(['switch', 'stay', 'too-close', 'unknown']),
    best: z.string().nullable(),
    runnerUp: z.string().nullable(),
    savesPicoUsd: picoUsd,
    marginPicoUsd: picoUsd.nullable(),
    residualPicoUsd: picoUsd,
  })
  .openapi('Advice');

export const whatIfSchema: z.ZodType<WhatIfBody> = describing<WhatIfBody>(
  z
    .object({
      sessions: z.object({ replayed: count, selected: count }),
      turnCount: count,
      replayedTurns: count,
      reportedPicoUsd: picoUsd.nullable(),
      recorded: row,
      noCache: row,
      rows: z.array(row),
      residual,
      assumptions: z.array(z.string()),
      advice,
    })
    .openapi('WhatIf'),
);
