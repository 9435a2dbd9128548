import {
  type AssistantTurn,
  anthropicModel,
  asObject,
  billingFromUsage,
  type Family,
  type Model,
  ollamaModel,
  openaiChatModel,
  openaiResponsesModel,
  userMessage,
} from '@reprise/providers';
import type { RecordedExchange } from '@reprise/providers/cassette';
import type { SkipReason } from '../import-report.ts';
import { type ReadResponse, textOf } from './response-row.ts';

/** Nothing is sent, so it does not matter what is asked. */
const ANYTHING = { messages: [userMessage('.')] };
const UNKNOWN_MODEL = 'unknown';

/** A recorded body, and what it answers. */
interface RecordedAnswer {
  readonly body: string;
  readonly request: RecordedExchange['request'];
  /** Whether the body is a stream; a JSON object otherwise. */
  readonly isStream: boolean;
}

/** What a recorded body says, by the adapter that would have read it live; or why there are no counts. */
export async function readRecorded(family: Family, answer: RecordedAnswer): Promise<ReadResponse | SkipReason> {
  const id = textOf(asObject(answer.request?.body)?.['model']) ?? UNKNOWN_MODEL;
  // A recording that stops halfway stops there every time.
  const { turn } = replayingModel(family, id, answer).stream(ANYTHING, { retry: false });
  const { usageState, error, ...told } = await turn;
  return usageState === 'none' ? (error ? 'failed' : 'no-usage') : readTurn({ ...told, usageState });
}

function readTurn({
  family,
  model,
  responseId,
  usageState,
  tokens,
  rawUsage,
  serviceTier,
}: Omit<AssistantTurn, 'error'>): ReadResponse {
  return {
    family,
    model: model === UNKNOWN_MODEL ? undefined : model,
    responseId,
    createdAt: undefined,
    usageState,
    tokens,
    billing: { ...(serviceTier === undefined ? {} : { serviceTier }), ...billingFromUsage(family, rawUsage) },
  };
}

/** Whose stream it is, by the first event that tells; `undefined` for text that is none. */
export function familyOfStream(body: string): Family | undefined {
  for (const line of body.split('\n')) {
    const data = line.startsWith('data:') ? line.slice('data:'.length) : line;
    const family = data.trimStart().startsWith('{') ? familyOfEvent(parse(data)) : undefined;
    if (family !== undefined) return family;
  }
  return undefined;
}

function familyOfEvent(event: Readonly<Record<string, unknown>>): Family | undefined {
  const { type, object, choices, done } = event;
  if (type === 'message_start') return 'anthropic';
  if (typeof type === 'string' && type.startsWith('response.')) return 'openai-responses';
  if (object === 'chat.completion.chunk' || Array.isArray(choices)) return 'openai-chat';
  return typeof done === 'boolean' && typeof event['model'] === 'string' ? 'ollama' : undefined;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(text)) ?? {};
  } catch {
    return {};
  }
}

/** A model whose every answer is the recorded one. */
function replayingModel(family: Family, id: string, { body, request, isStream }: RecordedAnswer): Model {
  const type = isStream ? 'text/event-stream' : 'application/json';
  const response = async () => new Response(body, { headers: { 'content-type': type } });
  // The adapters take the response itself, and not the events that an SDK would make of it.
  const create = () => Object.assign(Promise.resolve(noEvents()), { asResponse: response, withResponse });
  const withResponse = async () => ({ data: noEvents(), response: await response() });
  // Tells the vendor.
  const baseURL = request?.url ?? null;
  switch (family) {
    case 'anthropic':
      return anthropicModel({ messages: { create } }, id);
    case 'openai-responses':
      return openaiResponsesModel({ baseURL, responses: { create } }, id);
    case 'ollama':
      return ollamaModel({ chat: async () => recordsOf(body) }, id);
    default:
      return openaiChatModel({ baseURL, chat: { completions: { create } } }, id);
  }
}

async function* noEvents(): AsyncGenerator<never, void, undefined> {}

async function* recordsOf(body: string): AsyncGenerator<unknown, void, undefined> {
  for (const line of body.split('\n')) if (line.trim() !== '') yield JSON.parse(line);
}
