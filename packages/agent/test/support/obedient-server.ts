import {
  anthropic,
  asObject,
  type Model,
  openai,
  priceTurn,
  tokensFromAnthropic,
  tokensFromOpenAIChat,
} from '@reprise/providers';
import type { LoggedRequest, Reply, ScriptRequest } from '@reprise/simulator';
import { simulator } from './simulated.ts';

/** What a model that obeys its output cap wants to say. */
export type Wish = (request: ScriptRequest) => { readonly words: number; readonly calls?: readonly string[] };

/** The cap of the request that is under way; requests come one after the other. */
interface Cap {
  tokens: number;
}

const MODELS_BY_FAMILY = {
  anthropic: (url: string, fetch: typeof globalThis.fetch) =>
    anthropic({ apiKey: 'simulated', baseURL: url, fetch }).model('claude-opus-5'),
  'openai-chat': (url: string, fetch: typeof globalThis.fetch) =>
    openai({ apiKey: 'simulated', baseURL: `${url}/v1`, fetch }).model('gpt-5.2'),
};

export type ObedientFamily = keyof typeof MODELS_BY_FAMILY;

/** A server whose model never writes more than it may, and a model that asks it. */
export async function obedientServer(family: ObedientFamily, wish: Wish) {
  const cap: Cap = { tokens: 0 };
  const server = await simulator((request) => reply(wish(request), cap.tokens));
  const model: Model = MODELS_BY_FAMILY[family](server.url, (input, init) => {
    const body = asObject(JSON.parse(String(init?.body))) ?? {};
    cap.tokens = Number(body['max_tokens'] ?? body['max_completion_tokens'] ?? 128_000);
    return fetch(input, init);
  });
  return { server, model, caps: cap };
}

/** A word is one token; a call and the end of an answer are a few. */
function reply({ words, calls = [] }: ReturnType<Wish>, cap: number): Reply {
  const room = cap - 10 - calls.length * 20;
  const text = Array.from({ length: Math.max(0, Math.min(words, room)) }, () => 'word').join(' ');
  return { text, toolCalls: room < 0 ? [] : calls.map((name) => ({ name })) };
}

/** What a request has cost by the server's own counts, whatever the client has seen of them. */
export function servedPicoUsd({ family, model, usage, at }: LoggedRequest): bigint {
  const tokens = family === 'anthropic' ? tokensFromAnthropic(usage) : tokensFromOpenAIChat(usage);
  const { picoUsd } = priceTurn(tokens, { family, model, at });
  if (picoUsd === undefined) throw new Error(`The price of ${model} is not known.`);
  return picoUsd;
}
