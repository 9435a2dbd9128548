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

import { asObject } from '../json.ts';
import type { CacheLifetime } from '../token-counts.ts';
import type { CacheRules } from './family-rules.ts';
import { conversationStart, lastUserSpans, type MessageSpan, messageSpans, ownerOf } from './message-spans.ts';
import type { PrefixBlock } from './prefix.ts';

/**
 * Where cache marks go. OpenAI, from GPT-5.6 on, puts one of its own at the end of the prompt unless it is told not to (`mode: 'explicit'`);
 * it stays under `auto` and `automatic`, and goes under every other policy.
 *
 * - `auto`: tools, system prompt, the end of the previous request and the end of this one. Says nothing of what it leaves out.
 * - `none`: nowhere. OpenAI then caches nothing, reads included.
 * - `automatic`: the vendor's own mark and no other: Anthropic's top-level flag, which marks the last block that can carry a mark, or
 *   OpenAI's implicit mode.
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

/** Every policy that has a name. */
export const NAMED_POLICIES: readonly Exclude<CachePolicy, BreakpointPolicy>[] = [
  'auto',
  'none',
  'automatic',
  'system_and_tools',
  'tools_only',
  'last_user_message',
  'last_2_user_messages',
  'last_3_user_messages',
];

/** Whether a value has the shape of a policy, as what callers without types pass may not. */
export function isCachePolicy(value: unknown): value is CachePolicy {
  return NAMED_POLICIES.some((name) => name === value) || Array.isArray(asObject(value)?.['breakpoints']);
}

export interface BreakpointPolicy {
  /** Places, each with a lifetime of its own where it needs one. */
  readonly breakpoints: readonly (BreakpointPlace | { readonly at: BreakpointPlace; readonly ttl?: MarkLifetime })[];
  /** How long every prefix marked here is kept that says nothing else. Default: the vendor's shortest, `5m` or `30m`. */
  readonly ttl?: MarkLifetime;
}

/** A message's number, or a name: `system` (else the last tool), `tools`, `last` (the last block that can carry a mark). */
export type BreakpointPlace = number | 'system' | 'tools' | 'last';

/** Anthropic keeps a prefix for `5m` or `1h`, OpenAI for `30m`, and in Responses also for `12h`. */
export type MarkLifetime = Exclude<CacheLifetime, 'unknown'>;

/** A place that is asked to be marked, or what is asked for and the request does not have. */
export type RequestedMark = PlaceableMark | MissingMark;

export interface PlaceableMark {
  /** Who asks for it, for people. */
  readonly asked: string;
  readonly blockIndex: number;
  readonly reason: string;
  readonly ttl?: CacheLifetime;
  readonly isVendorPlaced?: true;
  /** The previous request's entry is read here. */
  readonly isRead?: true;
  /** Nobody asked for this mark in particular, and nobody is told that it is left out. */
  readonly isQuiet?: boolean;
}

interface MissingMark {
  readonly asked: string;
  readonly missing: 'no-block' | 'out-of-range' | 'too-many';
  readonly detail: string;
  readonly isQuiet?: boolean;
}

/** The places a policy asks for, in its own order. The same block may be asked for twice. */
export function requestedMarks(
  blocks: readonly PrefixBlock[],
  policy: CachePolicy,
  rules: CacheRules,
): readonly RequestedMark[] {
  switch (policy) {
    case 'auto':
      return [
        toolsEnd(blocks),
        systemEnd(blocks),
        ...previousRequestMark(blocks),
        conversationEnd(blocks),
        ...(rules.dialect === 'openai' ? implicitMark(blocks) : []),
      ].map((mark) => ({ ...mark, isQuiet: true }));
    case 'none':
      return [];
    case 'automatic':
      return rules.dialect === 'openai' ? implicitMark(blocks) : [flagMark(blocks)];
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
      return policy.breakpoints.map((breakpoint) => breakpointMark(blocks, breakpoint, policy.ttl));
  }
}

/** How many blocks stand before the last answer: what the request that it answered ended with. 0 if nothing was answered. */
export function previousRequestEnd(blocks: readonly PrefixBlock[]): number {
  const last = blocks.findLastIndex(({ role }) => role === 'assistant');
  let start = last;
  while (start > 0 && ownerOf(blocks[start - 1]) === ownerOf(blocks[last])) start -= 1;
  return Math.max(start, 0);
}

/** The last block before `end` that can carry a mark, or -1. */
export function lastMarkable(
  blocks: readonly PrefixBlock[],
  start: number,
  end: number,
  role?: PrefixBlock['role'],
): number {
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

function breakpointMark(
  blocks: readonly PrefixBlock[],
  breakpoint: BreakpointPolicy['breakpoints'][number],
  defaultTtl: MarkLifetime | undefined,
): RequestedMark {
  const { at, ttl = defaultTtl } = typeof breakpoint === 'object' ? breakpoint : { at: breakpoint };
  const mark = placeMark(blocks, at);
  return 'missing' in mark || ttl === undefined ? mark : { ...mark, ttl };
}

function placeMark(blocks: readonly PrefixBlock[], place: BreakpointPlace): RequestedMark {
  switch (place) {
    case 'system':
      return systemEnd(blocks);
    case 'tools':
      return toolsEnd(blocks);
    case 'last':
      return conversationEnd(blocks);
    default:
      return numberedMark(blocks, place);
  }
}

/** OpenAI's own mark: it needs no block that can carry one. */
function implicitMark(blocks: readonly PrefixBlock[]): readonly PlaceableMark[] {
  if (blocks.length === 0) return [];
  const reason = 'end of the prompt, where the vendor puts a mark of its own';
  return [{ asked: 'automatic', blockIndex: blocks.length - 1, reason, isVendorPlaced: true }];
}

/** Anthropic's top-level flag. */
function flagMark(blocks: readonly PrefixBlock[]): RequestedMark {
  const end = conversationEnd(blocks);
  if ('missing' in end) return end;
  return { ...end, reason: `${end.reason}, where the vendor's flag puts it`, isVendorPlaced: true };
}

function toolsEnd(blocks: readonly PrefixBlock[]): RequestedMark {
  const blockIndex = lastMarkable(blocks, 0, conversationStart(blocks), 'tool');
  if (blockIndex === -1) {
    const hasTools = blocks.some(({ role }) => role === 'tool');
    const detail = hasTools ? 'no mark can stand on a tool of this vendor' : 'the request has no tool to mark';
    return { asked: 'tools', missing: 'no-block', detail };
  }
  return { asked: 'tools', blockIndex, reason: 'end of the tools, which outlive a changed system prompt' };
}

function systemEnd(blocks: readonly PrefixBlock[]): RequestedMark {
  const blockIndex = lastMarkable(blocks, 0, conversationStart(blocks), 'system');
  if (blockIndex !== -1) {
    return { asked: 'system', blockIndex, reason: 'end of tools and system prompt, which every turn shares' };
  }
  const tools = toolsEnd(blocks);
  return 'missing' in tools
    ? { asked: 'system', missing: 'no-block', detail: `there is no system prompt to mark, and ${tools.detail}` }
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
  const reason = 'end of the previous request, whose entry is read here';
  return [{ asked: 'previous', blockIndex, reason, isRead: true }];
}

function lastUserMessages(blocks: readonly PrefixBlock[], count: number): readonly RequestedMark[] {
  const wanted = lastUserSpans(blocks, count);
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

function isCounted(blocks: readonly PrefixBlock[], { start, end }: MessageSpan): boolean {
  return !blocks.slice(start, end).some(({ kind }) => TOOL_KINDS.has(kind));
}

/** The words for calls and their results: Anthropic's, Chat Completions', Responses'. */
const TOOL_KINDS: ReadonlySet<string> = new Set([
  ...['tool_use', 'tool_result'],
  ...['tool_calls', 'tool'],
  ...['function_call', 'function_call_output', 'custom_tool_call', 'custom_tool_call_output'],
]);
