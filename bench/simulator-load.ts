/**
 * How the simulator stands a crowd: `CLIENTS` clients stream one conversation after the other from it for `SECONDS` seconds.
 *
 *     npx pnpm --filter @reprise/bench simulator-load [seconds] [clients]
 *
 * Prints answers, errors, and the memory of the process that holds both, after a collection where `--expose-gc` allows one.
 */

import Anthropic from '@anthropic-ai/sdk';
import { startSimulator } from '@reprise/simulator';

const SECONDS = Number(process.argv[2] ?? 60);
const CLIENTS = Number(process.argv[3] ?? 200);
const TURNS = 5;
const REPLY = Array.from({ length: 40 }, (_, word) => `word${word}`).join(' ');
const SYSTEM = Array.from({ length: 300 }, (_, line) => `Rule ${line}: be exact.`).join('\n');

const simulator = await startSimulator({ script: () => REPLY });
const client = new Anthropic({ apiKey: 'bench', baseURL: simulator.url, maxRetries: 0 });
const endsAt = Date.now() + SECONDS * 1000;
const tally = { answers: 0, errors: 0, read: 0, prompt: 0 };

async function converse(name: string): Promise<void> {
  const messages: Anthropic.MessageParam[] = [];
  for (let turn = 0; turn < TURNS && Date.now() < endsAt; turn += 1) {
    messages.push({ role: 'user', content: `${name}: and then?` });
    const text = await streamAnswer(messages);
    messages.push({ role: 'assistant', content: text });
  }
}

async function streamAnswer(messages: Anthropic.MessageParam[]): Promise<string> {
  const pieces: string[] = [];
  const stream = await client.messages.create({
    model: 'claude-opus-5',
    max_tokens: 500,
    cache_control: { type: 'ephemeral' },
    system: SYSTEM,
    messages,
    stream: true,
  });
  for await (const event of stream) {
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') pieces.push(event.delta.text);
    if (event.type !== 'message_delta') continue;
    const { usage } = event;
    const read = usage.cache_read_input_tokens ?? 0;
    tally.read += read;
    tally.prompt += read + (usage.input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
  }
  const text = pieces.join('');
  if (text !== REPLY) throw new Error('The answer is not what the script says.');
  tally.answers += 1;
  return text;
}

async function crowd(number: number): Promise<void> {
  for (let conversation = 0; Date.now() < endsAt; conversation += 1) {
    await converse(`client ${number}, conversation ${conversation}`).catch((error: unknown) => {
      tally.errors += 1;
      if (tally.errors === 1) process.stderr.write(`${error}\n`);
    });
  }
}

function megabytes(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1024 / 1024);
}

const report = setInterval(() => {
  process.stdout.write(`${tally.answers} answers, ${tally.errors} errors, ${megabytes()} MB\n`);
}, 10_000);
await Promise.all(Array.from({ length: CLIENTS }, (_, number) => crowd(number)));
clearInterval(report);
await simulator.close();

const share = ((100 * tally.read) / tally.prompt).toFixed(1);
process.stdout.write(
  `${CLIENTS} clients, ${SECONDS} s: ${tally.answers} answers (${Math.round(tally.answers / SECONDS)} a second), ${tally.errors} errors, ` +
    `${share} % of the prompt read from cache, ${megabytes()} MB at the end\n`,
);
process.exitCode = tally.errors === 0 ? 0 : 1;
