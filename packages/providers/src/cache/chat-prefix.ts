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
  const messages = messageBlocks(asArray(fields['messages']), MARKABLE_PARTS[rules?.dialect ?? 'none']);
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

/** Results of calls that stand together are one message. */
function messageBlocks(messages: readonly unknown[], markable: ReadonlySet<string>): readonly PrefixBlock[] {
  let messagePath = '';
  let before: unknown;
  return messages.flatMap((value, index) => {
    // The vocabulary's own messages pass here too, and their `cache` is a mark.
    const { cache: _mark, ...message } = asObject(value) ?? {};
    const { role } = message;
    if (role !== 'tool' || before !== 'tool') messagePath = `messages[${index}]`;
    before = role;
    const hasCalls = message['tool_calls'] !== undefined;
    return partBlocks(message, {
      path: `messages[${index}]`,
      messagePath,
      role: prefixRole(role),
      kind: hasCalls ? 'tool_calls' : typeof role === 'string' ? role : 'message',
      namesParts: hasCalls || role === 'tool',
      field: 'content',
      text: { type: 'text', writes: 'string' },
      markable: role === 'assistant' ? UNMARKABLE : markable,
    });
  });
}

function prefixRole(role: unknown): PrefixBlock['role'] {
  if (role === 'assistant') return role;
  return role === 'system' || role === 'developer' ? 'system' : 'user';
}
