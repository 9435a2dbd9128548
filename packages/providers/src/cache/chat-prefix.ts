import { foldGrowing, isSameJson } from '../frozen.ts';
import { asArray, asObject } from '../json.ts';
import type { CacheRules } from './family-rules.ts';
import { partBlocks, withoutMark } from './part-blocks.ts';
import type { PrefixBlock } from './prefix.ts';

/**
 * A chat-shaped request body (OpenAI Chat, Ollama) as the blocks its cache matches: tools and system prompt in the order of `rules`
 * (default: tools first), then messages, a block for each part of their content. Without `rules` no block can carry a mark.
 */
export function chatPrefixBlocks(
  body: unknown,
  rules?: Pick<CacheRules, 'dialect' | 'rendersFirst'>,
): readonly PrefixBlock[] {
  const fields = asObject(body) ?? {};
  const tools = asArray(fields['tools']).map(toolBlock);
  const messages = messageBlocks(
    asArray(fields['messages']).map((message) => asObject(message) ?? {}),
    MARKABLE_PARTS[rules?.dialect ?? 'none'],
  );
  if (rules?.rendersFirst !== 'system') return [...tools, ...messages];
  const firstMessage = messages.findIndex(({ role }) => role !== 'system');
  const start = firstMessage === -1 ? messages.length : firstMessage;
  return [...messages.slice(0, start), ...tools, ...messages.slice(start)];
}

/**
 * What a mark may stand on, by dialect: `openai` 7.55 has the field on these parts; OpenRouter's reference names texts alone. On what the
 * model said, and on tools, none may stand.
 */
const MARKABLE_PARTS: Readonly<Record<CacheRules['dialect'], ReadonlySet<string>>> = {
  openai: new Set(['text', 'image_url', 'input_audio', 'file']),
  anthropic: new Set(['text']),
  none: new Set(),
};

const UNMARKABLE: ReadonlySet<string> = new Set();

function toolBlock(tool: unknown, index: number): PrefixBlock {
  const { type } = asObject(tool) ?? {};
  const isVendors = typeof type === 'string' && type !== 'function' && type !== 'custom';
  const kind = isVendors ? type : 'tool';
  return { path: `tools[${index}]`, role: 'tool', kind, text: JSON.stringify(withoutMark(tool)), markable: false };
}

/** Results of calls that stand together are one message: the state is where it began, and what the message before was. */
const messageBlocks = foldGrowing(
  { messagePath: '', role: undefined },
  (
    // The vocabulary's own messages pass here too, and their `cache` is a mark.
    { cache: _mark, ...message }: Readonly<Record<string, unknown>>,
    index,
    before: { readonly messagePath: string; readonly role: unknown },
    markable: ReadonlySet<string>,
  ) => {
    const { role } = message;
    const path = `messages[${index}]`;
    const messagePath = role === 'tool' && before.role === 'tool' ? before.messagePath : path;
    const hasCalls = message['tool_calls'] !== undefined;
    const results = partBlocks(message, {
      path,
      messagePath,
      role: prefixRole(role),
      kind: hasCalls ? 'tool_calls' : typeof role === 'string' ? role : 'message',
      namesParts: hasCalls || role === 'tool',
      field: 'content',
      text: { type: 'text', writes: 'string' },
      markable: role === 'assistant' ? UNMARKABLE : markable,
    });
    return { results, state: { messagePath, role } };
  },
  isSameJson,
);

function prefixRole(role: unknown): PrefixBlock['role'] {
  if (role === 'assistant') return role;
  return role === 'system' || role === 'developer' ? 'system' : 'user';
}
