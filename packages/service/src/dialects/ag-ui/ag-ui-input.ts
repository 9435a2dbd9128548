import { z } from '@hono/zod-openapi';
import type { UserMessage } from '@reprise/providers';
import type { Decision } from '../../http/decide-approval.ts';
import { invalidRequest } from '../../http/http-problem.ts';
import { userInput } from '../../http/run-input.ts';
import { NAME } from '../../http/schemas/fields.ts';
import type { InputBlock } from '../../http/schemas/message.ts';
import type { AgUiMessage } from './ag-ui-event.ts';

/** AG-UI's `RunAgentInput`, as far as it is looked at. */
export interface AgUiBody {
  /** A session here. */
  readonly threadId: string;
  /** Sent again, it is the same run. */
  readonly runId: string;
  /** Of these only the last is looked at: the conversation is the service's. */
  readonly messages: readonly AgUiMessage[];
  readonly resume?: readonly ResumeEntry[] | undefined;
}

interface ResumeEntry {
  readonly interruptId: string;
  readonly status: 'resolved' | 'cancelled';
  readonly payload?: unknown;
}

export const agUiSchema: z.ZodType<AgUiBody> = z
  .looseObject({
    threadId: z.string().regex(NAME),
    runId: z.string().min(1).max(500),
    // What clients tell of before is handed back as it came, and is theirs.
    messages: z
      .array(z.custom<AgUiMessage>((value) => message.safeParse(value).success).openapi({ type: 'object' }))
      .max(10_000),
    resume: z
      .array(
        z.looseObject({
          interruptId: z.string(),
          status: z.enum(['resolved', 'cancelled']),
          payload: z.unknown(),
        }),
      )
      .max(1000)
      .optional(),
  })
  .openapi('RunAgentInput', {
    description: "AG-UI's. Of the messages only the last is looked at; tools and state are not.",
  });

const message = z.looseObject({ id: z.string(), role: z.string() });

/** What a request asks for. */
export type AgUiAsked =
  | { readonly type: 'say'; readonly input: UserMessage }
  | { readonly type: 'go-on'; readonly decisions: readonly Decision[] };

/** Throws an `HttpProblem`. `by` is who asks, by name. */
export async function readAgUi({ messages, resume = [] }: AgUiBody, by: string | undefined): Promise<AgUiAsked> {
  if (resume.length > 0) return { type: 'go-on', decisions: resume.map((entry) => decisionOf(entry, by)) };
  const last = messages.at(-1);
  if (last?.role === 'tool') {
    throw invalidRequest('The last message is the result of a tool, and the agent runs its tools itself.', 422);
  }
  return last?.role === 'user' ? { type: 'say', input: await inputOf(last) } : { type: 'go-on', decisions: [] };
}

const answer = z.union([
  z.boolean().transform((approved) => ({ approved, reason: undefined })),
  z.looseObject({ approved: z.boolean(), reason: z.string().max(4000).optional() }),
]);

function decisionOf({ interruptId: approvalId, status, payload }: ResumeEntry, by: string | undefined): Decision {
  if (status === 'cancelled') return { approvalId, isApproved: false, by };
  const { success, data } = answer.safeParse(payload);
  if (success) return { approvalId, isApproved: data.approved, reason: data.reason, by };
  throw invalidRequest(
    `The payload of the resume entry for '${approvalId.slice(0, 128)}' has to be { approved: boolean }.`,
    422,
  );
}

const part = z.union([
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({
    type: z.enum(['image', 'audio', 'video', 'document']),
    source: z.looseObject({ type: z.literal('data'), value: z.string(), mimeType: z.string().max(128) }),
  }),
]);
const content = z.union([z.string(), z.array(part).max(100)]);

async function inputOf(said: AgUiMessage): Promise<UserMessage> {
  const { success, data } = content.safeParse(said.content);
  if (!success) throw invalidRequest('The message has to be text, or parts with their data; nothing is fetched.', 422);
  const blocks = typeof data === 'string' ? [{ type: 'text', text: data } as const] : data.map(blockOf);
  const input = await userInput({ content: blocks.filter((block) => block.type !== 'text' || block.text !== '') });
  if (input && input.content.length > 0) return input;
  throw invalidRequest('The message is empty.', 422);
}

function blockOf(given: z.infer<typeof part>): InputBlock {
  if (given.type === 'text') return { type: 'text', text: given.text };
  const { value: data, mimeType: mediaType } = given.source;
  return { type: given.type === 'image' ? 'image' : 'document', data, mediaType };
}
