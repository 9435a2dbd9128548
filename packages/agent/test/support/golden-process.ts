// A conversation with tools, images and thoughts, in a process of its own.
// Arguments: database, simulator URL, family, how many questions, `whole` or `killed`, and the order in which tools are registered,
// `forwards` or `backwards`.
// Killed, it ends itself by SIGKILL after its first turn. Exits with 0 once every question is answered, and with 1 if a run fails.

import { createHash } from 'node:crypto';
import { createAgent, type Tool, tool, toolBlocks } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import type { UserMessage } from '@reprise/providers';
import { anthropic, type ImageBlock, type Model, ollama, openai, openaiResponses } from '@reprise/providers';
import { z } from 'zod';

const [database = '', url = '', family = '', questions = '', ending = '', order = ''] = process.argv.slice(2);

const MODELS: Readonly<Record<string, () => Model>> = {
  anthropic: () => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5'),
  'openai-chat': () => openai({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.2'),
  'openai-responses': () => openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.2'),
  ollama: () => ollama({ host: url }).model('llama4'),
};

/** Of these the format takes an image as a result. */
const SHOWS_IMAGES = family === 'anthropic' || family === 'openai-responses';

function image(name: string): ImageBlock {
  const noise = Array.from({ length: 40 }, (_, part) => createHash('sha256').update(`${name} ${part}`).digest());
  const data = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...noise]).toString('base64');
  return { type: 'image', mediaType: 'image/png', data };
}

// Estonian sorts z before t, and Turkish has an i of its own.
const tools: readonly Tool[] = [
  tool({
    name: 'tap',
    description: 'Taps that often. Gibt genau das zurück, “so”.',
    input: z.object({ times: z.number(), where: z.string().optional() }),
    effect: 'effect',
    run: ({ times, where }) => ({ tapped: times, where: where ?? 'İstanbul', at: 0.1 + 0.2 }),
  }),
  tool({
    name: 'zap',
    description: 'Zaps.',
    input: z.object({ what: z.string() }),
    effect: 'idempotent',
    run: ({ what }) => {
      throw new Error(`${what} cannot be zapped`);
    },
  }),
  tool({
    name: 'say',
    description: 'Says.',
    input: z.object({ words: z.array(z.string()) }),
    effect: 'pure',
    run: ({ words }) => words.toSorted().join(' '),
  }),
  tool({
    name: 'IMAGINE',
    description: 'Draws.',
    input: z.object({ of: z.string() }),
    effect: 'pure',
    run: ({ of }) => (SHOWS_IMAGES ? toolBlocks([{ type: 'text', text: `A ${of}:` }, image(of)]) : `A ${of}.`),
  }),
];

function question(index: number): UserMessage {
  const text = { type: 'text', text: `Question ${index}: what is “ı${index}”?` } as const;
  return { role: 'user', content: index % 3 === 0 ? [image(`picture ${index}`), text] : [text] };
}

const agent = createAgent({
  model: (MODELS[family] ?? MODELS['anthropic'])?.() ?? '',
  system: Array.from({ length: 80 }, (_, rule) => `Rule ${rule}: be kind and be exact.`).join('\n'),
  tools: order === 'forwards' ? tools : tools.toReversed(),
  think: 'high',
  onPrefixChange: 'refuse',
});
const store = openSqliteStore(database);
const session = await agent.openSession(store, { id: 'golden' });

for (;;) {
  const { messages } = session.state;
  const last = messages.at(-1);
  const isAnswered =
    last === undefined || (last.role === 'assistant' && last.content.every(({ type }) => type !== 'tool-call'));
  const asked = messages.filter(({ role }) => role === 'user').length;
  if (isAnswered && asked === Number(questions)) break;
  for await (const event of session.send(isAnswered ? question(asked) : undefined)) {
    if (event.type === 'turn-end' && ending === 'killed') process.kill(process.pid, 'SIGKILL');
    if (event.type === 'run-end' && event.error) {
      process.stderr.write(`${event.error.stack}\n`);
      process.exit(1);
    }
  }
}
await session.close();
await store.close();
