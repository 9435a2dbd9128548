import type { MessageItemBody } from '@reprise/service/client';

/** A message in few words, for a look at two branches. */
export interface MessageLine {
  readonly index: number;
  readonly who: string;
  readonly text: string;
}

const MOST_CHARACTERS = 600;

/** Who said it, and its text: cut off where it is long, with calls, results and files in words. */
export function messageLine({ index, message }: MessageItemBody): MessageLine {
  const { role, content } = message;
  const who = { user: 'Said', assistant: 'Answer', tool: 'Results' }[role];
  const words = content.map(blockText).filter((text) => text !== '');
  return { index, who, text: cut(words.join('\n')) };
}

function blockText(block: MessageItemBody['message']['content'][number]): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'tool-call':
      return `${block.name}(${block.argumentsText})`;
    case 'tool-result':
      return `${block.toolName}${block.isError ? ' failed' : ''}: ${block.content.map(blockText).join(' ')}`;
    case 'image':
      return '[picture]';
    case 'document':
      return `[${block.name ?? 'document'}]`;
    default:
      return '';
  }
}

function cut(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS).toWellFormed()} …`;
}
