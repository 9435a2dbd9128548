import { z } from '@hono/zod-openapi';
import type { CacheStatement, SessionExplanation, StoreSums } from '@reprise/audit';
import type { Plain } from '../plain.ts';
import { count, describing, orNull, picoUsd, time, tokenCount } from './fields.ts';

/** What turns come to: money as text of picoUSD, what is not known as `null`. */
export type SumsBody = Plain<StoreSums>;

/** The statement of a session, with its turns. */
export interface SessionStatementBody extends Plain<CacheStatement> {
  /** The branch that ends at the session's tip, or all that the session committed. */
  readonly scope: 'branch' | 'lifetime';
}

const tokenSum = z.object({ tokens: count, missingTurns: count });
const buckets = z.object({
  fresh: tokenSum,
  cacheRead: tokenSum,
  cacheWrite: tokenSum,
  output: tokenSum,
  reasoning: tokenSum,
});
const money = z
  .object({
    paidPicoUsd: picoUsd,
    baselinePicoUsd: picoUsd,
    readSavingsPicoUsd: picoUsd,
    writeSurchargePicoUsd: picoUsd,
    savedPicoUsd: picoUsd,
    besidePicoUsd: picoUsd,
  })
  .openapi('Money', { description: 'paid + read savings = baseline + write surcharge' });

const sums = z.object({
  turnCount: count,
  silentTurns: count,
  unpricedTurns: count,
  priceChangedTurns: count,
  tokens: buckets,
  money: orNull(money),
  covered: z.object({ turnCount: count, money, promptTokens: count, cacheReadTokens: count }),
  hitRatio: z.number().nullable(),
  savedRatio: z.number().nullable(),
});

const loss = tokenSum.extend({ picoUsd, unpricedTurns: count });
const turnLoss = z.object({ tokens: tokenCount, picoUsd: picoUsd.nullable() });
const certainty = z.enum(['exact', 'estimated', 'unknown']);

const turnStatement = z
  .object({
    number: count,
    id: z.string(),
    family: z.string(),
    model: z.string(),
    startedAt: time,
    tokens: z.object({
      fresh: tokenCount,
      cacheRead: tokenCount,
      cacheWrite: tokenCount,
      output: tokenCount,
      reasoning: tokenCount,
    }),
    hit: z.union([z.boolean(), z.literal('unknown')]),
    hitRatio: z.number().nullable(),
    isSilent: z.boolean(),
    priceStatus: certainty,
    priceDoubts: z.array(z.string()),
    reportedBy: z.string().nullable(),
    savingStatus: certainty,
    money: orNull(money),
    wastedWrite: turnLoss,
    missedRead: turnLoss,
    openWriteTokens: tokenCount,
    recordedPicoUsd: picoUsd.nullable(),
  })
  .openapi('TurnStatement');

export const sessionStatementSchema: z.ZodType<SessionStatementBody> = describing<SessionStatementBody>(
  sums
    .extend({
      scope: z.enum(['branch', 'lifetime']),
      turns: z.array(turnStatement),
      estimatedTurns: count,
      wastedWrites: loss,
      missedReads: loss,
      openWrites: tokenSum,
    })
    .openapi('SessionStatement'),
);

/** What the turns of a statement can have in common. */
export type StatementKey = 'day' | 'model' | 'session' | 'tenant';

/** What all turns of a tenant come to, in groups. */
export interface StatementBody {
  readonly by: readonly StatementKey[];
  /** Epoch milliseconds; `null` for the beginning. */
  readonly since: number | null;
  readonly until: number | null;
  /** Whose days. */
  readonly timeZone: string;
  /** In the order of their keys. */
  readonly groups: readonly StatementGroupBody[];
  readonly total: SumsBody;
}

export interface StatementGroupBody {
  /** What its turns have in common: the keys that were asked for. */
  readonly key: Readonly<Partial<Record<StatementKey, string>>>;
  readonly sums: SumsBody;
}

const statementKeySchema = z.enum(['day', 'model', 'session', 'tenant']);

const groupKey = z.object({
  day: z.string().optional(),
  model: z.string().optional(),
  session: z.string().optional(),
  tenant: z.string().optional(),
});

export const statementSchema: z.ZodType<StatementBody> = describing<StatementBody>(
  z
    .object({
      by: z.array(statementKeySchema),
      since: time.nullable(),
      until: time.nullable(),
      timeZone: z.string(),
      groups: z.array(z.object({ key: groupKey, sums })),
      total: sums.openapi('Sums'),
    })
    .openapi('Statement'),
);

/** What broke a session's cache. */
export type ExplanationBody = Plain<SessionExplanation>;

const missedBreak = z
  .object({
    turn: count,
    turnId: z.string(),
    comparedWith: z.string().nullable(),
    causes: z.array(z.looseObject({ why: z.string() })).min(1),
    expectedTokens: count,
    readTokens: count,
    missedTokens: count,
    lostPicoUsd: picoUsd.nullable(),
    isEstimated: z.boolean(),
    vendor: z.looseObject({ opinion: z.enum(['agrees', 'contradicts', 'silent']) }).nullable(),
  })
  .openapi('Break');

export const explanationSchema: z.ZodType<ExplanationBody> = describing<ExplanationBody>(
  z
    .object({
      turns: z.array(
        z.object({
          number: count,
          id: z.string(),
          family: z.string(),
          model: z.string(),
          startedAt: time,
          verdict: z.enum(['first', 'silent', 'unmeasured', 'complete', 'break']),
          break: orNull(missedBreak).optional(),
        }),
      ),
      breaks: z.array(missedBreak),
      missedTokens: count,
      lostPicoUsd: picoUsd.nullable(),
      unpricedBreaks: count,
    })
    .openapi('Explanation'),
);
