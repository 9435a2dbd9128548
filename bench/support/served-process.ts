/**
 * Serves streams over HTTP in a process of its own: those of the service, or those of a handler that passes on what the vendor's SDK reads.
 *
 *     node --expose-gc --conditions=reprise-source served-process.ts <raw | service> <url of the vendor> <database> <full | normal>
 *
 * Sends its URL to its parent, answers each message with what it has cost so far, and ends with its parent.
 */

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { createAdaptorServer } from '@hono/node-server';
import { createAgent } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { anthropic } from '@reprise/providers';
import { createHandler } from '@reprise/service';
import { countingStore } from './counting-store.ts';

const [kind, baseURL, database, synchronous] = process.argv.slice(2);
const AT_ONCE = 1000;
let counts: ReadonlyMap<string, number> = new Map();

/** What a process has used since it began. */
export interface ServedCost {
  /** Live, after a collection. */
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
  /** Appends of events, and all other transactions. */
  readonly appends: number;
  readonly commits: number;
}

type Handle = (request: Request) => Promise<Response>;

const handlers: Readonly<Record<string, (vendor: string, path: string) => Handle>> = {
  raw(vendor) {
    const client = new Anthropic({ apiKey: 'bench', baseURL: vendor, maxRetries: 0 });
    return async (request) => {
      const { input } = (await request.json()) as { readonly input: string };
      const body = ReadableStream.from(rawFrames(client, input)).pipeThrough(new TextEncoderStream());
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
  },
  service(vendor, path) {
    const counting = countingStore(
      openSqliteStore({ path, synchronous: synchronous === 'normal' ? 'normal' : 'full' }),
    );
    counts = counting.counts;
    return createHandler({
      agent: createAgent({ model: anthropic({ apiKey: 'bench', baseURL: vendor }).model('claude-opus-5') }),
      store: counting.store,
      auth: 'none',
      limits: { maxRuns: AT_ONCE },
      concurrency: AT_ONCE,
      onError: (error) => console.error(error),
    });
  },
};

const create = handlers[kind ?? ''];
if (!create || baseURL === undefined || database === undefined) {
  throw new Error(`Say raw or service, the vendor's URL and a file; ${process.argv.slice(2).join(', ')} were given.`);
}
const server = createAdaptorServer({ fetch: create(baseURL, database) }) as Server;
server.listen(0, '127.0.0.1', 1024, () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('message', () => process.send?.(costSoFar()));
process.once('disconnect', () => process.exit());

/** What one writes who only passes on: as many frames as deltas, numbered, and an end. */
async function* rawFrames(client: Anthropic, question: string): AsyncGenerator<string> {
  const messages = [{ role: 'user', content: question } as const];
  const stream = await client.messages.create({ model: 'claude-opus-5', max_tokens: 4096, messages, stream: true });
  let number = 0;
  const frame = (event: { readonly type: string; readonly [field: string]: unknown }) => {
    number += 1;
    return `id: ${number}\nevent: ${event.type}\ndata: ${JSON.stringify({ number, ...event })}\n\n`;
  };
  for await (const event of stream) {
    if (event.type !== 'content_block_delta' || event.delta.type !== 'text_delta') continue;
    yield frame({ type: 'text-delta', index: event.index, text: event.delta.text });
  }
  yield frame({ type: 'run-end', reason: 'end-turn' });
}

function costSoFar(): ServedCost {
  const { user, system } = process.cpuUsage();
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const appends = counts.get('appendRunEvents') ?? 0;
  const commits = counts.values().reduce((sum, count) => sum + count, 0) - appends;
  return { heapBytes: heapUsed, rssBytes: rss, cpuMs: (user + system) / 1000, appends, commits };
}
