import { z } from '@hono/zod-openapi';

export interface AgentListBody {
  readonly items: readonly {
    readonly name: string;
    /** Whether sessions get it unless told. */
    readonly isDefault: boolean;
    /** Which model answers, such as `claude-opus-5`. */
    readonly model: string;
  }[];
}

export const agentListSchema: z.ZodType<AgentListBody> = z
  .object({ items: z.array(z.object({ name: z.string(), isDefault: z.boolean(), model: z.string() })) })
  .openapi('AgentList');
