/**
 * What a cache policy asks for, as blocks of one request.
 *
 * Owns: the names of policies, and which block each of them means.
 * Leaves to `plan-breakpoints.ts`: what a vendor takes, and what helps.
 *
 * A number counts the user's messages and the assistant's answers. Tool results, and answers that call tools, are not counted, so the
 * tools an answer took do not move it. With a system prompt 0 is the system prompt and 1 the first message; without one 0 is the
 * first message. -1 is the last message, and negative numbers never reach the system prompt.
 */

import type { CacheLifetime } from '../token-counts.ts';
import type { PrefixBlock } from './prefix.ts';

/**
 * Where cache marks go.
 *
 * - `auto`: tools, system prompt, the end of the previous request and the end of this one. Says nothing of what it leaves out.
 * - `none`: nowhere.
 * - `automatic`: the vendor's top-level flag, which marks the last block that can carry a mark.
 * - `system_and_tools`: the system prompt, and the tools before it; the last tool where there is no system prompt.
 * - `tools_only`: the last tool, for system prompts that vary.
 * - `last_user_message` and its siblings: the last one, two or three user messages. Tool results are sent as user messages and count;
 *   a conversation that has fewer marks those it has.
 */
export type CachePolicy =
  | 'auto'
  | 'none'
  | 'automatic'
  | 'system_and_tools'
  | 'tools_only'
  | 'last_user_message'
  | 'last_2_user_messages'
  | 'last_3_user_messages'
  | BreakpointPolicy;

interface BreakpointPolicy {
  /** Message numbers, or names: `system` (else the last tool), `tools`, `last` (the last block that can carry a mark). */
  readonly breakpoints: readonly (number | 'system' | 'tools' | 'last')[];
  /** How long every prefix marked here is kept. Default `5m`. */
  readonly ttl?: Extract<CacheLifetime, '5m' | '1h'>;
}

/** A place that a policy asks to be marked, or what it asks for that the request does not have. */
export type RequestedMark =
  | { readonly asked: string; readonly blockIndex: number; readonly reason: string; readonly isVendorPlaced?: true }
  | { readonly asked: string; readonly missing: 'no-block' | 'out-of-range'; readonly detail: string };

/** The places a policy asks for, in its own order. The same block may be asked for twice. `undefined` is no policy known. */
export function requestedMarks(
  blocks: readonly PrefixBlock[],
  policy: CachePolicy,
): readonly RequestedMark[] | undefined {
  switch (policy) {
    case 'auto':
      return [toolsEnd(blocks), systemEnd(blocks), ...previousRequestMark(blocks), conversationEnd(blocks)];
    case 'none':
      return [];
    case 'automatic': {
      const end = conversationEnd(blocks);
      return [
        'missing' in end
          ? end
          : { ...end, reason: `${end.reason}, where the vendor's flag puts it`, isVendorPlaced: true },
      ];
    }
    case 'system_and_tools':
      return [systemEnd(blocks)];
    case 'tools_only':
      return [toolsEnd(blocks)];
    case 'last_user_message':
      return lastUserMessages(blocks, 1);
    case 'last_2_user_messages':
      return lastUserMessages(blocks, 2);
    case 'last_3_user_messages':
      return lastUserMessages(blocks, 3);
    default:
      // Callers without types may pass anything.
      if (!Array.isArray(policy?.breakpoints)) return undefined;
      return policy.breakpoints.map((breakpoint) => breakpointMark(blocks, breakpoint));
  }
}

/** How many blocks stand before the last answer: what the request that it answered ended with. 0 if nothing was answered. */
export function previousRequestEnd(blocks: readonly PrefixBlock[]): number {
  return messageSpans(blocks).findLast(({ role }) => role === 'assistant')?.start ?? 0;
}

function breakpointMark(
  blocks: readonly PrefixBlock[],
  breakpoint: BreakpointPolicy['breakpoints'][number],
): RequestedMark {
  switch (breakpoint) {
    case 'system':
      return systemEnd(blocks);
    case 'tools':
      return toolsEnd(blocks);
    case 'last':
      return conversationEnd(blocks);
    default:
      return numberedMark(blocks, breakpoint);
  }
}

function toolsEnd(blocks: readonly PrefixBlock[]): RequestedMark {
  const blockIndex = lastMarkable(blocks, 0, blocks.length, 'tool');
  if (blockIndex === -1) return { asked: 'tools', missing: 'no-block', detail: 'the request has no tool to mark' };
  return { asked: 'tools', blockIndex, reason: 'end of the tools, which outlive a changed system prompt' };
}

function systemEnd(blocks: readonly PrefixBlock[]): RequestedMark {
  const blockIndex = lastMarkable(blocks, 0, conversationStart(blocks), 'system');
  if (blockIndex !== -1) {
    return { asked: 'system', blockIndex, reason: 'end of tools and system prompt, which every turn shares' };
  }
  const tools = toolsEnd(blocks);
  return 'missing' in tools
    ? { asked: 'system', missing: 'no-block', detail: 'the request has neither system prompt nor tools' }
    : { ...tools, asked: 'system', reason: 'end of the tools, as there is no system prompt' };
}

function conversationEnd(blocks: readonly PrefixBlock[]): RequestedMark {
  const blockIndex = lastMarkable(blocks, 0, blocks.length);
  if (blockIndex === -1) return { asked: 'last', missing: 'no-block', detail: 'no block can carry a mark' };
  return { asked: 'last', blockIndex, reason: 'end of the conversation, for the next turn to read' };
}

function previousRequestMark(blocks: readonly PrefixBlock[]): readonly RequestedMark[] {
  const blockIndex = lastMarkable(blocks, 0, previousRequestEnd(blocks));
  if (blockIndex === -1) return [];
  return [{ asked: 'previous', blockIndex, reason: 'end of the previous request, whose entry is read here' }];
}

function lastUserMessages(blocks: readonly PrefixBlock[], count: number): readonly RequestedMark[] {
  const spans = messageSpans(blocks).filter(({ role }) => role === 'user');
  const wanted = spans.slice(-count);
  if (wanted.length === 0) {
    return [{ asked: 'last user message', missing: 'no-block', detail: 'the request has no user message' }];
  }
  return wanted.map((span, index) => {
    const name = ['last', 'last but one', 'last but two'][wanted.length - 1 - index];
    return spanMark(blocks, span, `${name} user message`);
  });
}

function numberedMark(blocks: readonly PrefixBlock[], number: number): RequestedMark {
  const hasSystemPrompt = blocks.slice(0, conversationStart(blocks)).some(({ role }) => role === 'system');
  if (number === 0 && hasSystemPrompt) return systemEnd(blocks);
  const counted = messageSpans(blocks).filter((span) => isCounted(blocks, span));
  const span = counted.at(hasSystemPrompt && number > 0 ? number - 1 : number);
  if (!span || !Number.isInteger(number)) {
    const detail = `there are ${counted.length} messages, not counting tool results and answers that call tools`;
    return { asked: `breakpoint ${number}`, missing: 'out-of-range', detail };
  }
  return spanMark(blocks, span, `message ${number}`);
}

function spanMark(blocks: readonly PrefixBlock[], { start, end }: MessageSpan, asked: string): RequestedMark {
  const blockIndex = lastMarkable(blocks, start, end);
  if (blockIndex === -1) return { asked, missing: 'no-block', detail: 'none of its blocks can carry a mark' };
  return { asked, blockIndex, reason: `end of the ${asked}, as the policy asks` };
}

/** A message of the request: its blocks from `start` up to, not including, `end`. */
interface MessageSpan {
  readonly role: PrefixBlock['role'];
  readonly start: number;
  readonly end: number;
}

function messageSpans(blocks: readonly PrefixBlock[]): readonly MessageSpan[] {
  const spans: MessageSpan[] = [];
  let messagePath: string | undefined;
  for (let index = conversationStart(blocks); index < blocks.length; index += 1) {
    const { path = '', role = 'user' } = blocks[index] ?? {};
    const owner = path.split('.', 1)[0];
    const start = owner === messagePath ? (spans.pop()?.start ?? index) : index;
    spans.push({ role, start, end: index + 1 });
    messagePath = owner;
  }
  return spans;
}

function isCounted(blocks: readonly PrefixBlock[], { start, end }: MessageSpan): boolean {
  return !blocks.slice(start, end).some(({ kind }) => kind === 'tool_use' || kind === 'tool_result');
}

/** How many blocks stand before the first message. */
function conversationStart(blocks: readonly PrefixBlock[]): number {
  const firstMessage = blocks.findIndex(({ role }) => role === 'user' || role === 'assistant');
  return firstMessage === -1 ? blocks.length : firstMessage;
}

function lastMarkable(blocks: readonly PrefixBlock[], start: number, end: number, role?: PrefixBlock['role']): number {
  for (let index = end - 1; index >= start; index -= 1) {
    const block = blocks[index];
    if (block?.markable && !isEmptyText(block) && (role === undefined || block.role === role)) return index;
  }
  return -1;
}

/** Vendors refuse a mark on text of nothing but white space. Inside a JSON string the quotes would be escaped. */
function isEmptyText({ kind, text }: PrefixBlock): boolean {
  return kind === 'text' && /"text":"(?: |\\[nrtf])*"/.test(text);
}
