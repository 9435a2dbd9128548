const CHUNK_BYTES = 16_384;
const WORD = 'word ';

/** A `fetch` that answers every call with the body, in pieces of the size a socket gives. */
export function servedInChunks(body: Uint8Array): typeof fetch {
  return async () => {
    let offset = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (offset >= body.length) return controller.close();
        controller.enqueue(body.slice(offset, offset + CHUNK_BYTES));
        offset += CHUNK_BYTES;
      },
    });
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  };
}

/** A Messages stream of one text in so many deltas. */
export function anthropicText(deltas: number): Uint8Array {
  return anthropicStream(
    { type: 'text', text: '' },
    repeated(deltas, () => ({ type: 'text_delta', text: WORD })),
    'end_turn',
  );
}

/** A Messages stream of this text, with the counters that a request with cache marks gets. */
export function anthropicAnswer(text: string, from: { readonly id: string; readonly model: string }): Uint8Array {
  const usage = {
    input_tokens: 4,
    cache_creation_input_tokens: 520,
    cache_read_input_tokens: 20_480,
    cache_creation: { ephemeral_5m_input_tokens: 520, ephemeral_1h_input_tokens: 0 },
    output_tokens: 490,
    service_tier: 'standard',
  };
  const pieces = text.match(/.{1,64}/gs) ?? [];
  const deltas = pieces.map((piece) => ({ type: 'text_delta', text: piece }));
  return anthropicStream({ type: 'text', text: '' }, deltas, 'end_turn', { ...from, usage });
}

/** A Messages stream of one tool call whose arguments come in so many deltas. */
export function anthropicToolCall(deltas: number): Uint8Array {
  const pieces = argumentPieces(deltas).map((partial_json) => ({ type: 'input_json_delta', partial_json }));
  return anthropicStream({ type: 'tool_use', id: 'toolu_1', name: 'write', input: {} }, pieces, 'tool_use');
}

function anthropicStream(
  block: object,
  deltas: readonly object[],
  stopReason: string,
  fields?: { readonly usage: { readonly output_tokens: number } },
): Uint8Array {
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    usage: { input_tokens: 9, output_tokens: 1 },
    ...fields,
  };
  const outputTokens = fields?.usage.output_tokens ?? deltas.length;
  return bytes(
    [
      { type: 'message_start', message },
      { type: 'content_block_start', index: 0, content_block: block },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: stopReason }, usage: { output_tokens: outputTokens } },
      { type: 'message_stop' },
    ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
  );
}

/** A Chat Completions stream of one text in so many deltas. */
export function openaiText(deltas: number): Uint8Array {
  return openaiStream(
    repeated(deltas, () => ({ content: WORD })),
    'stop',
  );
}

/** A Chat Completions stream of one tool call whose arguments come in so many deltas. */
export function openaiToolCall(deltas: number): Uint8Array {
  const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'write', arguments: '' } };
  const pieces = argumentPieces(deltas).map((text) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] }));
  return openaiStream([{ tool_calls: [call] }, ...pieces], 'tool_calls');
}

function openaiStream(deltas: readonly object[], finishReason: string): Uint8Array {
  const chunk = (fields: object) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    ...fields,
  });
  const usage = { prompt_tokens: 9, completion_tokens: deltas.length, total_tokens: deltas.length + 9 };
  return bytes(
    [
      ...deltas.map((delta) => chunk({ choices: [{ index: 0, delta, finish_reason: null }], usage: null })),
      chunk({ choices: [{ index: 0, delta: {}, finish_reason: finishReason }], usage: null }),
      chunk({ choices: [], usage }),
    ]
      .map((event) => `data: ${JSON.stringify(event)}\n\n`)
      .concat('data: [DONE]\n\n'),
  );
}

/** The JSON of `{"text": "word word …"}` in so many pieces. */
function argumentPieces(deltas: number): readonly string[] {
  return ['{"text":"', ...repeated(deltas - 2, () => WORD), '"}'];
}

function repeated<T>(times: number, make: () => T): readonly T[] {
  return Array.from({ length: times }, make);
}

function bytes(frames: readonly string[]): Uint8Array {
  return new TextEncoder().encode(frames.join(''));
}
