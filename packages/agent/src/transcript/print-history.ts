import { type Block, type Message, mediaHash } from '@reprise/providers';

/**
 * A history for a terminal: one message a line, a blank line between. Line breaks are shown as `⏎`, and nothing in it can steer the
 * terminal. For people: what `toJSONL` writes can be read back.
 */
export function printHistory(messages: readonly Message[]): string {
  return messages.map((message) => oneLine(`${message.role}: ${message.content.map(words).join(' ')}`)).join('\n\n');
}

function words(block: Block): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'thinking':
      return `🧠 ${block.text}`;
    case 'redacted-thinking':
      return '🧠 [redacted]';
    case 'tool-call':
      return `🔧 ${block.name}(${block.argumentsText})`;
    case 'tool-result':
      return `${block.isError ? '❌' : '✅'} ${block.toolName} → ${block.content.map(words).join(' ')}`;
    case 'image':
    case 'document':
      return `[${block.mediaType} ${mediaHash(block)}]`;
    case 'opaque':
      return `[${block.family} ${String(block.data['type'])}]`;
  }
}

function oneLine(text: string): string {
  return text
    .replace(/\s*[\n\r\u2028\u2029]+\s*/g, ' ⏎ ')
    .replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
