/**
 * A vendor's response object as what a ledger row says of it.
 *
 * Owns: which vendor's shape an object has, and where in it usage, model and time lie.
 * Leaves to `@reprise/providers`: reading counters and bills.
 */

import {
  asArray,
  asObject,
  type Billing,
  billingFromUsage,
  type Family,
  type TokenCounts,
  tokensFromAnthropic,
  tokensFromOllama,
  tokensFromOpenAIChat,
  tokensFromOpenAIResponses,
} from '@reprise/providers';
import type { LedgerRow } from '../../ledger.ts';
import { readTime } from './read-time.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a response object tells of its row. */
export interface ReadResponse {
  readonly family: Family;
  /** `undefined` where the response does not name it. */
  readonly model: string | undefined;
  readonly responseId: string | undefined;
  /** Epoch milliseconds at which the vendor began, by its own clock; `undefined` where it does not say. */
  readonly createdAt: number | undefined;
  readonly usageState: LedgerRow['usageState'];
  readonly tokens: TokenCounts;
  readonly billing: Billing;
}

/** The shape of a vendor's response; `undefined` for what is none. */
export function familyOfResponse(response: Fields): Family | undefined {
  const { object, type, choices, done } = response;
  if (object === 'response') return 'openai-responses';
  if (Array.isArray(choices) || object === 'chat.completion' || object === 'text_completion') return 'openai-chat';
  if (type === 'message' && typeof response['role'] === 'string') return 'anthropic';
  if (done === true && typeof response['model'] === 'string') return 'ollama';
  return undefined;
}

/** Whether the object is a piece of an OpenAI stream: its counts are not those of a whole response. */
export function isStreamChunk({ object }: Fields): boolean {
  return object === 'chat.completion.chunk';
}

/** What the response tells; `undefined` where it has no counts. */
export function readResponse(family: Family, response: Fields): ReadResponse | undefined {
  const usage = usageOf(family, response);
  if (!usage) return undefined;
  return {
    family,
    model: textOf(response['model']),
    responseId: textOf(response['id']),
    createdAt: readTime(response['created_at']) ?? readTime(response['created']),
    usageState: isWhole(family, response) ? 'final' : 'partial',
    tokens: readTokens(family, usage, response),
    billing: { ...serviceTier(response), ...billingFromUsage(family, usage) },
  };
}

/** Ollama's counts stand in the response itself, and some hosts of the Chat format have a place of their own for theirs. */
function usageOf(family: Family, response: Fields): Fields | undefined {
  if (family === 'ollama') return 'eval_count' in response || 'prompt_eval_count' in response ? response : undefined;
  const [choice] = asArray(response['choices']);
  return (
    asObject(response['usage']) ??
    asObject(asObject(response['x_groq'])?.['usage']) ??
    asObject(asObject(choice)?.['usage'])
  );
}

function readTokens(family: Family, usage: Fields, response: Fields): TokenCounts {
  switch (family) {
    case 'anthropic':
      return tokensFromAnthropic(usage);
    case 'openai-responses':
      return tokensFromOpenAIResponses(usage, { toolUsage: response['tool_usage'] });
    case 'ollama':
      return tokensFromOllama(usage);
    default:
      return tokensFromOpenAIChat(usage);
  }
}

/** A response that was written down before it had ended says so. */
function isWhole(family: Family, { stop_reason, status }: Fields): boolean {
  if (family === 'anthropic') return typeof stop_reason === 'string';
  return family !== 'openai-responses' || (status !== 'in_progress' && status !== 'queued');
}

/** Named beside the usage by OpenAI; `auto` is what was asked for, not what was given. */
function serviceTier({ service_tier: tier }: Fields): Billing {
  return typeof tier === 'string' && tier !== '' && tier !== 'auto' ? { serviceTier: tier } : {};
}

/** A text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
