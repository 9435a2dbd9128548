import { z } from '@hono/zod-openapi';
import { count, name, type PageBody, pageOf, time } from './fields.ts';
import { type SessionBody, sessionSchema } from './session.ts';

/** A named point one can return to. */
export interface SnapshotBody {
  readonly id: string;
  /** The session that made it. */
  readonly session: string;
  /** The last turn of the branch that ends there. */
  readonly turnId: string;
  /** What made it: a turn's end, or a rewind, which names the place it left. */
  readonly reason: 'turn' | 'rewind';
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly label: string | null;
  readonly turnCount: number;
  readonly messageCount: number;
  /** The first 80 characters of the prompt that the turn answered. */
  readonly promptPreview: string;
  /** Totals of the branch up to there. */
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    readonly reasoning: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
  };
}

export const snapshotSchema: z.ZodType<SnapshotBody> = z
  .object({
    id: z.string(),
    session: z.string(),
    turnId: z.string(),
    reason: z.enum(['turn', 'rewind']),
    createdAt: time,
    label: z.string().nullable(),
    turnCount: count,
    messageCount: count,
    promptPreview: z.string(),
    tokens: z.object({ input: count, output: count, reasoning: count, cacheRead: count, cacheWrite: count }),
  })
  .openapi('Snapshot');

export const snapshotPageSchema: z.ZodType<PageBody<SnapshotBody>> = pageOf(snapshotSchema).openapi('SnapshotPage');

export interface LabelBody {
  /** What people call the place; `null` takes the name away. */
  readonly label: string | null;
}

export const labelSchema: z.ZodType<LabelBody> = z
  .strictObject({ label: z.string().trim().min(1).max(200).nullable() })
  .openapi('Label');

/** Where to take a session back to. */
export interface RewindBody {
  /** A snapshot that the session made, or one of the branch it is on. */
  readonly snapshotId: string;
  /** `files` are those that tools have declared. Default `conversation`. */
  readonly what?: 'both' | 'conversation' | 'files' | undefined;
}

export const rewindSchema: z.ZodType<RewindBody> = z
  .strictObject({ snapshotId: name, what: z.enum(['both', 'conversation', 'files']).optional() })
  .openapi('Rewind');

export interface RewoundBody {
  readonly session: SessionBody;
  /** The place that was left: rewinding to it undoes this. */
  readonly left: SnapshotBody;
  /** What came of each file; empty unless files were rewound. */
  readonly files: readonly FileBody[];
}

export interface FileBody {
  readonly path: string;
  readonly result: 'failed' | 'removed' | 'restored' | 'unchanged';
}

export const rewoundSchema: z.ZodType<RewoundBody> = z
  .object({
    session: sessionSchema,
    left: snapshotSchema,
    files: z.array(z.object({ path: z.string(), result: z.enum(['failed', 'removed', 'restored', 'unchanged']) })),
  })
  .openapi('Rewound');
