import { asArray, asObject } from '../json.ts';
import type { PrefixBlock } from './prefix.ts';

/**
 * A chat-shaped request body (OpenAI Chat, Ollama) as the blocks its cache matches: tools, then messages, the system prompt first among them.
 * A message is one block, and none can carry a mark.
 */
export function chatPrefixBlocks(body: unknown): readonly PrefixBlock[] {
  const { tools, messages } = asObject(body) ?? {};
  return [
    ...asArray(tools).map((tool, index) => chatBlock(`tools[${index}]`, 'tool', 'tool', tool)),
    ...asArray(messages).map((message, index) => {
      const role = asObject(message)?.['role'];
      return chatBlock(`messages[${index}]`, prefixRole(role), typeof role === 'string' ? role : 'message', message);
    }),
  ];
}

function prefixRole(role: unknown): PrefixBlock['role'] {
  if (role === 'assistant') return role;
  return role === 'system' || role === 'developer' ? 'system' : 'user';
}

function chatBlock(path: string, role: PrefixBlock['role'], kind: string, content: unknown): PrefixBlock {
  return { path, role, kind, text: JSON.stringify(content) ?? '', markable: false };
}
