/**
 * Reads many slow streams at once, and prints what that took as JSON.
 *
 *     node --expose-gc slow-streams-process.ts <raw | agent> <url> <streams> <seconds>
 */

import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { initialState, runAgent } from '@reprise/agent';
import { anthropic } from '@reprise/providers';

const [kind, url, streams = '500', seconds = '10'] = process.argv.slice(2);
const QUESTION = 'Say a lot, slowly.';

/** What one process saw. */
export interface SlowStreamsCost {
  /** Live heap of one stream, in bytes. */
  readonly heapBytes: number;
  readonly cpuMs: number;
  /** Text deltas a second, of all streams. */
  readonly deltasPerSecond: number;
}

type Read = (baseURL: string, onDelta: () => void) => Promise<void>;

const readers: Readonly<Record<string, Read>> = {
  async raw(baseURL, onDelta) {
    const client = new Anthropic({ apiKey: 'bench', baseURL, maxRetries: 0 });
    const texts: string[] = [];
    const messages = [{ role: 'user', content: QUESTION } as const];
    const stream = await client.messages.create({ model: 'claude-opus-5', max_tokens: 4096, messages, stream: true });
    for await (const event of stream) {
      if (event.type !== 'content_block_delta' || event.delta.type !== 'text_delta') continue;
      texts.push(event.delta.text);
      onDelta();
    }
  },
  async agent(baseURL, onDelta) {
    const model = anthropic({ apiKey: 'bench', baseURL }).model('claude-opus-5');
    for await (const event of runAgent(initialState(), QUESTION, { model })) {
      if (event.type === 'text-delta') onDelta();
    }
  },
};

const read = readers[kind ?? ''];
if (!read || url === undefined) throw new Error(`Say raw or agent, and the URL; ${kind} and ${url} were given.`);
let deltas = 0;
const idleBytes = liveBytes();
const running = Array.from({ length: Number(streams) }, (_, index) => read(`${url}/${kind}-${index}`, () => count()));
await sleep(2000);
const before = { deltas, cpu: process.cpuUsage(), at: performance.now() };
await sleep(Number(seconds) * 1000);
const { user, system } = process.cpuUsage(before.cpu);
const elapsedSeconds = (performance.now() - before.at) / 1000;
const deltasPerSecond = (deltas - before.deltas) / elapsedSeconds;
const heapBytes = (liveBytes() - idleBytes) / Number(streams);
process.stdout.write(
  JSON.stringify({ heapBytes, cpuMs: (user + system) / 1000, deltasPerSecond } satisfies SlowStreamsCost),
);
// What is still being said is of no interest.
process.exit(running.length > 0 ? 0 : 1);

function count(): void {
  deltas += 1;
}

function liveBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
