import type { PrefixBlock } from './prefix.ts';

/** A message of the request: its blocks from `start` up to, not including, `end`. */
export interface MessageSpan {
  readonly role: PrefixBlock['role'];
  readonly start: number;
  readonly end: number;
}

/** How many blocks stand before the first message. */
export function conversationStart(blocks: readonly PrefixBlock[]): number {
  const firstMessage = blocks.findIndex(({ role }) => role === 'user' || role === 'assistant');
  return firstMessage === -1 ? blocks.length : firstMessage;
}

/** The messages of the request, in their order. */
export function messageSpans(blocks: readonly PrefixBlock[]): readonly MessageSpan[] {
  return [...spansFromEnd(blocks)].reverse();
}

/** The last so many messages of the user, in their order. Looks no further back than it has to. */
export function lastUserSpans(blocks: readonly PrefixBlock[], count: number): readonly MessageSpan[] {
  return spansFromEnd(blocks)
    .filter(({ role }) => role === 'user')
    .take(count)
    .toArray()
    .reverse();
}

function* spansFromEnd(blocks: readonly PrefixBlock[]): Generator<MessageSpan, void, undefined> {
  const first = conversationStart(blocks);
  for (let end = blocks.length; end > first; ) {
    const last = blocks[end - 1];
    const owner = ownerOf(last);
    let start = end - 1;
    while (start > first && ownerOf(blocks[start - 1]) === owner) start -= 1;
    yield { role: last?.role ?? 'user', start, end };
    end = start;
  }
}

/** The path of the message that a block belongs to. */
export function ownerOf(block: PrefixBlock | undefined): string | undefined {
  const { path = '', messagePath } = block ?? {};
  if (messagePath !== undefined) return messagePath;
  const end = path.indexOf('.');
  return end === -1 ? path : path.slice(0, end);
}
