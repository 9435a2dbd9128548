/**
 * A server of Messages streams in a process of its own, whose every delta says when it was sent, in milliseconds of the machine's clock that
 * never goes back.
 *
 *     node stamped-answers-process.ts <deltas> <ms between deltas>
 *
 * Sends its URL to its parent, and ends with it.
 */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { machineMs } from './machine-clock.ts';

const DELTAS = Number(process.argv[2]);
const DELTA_MS = Number(process.argv[3]);
const USAGE = { input_tokens: 20, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
const MESSAGE = { type: 'message', role: 'assistant', model: 'claude-opus-5', content: [] };

const server = createServer((request, response) => {
  request.resume().on('end', () => void answer(response));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.(`http://127.0.0.1:${port}`);
});
process.once('disconnect', () => process.exit());

async function answer(response: ServerResponse): Promise<void> {
  const say = (event: { readonly type: string; readonly [field: string]: unknown }) =>
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  const index = 0;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  say({ type: 'message_start', message: { ...MESSAGE, id: 'msg_1', usage: { ...USAGE, output_tokens: 1 } } });
  say({ type: 'content_block_start', index, content_block: { type: 'text', text: '' } });
  const startsAt = machineMs();
  for (let delta = 1; delta <= DELTAS && !response.destroyed; delta += 1) {
    // By the clock, so that a busy machine makes an answer no longer.
    await sleep(Math.max(0, startsAt + delta * DELTA_MS - machineMs()));
    say({ type: 'content_block_delta', index, delta: { type: 'text_delta', text: `@${machineMs().toFixed(3)}@ ` } });
  }
  say({ type: 'content_block_stop', index });
  say({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { ...USAGE, output_tokens: DELTAS } });
  say({ type: 'message_stop' });
  response.end();
}
