import { z } from '@hono/zod-openapi';
import type { UserMessage } from '@reprise/providers';
import type { Decision } from '../../http/decide-approval.ts';
import { invalidRequest } from '../../http/http-problem.ts';
import { userInput } from '../../http/run-input.ts';
import { NAME } from '../../http/schemas/fields.ts';
import type { InputBlock } from '../../http/schemas/message.ts';
import type { BusyChoice } from '../../http/schemas/run.ts';

/** What the AI SDK's `DefaultChatTransport` sends, as far as it is looked at. */
export interface ChatBody {
  /** The chat, which is a session here. */
  readonly id: string;
  /** Of these only the last is looked at: the conversation is the service's. */
  readonly messages: readonly unknown[];
  readonly trigger?: 'submit-message' | 'regenerate-message' | undefined;
  readonly messageId?: string | undefined;
  readonly onBusy?: BusyChoice | undefined;
}

export const chatSchema: z.ZodType<ChatBody> = z
  .looseObject({
    id: z.string().regex(NAME),
    messages: z.array(z.unknown()).max(10_000),
    trigger: z.enum(['submit-message', 'regenerate-message']).optional(),
    messageId: z.string().optional(),
    onBusy: z.enum(['interrupt', 'queue', 'reject', 'steer']).optional(),
  })
  .openapi('Chat', { description: "The body of the AI SDK's chat transport. Only the last message is looked at." });

/** What a chat's request asks for. */
export type ChatAsked =
  | { readonly type: 'say'; readonly input: UserMessage; readonly key: string | undefined }
  | { readonly type: 'go-on'; readonly decisions: readonly Decision[] };

const part = z.looseObject({ type: z.string() });
const lastMessage = z.looseObject({
  id: z.string().max(500).optional(),
  role: z.enum(['assistant', 'system', 'user']),
  parts: z.array(part).max(10_000),
});

/** Throws an `HttpProblem`. `by` is who asks, by name. */
export async function readChat({ messages, trigger, messageId }: ChatBody, by: string | undefined): Promise<ChatAsked> {
  const last = lastMessage.safeParse(messages.at(-1));
  if (!last.success) throw invalidRequest('The last message is none of the AI SDK.', 422);
  const { id, role, parts } = last.data;
  if (trigger === 'regenerate-message') return { type: 'go-on', decisions: [] };
  if (role !== 'user') return { type: 'go-on', decisions: parts.flatMap((each) => decisionOf(each, by)) };
  if (messageId !== undefined) {
    throw invalidRequest('A message that was sent cannot be changed: rewind the session, and send another one.', 422);
  }
  return { type: 'say', input: await inputOf(parts), key: id ? `chat ${id}` : undefined };
}

const responded = z.looseObject({
  state: z.literal('approval-responded'),
  approval: z.looseObject({ id: z.string(), approved: z.boolean(), reason: z.string().max(4000).optional() }),
});

function decisionOf(given: z.infer<typeof part>, by: string | undefined): readonly Decision[] {
  const { success, data } = responded.safeParse(given);
  if (!success) return [];
  const { id: approvalId, approved: isApproved, reason } = data.approval;
  return [{ approvalId, isApproved, reason, by }];
}

async function inputOf(parts: readonly z.infer<typeof part>[]): Promise<UserMessage> {
  const content = parts.flatMap(blockOf);
  if (content.length === 0) throw invalidRequest('The message is empty.', 422);
  const input = await userInput({ content });
  if (!input) throw invalidRequest('The message is empty.', 422);
  return input;
}

const text = z.looseObject({ type: z.literal('text'), text: z.string() });
const file = z.looseObject({
  type: z.literal('file'),
  mediaType: z.string().max(128),
  url: z.string(),
  filename: z.string().max(256).optional(),
});

/** Parts of other types are the client's own, such as data parts, and nothing for a model. */
function blockOf(given: z.infer<typeof part>): readonly InputBlock[] {
  const said = text.safeParse(given);
  if (said.success) return said.data.text === '' ? [] : [{ type: 'text', text: said.data.text }];
  const sent = file.safeParse(given);
  return sent.success ? [mediaOf(sent.data)] : [];
}

function mediaOf({ mediaType, url, filename }: z.infer<typeof file>): InputBlock {
  const data = /^data:[^,]*;base64,(.*)$/s.exec(url)?.[1];
  if (data === undefined) throw invalidRequest('A file has to come as a data: URL in base64; none is fetched.', 422);
  if (mediaType.startsWith('image/')) return { type: 'image', data, mediaType };
  return { type: 'document', data, mediaType, ...(filename === undefined ? {} : { name: filename }) };
}
