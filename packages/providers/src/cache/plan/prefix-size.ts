import type { PrefixBlock } from '../prefix.ts';

/**
 * Whether the prefix that ends with a block is surely shorter than so many tokens. A token is at least one byte, so fewer bytes are fewer
 * tokens too. A character may be several tokens; a picture, a file or a tool of the vendor's own may be more than its bytes.
 */
export function isSurelyBelow(blocks: readonly PrefixBlock[], blockIndex: number, minimumTokens: number): boolean {
  let characters = 0;
  for (let index = 0; index <= blockIndex; index += 1) {
    // At least as many bytes, and found faster.
    characters += blocks[index]?.text.length ?? 0;
    if (characters >= minimumTokens) return false;
  }
  // Only now: what is left to look at is short.
  const prefix = blocks.slice(0, blockIndex + 1);
  const bytes = prefix.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  return bytes < minimumTokens && prefix.every(isItsText);
}

function isItsText({ role, kind, text }: PrefixBlock): boolean {
  const kinds = role === 'tool' ? OWN_TOOL_KINDS : TEXT_KINDS;
  return kinds.has(kind) && !NESTED_MEDIA.test(text);
}

/** Tools that are described in full. */
const OWN_TOOL_KINDS: ReadonlySet<string> = new Set(['tool', 'custom', 'function']);

/** The words for blocks of which the model reads no more than their JSON says. */
const TEXT_KINDS: ReadonlySet<string> = new Set([
  ...['text', 'thinking', 'redacted_thinking', 'tool_use', 'server_tool_use', 'tool_result'],
  ...['system', 'developer', 'user', 'assistant', 'tool', 'tool_calls', 'refusal'],
  ...['message', 'input_text', 'output_text', 'reasoning', 'function_call', 'function_call_output'],
  ...['custom_tool_call', 'custom_tool_call_output'],
]);

/** Inside a JSON string the quotes would be escaped. */
const NESTED_MEDIA = /"type":"(?!text|input_text|output_text)(?:input_|image|audio|video|file|document|search_result)/;
