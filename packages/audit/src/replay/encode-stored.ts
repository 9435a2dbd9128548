/**
 * Stored requests as their vendor was sent them: no network, no credentials.
 *
 * Owns: which adapters may have sent a request, and how its body is had from one.
 * Leaves to the adapters: the wire. To `recorded-turns.ts`: whether what comes out is what was sent.
 *
 * W1. A host is not stored. Its adapters are tried in turn, and the fingerprint tells which it was.
 */

import {
  anthropicModel,
  type Model,
  type ModelRequest,
  ollamaModel,
  openaiChatModel,
  openaiResponsesModel,
} from '@reprise/providers';
import type { AskedModel } from './request-columns.ts';

/** A model that sends nothing. */
export interface SilentModel {
  readonly prefixBlocks: Model['prefixBlocks'];
  /** The body that a request would be sent as; `undefined` for one that its adapter refuses, or for a model of the caller's. */
  body(request: ModelRequest): Promise<unknown>;
}

/** The adapters that may have sent a model's requests, likeliest first; none for a family that has no adapter here. */
export function silentModels({ family, model }: AskedModel): readonly SilentModel[] {
  switch (family) {
    case 'anthropic':
      return [silent((keep) => anthropicModel({ messages: { create: keep } }, model))];
    case 'openai-responses':
      return [silent((keep) => openaiResponsesModel({ responses: { create: keep } }, model))];
    case 'openai-chat':
      return CHAT_VENDORS.map((vendor) =>
        silent((keep) => openaiChatModel({ chat: { completions: { create: keep } } }, model, { vendor })),
      );
    case 'ollama':
      return [silent((keep) => ollamaModel({ chat: keep }, model))];
    default:
      return [];
  }
}

/** A model of the caller's. Its body is not known, and so nothing that is set beside the prefix. */
export function silentModelOf(model: Model): SilentModel {
  return { prefixBlocks: (request) => model.prefixBlocks(request), body: async () => undefined };
}

/** Hosts of Chat Completions whose histories are encoded in a way of their own, behind those that follow the format. */
const CHAT_VENDORS: readonly string[] = [
  'openai',
  'unknown',
  'deepseek',
  'openrouter',
  'google',
  'moonshotai',
  'mistral',
  'zai',
  'vercel-gateway',
  'snowflake',
  'litellm',
  'perplexity',
  'ollama',
  'llama.cpp',
  'vllm',
];

type Keep = (body: unknown) => Promise<never>;

function silent(modelFrom: (keep: Keep) => Model): SilentModel {
  return {
    prefixBlocks: modelFrom(refuse).prefixBlocks,
    async body(request) {
      let kept: unknown;
      const model = modelFrom((body) => {
        kept = body;
        return refuse();
      });
      try {
        await model.stream(request, { retry: false }).turn;
      } catch {
        // A request that its adapter refuses has no body.
      }
      return kept;
    },
  };
}

/** The place of a request is taken by an error, so that nothing waits for an answer. */
async function refuse(): Promise<never> {
  throw new Error('This model sends nothing.');
}
