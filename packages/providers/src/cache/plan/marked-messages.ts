/**
 * Marks that messages ask for themselves, with `message.cache`.
 *
 * Owns: at which block of a request a message of ours ends.
 * Leaves to `plan-breakpoints.ts`: what becomes of the mark.
 *
 * An encoder may leave a message out, join several, or make several of one. So it is asked: a longer history only adds to a request, and
 * a message's blocks are those that a request up to it has and a request before it lacks. Only a request that could be sent is encoded:
 * every call is answered, and the last word is not the model's. Answers that follow each other so count as one, as do results.
 */

import { type Message, toolCalls } from '../../message.ts';
import type { CacheRules } from '../family-rules.ts';
import { conversationStart } from '../message-spans.ts';
import { lastMarkable, type RequestedMark } from '../policy.ts';
import type { PrefixBlock } from '../prefix.ts';
import { checkLifetime } from './check-policy.ts';

/** The blocks of the same request with no more than its first messages. */
export type BlocksUpTo = (messageCount: number) => readonly PrefixBlock[];

/**
 * The marks that messages ask for, the latest first. Before more of them than a request takes, nothing is looked up. Throws
 * `provider/invalid-request` for a lifetime the vendor does not know.
 */
export function markedMessages(
  messages: readonly Message[],
  blocks: readonly PrefixBlock[],
  blocksUpTo: BlocksUpTo,
  rules: CacheRules,
): readonly RequestedMark[] {
  // Almost always none is.
  if (!messages.some(({ cache }) => cache)) return [];
  const marked = messages.flatMap(({ cache }, index) =>
    cache ? [{ index, asked: `messages[${index}]`, ttl: cache.ttl }] : [],
  );
  for (const { asked, ttl } of marked) checkLifetime(`${asked}.cache.ttl`, ttl, rules);
  const marks: RequestedMark[] = [];
  const surplus: string[] = [];
  for (const { index, asked, ttl } of marked.toReversed()) {
    if (marks.filter((mark) => 'blockIndex' in mark).length === rules.maxMarks) {
      surplus.unshift(asked);
      continue;
    }
    const blockIndex = messageEnd(messages, index, blocks, blocksUpTo);
    if (blockIndex === -1) marks.push({ asked, missing: 'no-block', detail: 'none of its blocks can carry a mark' });
    else
      marks.push({ asked, blockIndex, reason: `end of ${asked}, as it asks`, ...(ttl === undefined ? {} : { ttl }) });
  }
  if (surplus.length === 0) return marks;
  return [
    ...marks,
    { asked: surplus.join(', '), missing: 'too-many', detail: `a request takes ${rules.maxMarks} marks` },
  ];
}

/** The last block of a message that can carry a mark; -1 if there is none, or if a shorter request is not the beginning of this one. */
function messageEnd(
  messages: readonly Message[],
  index: number,
  blocks: readonly PrefixBlock[],
  blocksUpTo: BlocksUpTo,
): number {
  const from = lastEnd(messages, index);
  const to = firstEnd(messages, index + 1);
  const start = from === 0 ? conversationStart(blocks) : blocksUpTo(from).length;
  const upTo = to === messages.length ? blocks : blocksUpTo(to);
  const isThere = upTo.every(
    ({ role, text }, at) => at < start || (blocks[at]?.role === role && blocks[at].text === text),
  );
  const role = messages[index]?.role === 'assistant' ? 'assistant' : 'user';
  return isThere ? lastMarkable(blocks, start, upTo.length, role) : -1;
}

/** The most messages, `most` or fewer, that a request can end with. */
function lastEnd(messages: readonly Message[], most: number): number {
  let count = most;
  while (count > 0 && !canEndAt(messages, count)) count -= 1;
  return count;
}

/** The fewest messages, `least` or more, that a request can end with; all of them in any case. */
function firstEnd(messages: readonly Message[], least: number): number {
  let count = least;
  while (count < messages.length && !canEndAt(messages, count)) count += 1;
  return count;
}

function canEndAt(messages: readonly Message[], count: number): boolean {
  const sent = messages.slice(0, count);
  const answerIndex = sent.findLastIndex(({ role }) => role === 'assistant');
  const answer = sent[answerIndex];
  if (answerIndex === count - 1 || !answer) return answerIndex !== count - 1;
  const results = sent.slice(answerIndex).flatMap((message) => (message.role === 'tool' ? message.content : []));
  return toolCalls(answer).every(({ id }) => results.some(({ toolCallId }) => toolCallId === id));
}
