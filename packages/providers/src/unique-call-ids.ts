import { derivedCallId } from './derived-call-id.ts';
import { type Addition, foldGrowing } from './frozen.ts';
import { GrowingSet } from './growing-set.ts';
import { type AssistantBlock, type AssistantMessage, type Message, type ToolMessage, toolCalls } from './message.ts';

/**
 * The messages with an id of its own for each call: themselves where the models that made them gave each one, as most do. Some servers
 * begin anew with every response (`functions.search:0`), and Claude's vendor refuses a history in which two calls share an id ("`tool_use`
 * ids must be unique", 2026-11).
 *
 * The first call keeps the id and each later one gets one derived from it, its result too; so a longer history only adds to what a
 * shorter one was sent as.
 */
export function withUniqueCallIds(messages: readonly Message[]): readonly Message[] {
  return repeatedIds(messages).length === 0 ? messages : renameRepeats(messages);
}

const repeatedIds = foldGrowing(GrowingSet.empty<string>(), (message: Message, _index, before: GrowingSet<string>) => {
  const repeated: string[] = [];
  let given = before;
  for (const id of message.role === 'assistant' ? idsOf(message) : []) {
    if (given.has(id)) repeated.push(id);
    given = given.with(id);
  }
  return { results: repeated, state: given };
});

function idsOf(message: AssistantMessage): readonly string[] {
  return toolCalls(message).map(({ id }) => id);
}

/** What a message has to know of those before it. */
interface CallsBefore {
  /** The ids that were given, those of the latest message first. A chain, as each message keeps its own. */
  readonly given: GivenIds | undefined;
  /** The calls of the latest message with calls, in order. */
  readonly latest: readonly RenamedCall[];
}

interface GivenIds {
  readonly ids: readonly string[];
  readonly earlier: GivenIds | undefined;
}

interface RenamedCall {
  readonly id: string;
  readonly ownId: string;
}

const NO_CALLS: CallsBefore = { given: undefined, latest: [] };

const renameRepeats: (messages: readonly Message[]) => readonly Message[] = foldGrowing(
  NO_CALLS,
  (message: Message, _index, before: CallsBefore): Addition<Message, CallsBefore> => {
    switch (message.role) {
      case 'user':
        return { results: [message], state: before };
      case 'tool': {
        const { renamed, left } = renameResults(message, before.latest);
        return { results: [renamed], state: { ...before, latest: left } };
      }
      case 'assistant': {
        const ids = idsOf(message);
        if (ids.length === 0) return { results: [message], state: before };
        const latest = ids.map((id, index) => ({ id, ownId: ownId(id, ids.slice(0, index), before.given) }));
        return { results: [renameCalls(message, latest)], state: { given: { ids, earlier: before.given }, latest } };
      }
    }
  },
);

/** The id itself for the first call that has it. */
function ownId(id: string, inMessage: readonly string[], given: GivenIds | undefined): string {
  let count = timesIn(inMessage, id);
  for (let link = given; link; link = link.earlier) count += timesIn(link.ids, id);
  return count === 0 ? id : derivedCallId('repeated', count, id);
}

function timesIn(ids: readonly string[], id: string): number {
  return ids.filter((other) => other === id).length;
}

function renameCalls(message: AssistantMessage, calls: readonly RenamedCall[]): AssistantMessage {
  if (calls.every(({ id, ownId: own }) => id === own)) return message;
  const ownIds = calls.map(({ ownId: own }) => own);
  let next = 0;
  const content = message.content.map((block): AssistantBlock => {
    if (block.type !== 'tool-call') return renameKept(block, calls);
    const id = ownIds[next] ?? block.id;
    next += 1;
    return { ...block, id };
  });
  return { ...message, content };
}

/** An item of the Responses API that is kept beside its call names it, too. */
function renameKept(block: AssistantBlock, calls: readonly RenamedCall[]): AssistantBlock {
  if (block.type !== 'opaque' || block.family !== 'openai-responses') return block;
  const call = calls.find(({ id }) => id === block.data['call_id']);
  return call ? { ...block, data: { ...block.data, call_id: call.ownId } } : block;
}

/** Results of calls that share an id belong to them in order. */
function renameResults(
  message: ToolMessage,
  calls: readonly RenamedCall[],
): { readonly renamed: ToolMessage; readonly left: readonly RenamedCall[] } {
  const left = [...calls];
  const content = message.content.map((result) => {
    const at = left.findIndex(({ id }) => id === result.toolCallId);
    const [call] = at === -1 ? [] : left.splice(at, 1);
    return call && call.ownId !== call.id ? { ...result, toolCallId: call.ownId } : result;
  });
  const isSame = content.every((result, index) => result === message.content[index]);
  return { renamed: isSame ? message : { ...message, content }, left };
}
