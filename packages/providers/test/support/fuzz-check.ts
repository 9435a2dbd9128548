import { assistantTurn } from '../../src/assistant-turn.ts';
import { type AssistantMessage, toolCalls, userMessage } from '../../src/message.ts';
import type { Model } from '../../src/model.ts';
import type { ModelRequest } from '../../src/request.ts';
import type { StreamEvent } from '../../src/stream-event.ts';
import { brokenStreamRules } from '../../src/testing/stream-rules.ts';
import type { StreamDecoder } from '../../src/transport/send.ts';

/** What a decoder makes of a response, as the stream it would be. */
export function decodedStream(decoder: StreamDecoder<unknown>, wire: readonly unknown[]): readonly StreamEvent[] {
  const events = wire.flatMap((event) => decoder.decode(event));
  const { warnings = [], stopReason = 'error', error, ...parts } = decoder.finish();
  if (stopReason !== 'error' && error === undefined) {
    return [...events, ...warnings, { type: 'assistant-turn', turn: assistantTurn({ ...parts, stopReason }) }];
  }
  // What an exchange makes of a response that failed or was cut is not the decoder's: here it ends well.
  return [...events, ...warnings, { type: 'assistant-turn', turn: assistantTurn(parts) }];
}

/** Tells what is wrong with a stream that any bytes may have made; nothing, if all is well. */
export type StreamCheck = (events: readonly StreamEvent[]) => readonly string[];

/** The rules of every stream, and that its message can be sent back to the model. */
export function createStreamCheck(model: Model): StreamCheck {
  // Many broken responses leave the same message.
  const known = new Set<string>();
  return (events) => {
    const broken = brokenStreamRules(events);
    const last = events.at(-1);
    if (last?.type !== 'assistant-turn') return broken;
    const { message } = last.turn;
    const text = JSON.stringify(message.content);
    if (known.has(text)) return broken;
    const unsound = brokenMessage(message, model);
    if (unsound.length === 0) known.add(text);
    return [...broken, ...unsound];
  };
}

/** A message of the history has to be one that can be sent back. */
function brokenMessage(message: AssistantMessage, model: Model): readonly string[] {
  const ids = toolCalls(message).map(({ id }) => id);
  return [
    ...(message.content.some((block) => block.type === 'text' && block.text === '') ? ['A text is empty.'] : []),
    ...(ids.includes('') ? ['A call has no id.'] : []),
    ...(new Set(ids).size === ids.length ? [] : [`Calls share an id: ${ids.join(', ')}.`]),
    ...unsendable(followUp(message), model),
  ];
}

function unsendable(request: ModelRequest, model: Model): readonly string[] {
  try {
    // Encodes the request, and sends nothing before the stream is read.
    model.stream(request);
    model.prefixBlocks(request);
    return [];
  } catch (error) {
    return [`The message cannot be sent back: ${error}`];
  }
}

/** The request after the message: its calls are answered, and the user goes on. */
function followUp(message: AssistantMessage): ModelRequest {
  const results = toolCalls(message).map(({ id, name }) => ({
    type: 'tool-result' as const,
    toolCallId: id,
    toolName: name,
    content: [{ type: 'text' as const, text: 'done' }],
    isError: false,
  }));
  return {
    messages: [
      userMessage('hi'),
      message,
      ...(results.length > 0 ? [{ role: 'tool' as const, content: results }] : []),
      userMessage('go on'),
    ],
  };
}
