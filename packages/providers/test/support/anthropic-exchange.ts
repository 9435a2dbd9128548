import { Anthropic } from '@anthropic-ai/sdk';
import { streamAnthropic } from '../../src/anthropic/provider.ts';
import type { AssistantTurn } from '../../src/assistant-turn.ts';
import { userMessage } from '../../src/message.ts';
import type { ModelRequest } from '../../src/request.ts';
import type { StreamEvent, WarningEvent } from '../../src/stream-event.ts';
import { collectEvents, lastTurn } from './collect-stream.ts';

/** One call as it was sent and answered. */
export interface Exchanged {
  /** The request's body as JSON text, and parsed. */
  readonly sent: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly events: readonly StreamEvent[];
  readonly warnings: readonly WarningEvent[];
  readonly turn: AssistantTurn;
}

/** A request that says hi, and more. */
export function hello(more: Partial<ModelRequest> = {}): ModelRequest {
  return { messages: [userMessage('hi')], ...more };
}

/** A call through the real SDK client to a vendor that answers with these wire events; by default it says hello. */
export async function exchange(
  request: ModelRequest,
  model: string,
  wire: readonly object[] = [messageStart(), ...textBlock(0, 'hello'), ...messageEnd()],
): Promise<Exchanged> {
  let sent = '';
  const answer: typeof fetch = async (_url, init) => {
    sent = String(init?.body);
    return new Response(sse(wire), { headers: { 'content-type': 'text/event-stream' } });
  };
  const client = new Anthropic({ apiKey: 'k', baseURL: 'https://api.anthropic.com', fetch: answer, logLevel: 'off' });
  const events = await collectEvents(streamAnthropic(client, request, { model, retry: false }));
  return {
    sent,
    body: JSON.parse(sent),
    events,
    warnings: events.filter((event) => event.type === 'warning'),
    turn: lastTurn(events),
  };
}

/** Wire events as server-sent events. */
export function sse(wire: readonly object[]): string {
  return wire
    .map((event) => `event: ${'type' in event ? event.type : ''}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('');
}

export function messageStart(more: object = {}): object {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-test-1', content: [], ...more };
  return { type: 'message_start', message: { usage: { input_tokens: 5, output_tokens: 1 }, ...message } };
}

export function messageEnd(stop_reason = 'end_turn', more: object = {}): readonly object[] {
  const delta = { stop_reason, stop_sequence: null, ...more };
  return [{ type: 'message_delta', delta, usage: { output_tokens: 2 } }, { type: 'message_stop' }];
}

/** The events of one block, with the deltas between. */
export function block(index: number, content_block: object, ...deltas: readonly object[]): readonly object[] {
  return [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

export function textBlock(index: number, ...pieces: readonly string[]): readonly object[] {
  return block(index, { type: 'text', text: '' }, ...pieces.map((text) => ({ type: 'text_delta', text })));
}
