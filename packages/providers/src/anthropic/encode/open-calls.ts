import type { AssistantBlock, AssistantMessage, Message } from '../../message.ts';

/** What the vendor runs by itself: its own tools, and those of MCP servers that it talks to. */
const CALL_TYPES: readonly unknown[] = ['server_tool_use', 'mcp_tool_use'];

/**
 * The history without calls of the vendor's own tools that have no result and can get none any more, since the user has spoken after
 * them: those of an answer that was cut off, or of a pause that nobody let go on. The vendor refuses them there ("was found without a
 * corresponding `web_search_tool_result` block", seen 2026). At the end of the history they stay: the vendor goes on from them.
 */
export function withoutLostCalls(messages: readonly Message[]): readonly Message[] {
  const lost = lostCalls(messages);
  if (lost.size === 0) return messages;
  return messages.map((message) => (message.role === 'assistant' ? withoutCalls(message, lost) : message));
}

/**
 * Whether the history ends within a call of one of the vendor's own tools: results of our tools may follow, such as those that the
 * vendor's code has called, and nothing else. The vendor refuses a user's message there.
 */
export function endsInOpenCall(messages: readonly Message[]): boolean {
  const start = messages.findLastIndex(({ role }) => role === 'user') + 1;
  const ids = messages.slice(start).flatMap(({ role, content }) => (role === 'assistant' ? content.map(idsOf) : []));
  return ids.some(({ called }) => called !== undefined && !ids.some(({ answered }) => answered === called));
}

function lostCalls(messages: readonly Message[]): ReadonlySet<unknown> {
  const open = new Set<unknown>();
  const lost = new Set<unknown>();
  for (const message of messages) {
    if (message.role === 'user') for (const id of open) lost.add(id);
    for (const block of message.role === 'assistant' ? message.content : []) {
      const { called, answered } = idsOf(block);
      if (called !== undefined) open.add(called);
      open.delete(answered);
      lost.delete(answered);
    }
  }
  return lost;
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
