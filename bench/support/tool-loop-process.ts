/**
 * A server of Messages streams in a process of its own: each path is a conversation, whose first answers call a tool and whose last is a text.
 *
 *     node tool-loop-process.ts <tool turns> <ms between deltas> <deltas>
 *
 * Prints its URL. Ends when its standard input does.
 */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const TOOL_TURNS = Number(process.argv[2]);
const DELTA_MS = Number(process.argv[3] ?? 0);
const DELTAS = Number(process.argv[4] ?? 40);

const turnsOf = new Map<string, number>();

const server = createServer((request, response) => {
  const conversation = request.url ?? '';
  request.resume().on('end', async () => {
    const turn = turnsOf.get(conversation) ?? 0;
    turnsOf.set(conversation, turn + 1);
    await answer(response, framesOf(turn));
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` }));
});
process.stdin.resume().on('end', () => process.exit());

async function answer(response: ServerResponse, frames: readonly string[]): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (DELTA_MS === 0) return void response.end(frames.join(''));
  for (const frame of frames) {
    if (response.destroyed) return;
    response.write(frame);
    await sleep(DELTA_MS);
  }
  response.end();
}

function framesOf(turn: number): readonly string[] {
  const isLast = turn === TOOL_TURNS;
  const usage = { input_tokens: 4, cache_creation_input_tokens: 520, cache_read_input_tokens: 480 * turn };
  const text = Array.from({ length: DELTAS }, (_, delta) => ({ type: 'text_delta', text: `word ${delta} ` }));
  const call = [`{"path":"src/file-${turn}.ts",`, '"from":1,', '"to":200}'];
  const message = { id: `msg_${turn}`, type: 'message', role: 'assistant', model: 'claude-opus-5', content: [] };
  return [
    { type: 'message_start', message: { ...message, usage: { ...usage, output_tokens: 1 } } },
    ...blockEvents(0, { type: 'text', text: '' }, text),
    ...(isLast
      ? []
      : blockEvents(1, { type: 'tool_use', id: `toolu_${turn}`, name: 'read', input: {} }, call.map(argument))),
    {
      type: 'message_delta',
      delta: { stop_reason: isLast ? 'end_turn' : 'tool_use' },
      usage: { ...usage, output_tokens: 90 },
    },
    { type: 'message_stop' },
  ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

function argument(json: string): object {
  return { type: 'input_json_delta', partial_json: json };
}

interface WireEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

function blockEvents(index: number, block: object, deltas: readonly object[]): readonly WireEvent[] {
  return [
    { type: 'content_block_start', index, content_block: block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}
