import type { AssistantMessage, Message, ToolCallBlock, ToolResultBlock, UserMessage } from '@reprise/providers';
import { type CallView, type MessageItemBody, messagesOf, type RunItem, type RunView } from '@reprise/service/client';

/** One row of a conversation: what somebody said, or a turn with what became of its calls. */
export type Row =
  | { readonly kind: 'user'; readonly key: string; readonly message: UserMessage; readonly isSteered: boolean }
  | { readonly kind: 'turn'; readonly key: string; readonly turn: TurnRow }
  | { readonly kind: 'item'; readonly key: string; readonly item: RunItem }
  | { readonly kind: 'growing'; readonly key: string; readonly view: RunView };

export interface TurnRow {
  readonly message: AssistantMessage;
  readonly calls: readonly CallView[];
}

/** The rows of messages that are committed: results stand with the calls they answer. */
export function historyRows(items: readonly MessageItemBody[]): readonly Row[] {
  return items.flatMap(({ index, message }, place): Row[] => {
    const key = `message/${index}`;
    if (message.role === 'user') return [{ kind: 'user', key, message, isSteered: false }];
    if (message.role === 'tool') return [];
    const after = items[place + 1]?.message;
    const results = after?.role === 'tool' ? after.content : [];
    return [{ kind: 'turn', key, turn: { message, calls: callsOf(message, results) } }];
  });
}

function callsOf(message: AssistantMessage, results: readonly ToolResultBlock[]): readonly CallView[] {
  return message.content
    .filter((block): block is ToolCallBlock => block.type === 'tool-call')
    .map((call) => {
      const result = results.find(({ toolCallId }) => toolCallId === call.id);
      return {
        id: call.id,
        name: call.name,
        call,
        state: result ? 'answered' : 'called',
        ...(result ? { result } : {}),
      };
    });
}

/** The rows of a run that is going: what it was asked, what it came to so far, and what is being written. */
export function runRows(view: RunView): readonly Row[] {
  const run = `run/${view.runId ?? ''}`;
  const asked: Row[] = view.input ? [{ kind: 'user', key: `${run}/input`, message: view.input, isSteered: false }] : [];
  const items = view.items.map((item, index): Row => {
    const key = `${run}/${index}`;
    if (item.type === 'user') return { kind: 'user', key, message: item.message, isSteered: true };
    if (item.type === 'turn' && !item.isSummary) return { kind: 'turn', key, turn: item };
    return { kind: 'item', key, item };
  });
  const growing: Row[] = view.growing.length > 0 ? [{ kind: 'growing', key: `${run}/growing`, view }] : [];
  return [...asked, ...items, ...growing];
}

/**
 * How many of these messages go before what the run itself has said: the history may hold the beginning of the run already, and then ends
 * with it.
 */
export function messagesBeforeRun(history: readonly Message[], view: RunView): number {
  const ofRun = messagesOf(view).map((message) => JSON.stringify(message));
  const known = history.slice(-ofRun.length).map((message) => JSON.stringify(message));
  for (let length = Math.min(ofRun.length, known.length); length > 0; length -= 1) {
    const tail = known.slice(known.length - length);
    if (tail.every((message, index) => message === ofRun[index])) return history.length - length;
  }
  return history.length;
}
