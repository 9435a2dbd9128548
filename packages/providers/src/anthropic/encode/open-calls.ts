import { foldGrowing } from '../../frozen.ts';
import type { AssistantBlock, AssistantMessage, Message, UserMessage } from '../../message.ts';

/** What the vendor runs by itself: its own tools, and those of MCP servers that it talks to. */
const CALL_TYPES: readonly unknown[] = ['server_tool_use', 'mcp_tool_use'];

/**
 * The history without calls of the vendor's own tools that have no result and can get none any more, since the user has spoken after
 * them: those of an answer that was cut off, or of a pause that nobody let go on. The vendor refuses them there ("was found without a
 * corresponding `web_search_tool_result` block", seen 2026). At the end of the history they stay: the vendor goes on from them.
 */
export function withoutLostCalls(messages: readonly Message[]): readonly Message[] {
  const { lost } = callsAtEnd(messages);
  if (lost.size === 0) return messages;
  return messages.map((message) => (message.role === 'assistant' ? withoutCalls(message, lost) : message));
}

/**
 * Whether the history ends within a call of one of the vendor's own tools: results of our tools may follow, such as those that the
 * vendor's code has called, and nothing else. The vendor refuses a user's message there.
 */
export function endsInOpenCall(messages: readonly Message[]): boolean {
  const { open, lost } = callsAtEnd(messages);
  return [...open].some((id) => !lost.has(id));
}

/** The vendor's own calls that have no result: all of them, and those that the user has spoken after. */
interface UnansweredCalls {
  readonly open: ReadonlySet<unknown>;
  readonly lost: ReadonlySet<unknown>;
}

const NO_CALLS: UnansweredCalls = { open: new Set(), lost: new Set() };

function callsAtEnd(messages: readonly Message[]): UnansweredCalls {
  return callsAfter(messages).at(-1) ?? NO_CALLS;
}

const callsAfter = foldGrowing(NO_CALLS, (message: Message, _index, before: UnansweredCalls) => {
  const state = message.role === 'tool' ? before : callsAfterMessage(message, before);
  return { results: [state], state };
});

function callsAfterMessage(message: UserMessage | AssistantMessage, before: UnansweredCalls): UnansweredCalls {
  if (message.role === 'user') return before.open.size === 0 ? before : { ...before, lost: new Set(before.open) };
  const ids = message.content.map(idsOf).filter((each) => each !== NO_IDS);
  if (ids.length === 0) return before;
  const [open, lost] = [new Set(before.open), new Set(before.lost)];
  for (const { called, answered } of ids) {
    if (called !== undefined) open.add(called);
    open.delete(answered);
    lost.delete(answered);
  }
  return { open, lost };
}

function withoutCalls(message: AssistantMessage, lost: ReadonlySet<unknown>): AssistantMessage {
  const content = message.content.filter((block) => !lost.has(idsOf(block).called));
  return content.length === message.content.length ? message : { ...message, content };
}

interface CallIds {
  readonly called?: unknown;
  readonly answered?: unknown;
}

const NO_IDS: CallIds = {};

/** Which call a block is, or which it answers. */
function idsOf(block: AssistantBlock): CallIds {
  if (block.type !== 'opaque' || block.family !== 'anthropic') return NO_IDS;
  const { type, id, tool_use_id: answered } = block.data;
  return CALL_TYPES.includes(type) ? { called: id } : { answered };
}
