import type { AssistantTurn } from '../../src/assistant-turn.ts';
import { userMessage } from '../../src/message.ts';
import type { ModelRequest } from '../../src/request.ts';
import type { StreamEvent } from '../../src/stream-event.ts';

/** A request of one user message. */
export function userRequest(text: string): ModelRequest {
  return { messages: [userMessage(text)] };
}

/** Every event of a stream. */
export async function collectEvents(stream: AsyncIterable<StreamEvent>): Promise<readonly StreamEvent[]> {
  return Array.fromAsync(stream);
}

/** The turn that ends a stream. */
export async function collectTurn(stream: AsyncIterable<StreamEvent>): Promise<AssistantTurn> {
  return lastTurn(await collectEvents(stream));
}

export function lastTurn(events: readonly StreamEvent[]): AssistantTurn {
  const last = events.at(-1);
  if (last?.type !== 'assistant-turn') throw new Error(`A stream ended with ${last?.type ?? 'nothing'}.`);
  return last.turn;
}

/** The pieces of one kind, joined. */
export function deltaText(events: readonly StreamEvent[], type: 'text-delta' | 'thinking-delta'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('');
}
