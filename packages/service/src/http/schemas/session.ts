import { z } from '@hono/zod-openapi';
import type { JsonValue } from '@reprise/providers';
import { count, json, name, type PageBody, pageOf, picoUsd, time } from './fields.ts';

/**
 * - `running`: a worker does a run.
 * - `waiting`: a run stands in line.
 * - `waiting-for-approval`: tool calls wait for somebody's decision, or were decided on and not carried out yet.
 * - `broken`: the last run ended with an error, and nothing came after it. It is told as long as that run is kept.
 * - `idle`: none of these.
 */
export type SessionState = 'broken' | 'idle' | 'running' | 'waiting' | 'waiting-for-approval';

export const SESSION_STATES: readonly SessionState[] = ['running', 'waiting', 'waiting-for-approval', 'broken', 'idle'];

/** The application's own words about a session, such as a title. */
export type Metadata = Readonly<Record<string, JsonValue>>;

/** A session as clients see it. */
export interface SessionBody {
  readonly id: string;
  readonly tenant: string;
  /** The agent that does its runs. */
  readonly agent: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** When its conversation last changed, in epoch milliseconds. */
  readonly updatedAt: number;
  readonly metadata: Metadata;
  /** The session and snapshot it was forked from. */
  readonly forkedFrom: { readonly session: string; readonly snapshotId: string } | null;
  readonly state: SessionState;
  /** The beginning of the last prompt on its branch, 80 characters at most; `null` before the first turn. */
  readonly lastPrompt: string | null;
  /** The models that answered. */
  readonly models: readonly string[];
  readonly spent: SpentBody;
}

/** What a session has used in its lifetime: turns it was rewound from included, those it inherited as a fork not. */
export interface SpentBody {
  readonly turnCount: number;
  /** Turns whose provider reported no cache counters: their tokens are missing in the sums. */
  readonly silentTurns: number;
  /** Turns without a known price: they are missing in the money. */
  readonly unpricedTurns: number;
  readonly tokens: {
    readonly fresh: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
    readonly output: number;
    readonly reasoning: number;
  };
  /** Tokens read from the cache among prompt tokens, from 0 to 1, over the turns of which that is known. */
  readonly hitRatio: number | null;
  /** `null` where no turn has a known price. */
  readonly paidPicoUsd: string | null;
  /** What the prompt cache saved; negative where it cost more. */
  readonly savedPicoUsd: string | null;
}

/** What a session is created with. */
export interface NewSessionBody {
  /** Default: a new id. */
  readonly id?: string | undefined;
  /** Default: the service's first agent. */
  readonly agent?: string | undefined;
  readonly metadata?: Metadata | undefined;
}

const spentSchema: z.ZodType<SpentBody> = z
  .object({
    turnCount: count,
    silentTurns: count,
    unpricedTurns: count,
    tokens: z.object({ fresh: count, cacheRead: count, cacheWrite: count, output: count, reasoning: count }),
    hitRatio: z.number().nullable(),
    paidPicoUsd: picoUsd.nullable(),
    savedPicoUsd: picoUsd.nullable(),
  })
  .openapi('Spent', {
    description:
      'What a session has used in its lifetime: turns it was rewound from included, those it inherited as a fork not.',
  });

export const sessionSchema: z.ZodType<SessionBody> = z
  .object({
    id: z.string(),
    tenant: z.string(),
    agent: z.string(),
    createdAt: time,
    updatedAt: time,
    metadata: z.record(z.string(), json),
    forkedFrom: z.object({ session: z.string(), snapshotId: z.string() }).nullable(),
    state: z.enum(SESSION_STATES),
    lastPrompt: z.string().nullable(),
    models: z.array(z.string()),
    spent: spentSchema,
  })
  .openapi('Session');

export const sessionPageSchema: z.ZodType<PageBody<SessionBody>> = pageOf(sessionSchema).openapi('SessionPage');

/** How many sessions are in each state. */
export type SessionCountsBody = Readonly<Record<SessionState, number>>;

export const sessionCountsSchema: z.ZodType<SessionCountsBody> = z
  .object({ running: count, waiting: count, 'waiting-for-approval': count, broken: count, idle: count })
  .openapi('SessionCounts');

/** Names of fields of metadata that are the service's own. */
export const OWN_FIELDS = 'reprise:';

const metadata: z.ZodType<Metadata> = z
  .record(z.string().max(256), json)
  .refine(
    (fields) => Object.keys(fields).every((field) => !field.startsWith(OWN_FIELDS)),
    `names that begin with '${OWN_FIELDS}' are the service's own`,
  );

export const newSessionSchema: z.ZodType<NewSessionBody> = z
  .strictObject({ id: name.optional(), agent: name.optional(), metadata: metadata.optional() })
  .openapi('NewSession');

export interface SessionChangeBody {
  /** Takes the place of all metadata that is there. */
  readonly metadata: Metadata;
}

export const sessionChangeSchema: z.ZodType<SessionChangeBody> = z.strictObject({ metadata }).openapi('SessionChange');

/** What a fork is made with. */
export interface ForkBody {
  /** A snapshot of the session's. Default: its last turn's. */
  readonly snapshotId?: string | undefined;
  /** The new session's. Default: a new id. */
  readonly id?: string | undefined;
  /** Default: that of the session. */
  readonly metadata?: Metadata | undefined;
}

export const forkSchema: z.ZodType<ForkBody> = z
  .strictObject({ snapshotId: name.optional(), id: name.optional(), metadata: metadata.optional() })
  .openapi('Fork');
