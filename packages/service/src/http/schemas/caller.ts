import { z } from '@hono/zod-openapi';

/** Who asks. */
export interface CallerBody {
  readonly tenant: string;
  /** Whether it may read the sessions of every tenant. */
  readonly isOperator: boolean;
  /** What it is called where a decision is written down; `null` where it has no name. */
  readonly name: string | null;
}

export const callerSchema: z.ZodType<CallerBody> = z
  .object({ tenant: z.string(), isOperator: z.boolean(), name: z.string().nullable() })
  .openapi('Caller');
