import { z } from '@hono/zod-openapi';

/** Every answer that is no success: a problem document of RFC 9457. Branch on `code`. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What went wrong with this request, and what to do. */
  readonly detail: string;
  /** Such as `checkpoint/session-missing`. */
  readonly code: string;
  /** With `service/internal`: what the operator finds it by. */
  readonly id?: string | undefined;
  /** With `service/invalid-request`: each field that was not as expected. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[] | undefined;
}

export const problemSchema: z.ZodType<ProblemBody> = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().openapi({ example: 'checkpoint/session-missing' }),
    id: z.string().optional(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem', { description: 'A problem document of RFC 9457. Branch on `code`.' });
