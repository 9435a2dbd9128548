// What a stream costs through `model.stream`, as a ratio to iterating the vendor's raw SDK stream over the same bytes in the same run.
// Run with: npx pnpm --filter @reprise/bench stream

import Anthropic from '@anthropic-ai/sdk';
import { anthropic, openai, type Provider, userMessage } from '@reprise/providers';
import OpenAI from 'openai';
import { medianRatio } from './support/median-ratio.ts';
import {
  anthropicText,
  anthropicToolCall,
  openaiText,
  openaiToolCall,
  servedInChunks,
} from './support/wire-streams.ts';

interface Case {
  readonly name: string;
  readonly raw: () => Promise<number>;
  readonly ours: () => Promise<number>;
  readonly limit: number;
}

const TEXT_DELTAS = 20_000;
const ARGUMENT_DELTAS = 16_000;

const cases: readonly Case[] = [
  anthropicCase('anthropic, text', anthropicText(TEXT_DELTAS), 1.3),
  anthropicCase('anthropic, tool arguments', anthropicToolCall(ARGUMENT_DELTAS), 1.6),
  openaiCase('openai, text', openaiText(TEXT_DELTAS), 1.3),
  openaiCase('openai, tool arguments', openaiToolCall(ARGUMENT_DELTAS), 1.6),
];

for (const { name, raw, ours, limit } of cases) {
  const ratio = await medianRatio(ours, raw);
  console.log(`${name.padEnd(28)} ${ratio.toFixed(2)} × the raw SDK (at most ${limit})`);
}
for (const [name, make] of [
  ['anthropic, tool arguments', anthropicToolCall],
  ['openai, tool arguments', openaiToolCall],
] as const) {
  const few = make(ARGUMENT_DELTAS / 4);
  const many = make(ARGUMENT_DELTAS);
  const provider = name.startsWith('anthropic') ? anthropicProvider : openaiProvider;
  const growth = await medianRatio(
    () => drain(provider(many)),
    () => drain(provider(few)),
  );
  console.log(`${name.padEnd(28)} ${growth.toFixed(2)} × the time for 4 × the deltas (at most 5)`);
}

function anthropicCase(name: string, body: Uint8Array, limit: number): Case {
  return {
    name,
    limit,
    ours: () => drain(anthropicProvider(body)),
    raw: async () => {
      const client = new Anthropic({ apiKey: 'bench', fetch: servedInChunks(body) });
      const stream = await client.messages.create({
        model: 'm',
        max_tokens: 1,
        messages: [{ role: 'user', content: 'hi' }],
        stream: true,
      });
      return count(stream);
    },
  };
}

function openaiCase(name: string, body: Uint8Array, limit: number): Case {
  return {
    name,
    limit,
    ours: () => drain(openaiProvider(body)),
    raw: async () => {
      const client = new OpenAI({ apiKey: 'bench', fetch: servedInChunks(body) });
      const stream = await client.chat.completions.create({
        model: 'm',
        messages: [{ role: 'user', content: 'hi' }],
        stream: true,
      });
      return count(stream);
    },
  };
}

function anthropicProvider(body: Uint8Array): Provider {
  return anthropic({ apiKey: 'bench', fetch: servedInChunks(body) });
}

function openaiProvider(body: Uint8Array): Provider {
  return openai({ apiKey: 'bench', fetch: servedInChunks(body) });
}

async function drain(provider: Provider): Promise<number> {
  return count(provider.model('m').stream({ messages: [userMessage('hi')] }));
}

async function count(stream: AsyncIterable<unknown>): Promise<number> {
  let events = 0;
  for await (const _event of stream) events += 1;
  return events;
}
