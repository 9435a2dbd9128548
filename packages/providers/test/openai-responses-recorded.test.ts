import { OpenAI } from 'openai';
import { expect, it } from 'vitest';
import type { AssistantTurn } from '../src/assistant-turn.ts';
import type { ProviderErrorCode } from '../src/errors.ts';
import { asArray, asObject, type JsonObject } from '../src/json.ts';
import { type AssistantMessage, messageText, toolCalls } from '../src/message.ts';
import { openaiCachedReadTokens, openaiCacheTokens } from '../src/openai/chat/decode-usage.ts';
import { streamOpenAIResponses } from '../src/openai/provider.ts';
import { tokensFromOpenAIResponses } from '../src/openai/responses/decode-usage.ts';
import { encodeAssistant } from '../src/openai/responses/encode-assistant.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import { collectEvents, deltaText, lastTurn, userRequest } from './support/collect-stream.ts';
import {
  describeWithCorpus,
  expectCounts,
  listRecordings,
  type Recording,
  readRecording,
  recordedFetch,
  SPLITTINGS,
  type Splitting,
} from './support/corpus.ts';

/** Recordings in which Azure answers a Responses request in the Chat Completions format: they are no responses. */
const CHAT_ANSWERS: ReadonlySet<string> = new Set([
  'openai-responses-azure-deepseek-v4-pro-json-5adf6d3f',
  'openai-responses-azure-unknown-sse-e6b4d059',
]);

/** The recording lists calls that xAI's own search made, and answered, in the middle of its response: the client has none to run. */
const CALLS_OF_THE_VENDOR: ReadonlySet<string> = new Set(['openai-responses-xai-grok-4-fast-reasoning-sse-2d430560']);

/** A background response that has not begun: there is nothing to read yet, and no end. */
const NOT_BEGUN: ReadonlySet<string> = new Set(['openai-responses-openai-gpt-4o-json-7bf09b72']);

const ERROR_CODES: readonly (readonly [feature: string, code: ProviderErrorCode])[] = [
  ['context-window-error', 'provider/context-window'],
  ['http-400', 'provider/invalid-request'],
  ['http-401', 'provider/auth'],
  // The account had nothing left.
  ['http-429', 'provider/quota'],
];

const recordings = () => listRecordings({ family: 'openai-responses' }).filter(({ id }) => !CHAT_ANSWERS.has(id));

describeWithCorpus('recorded Responses streams', () => {
  const entries = recordings().filter(({ streaming, status }) => streaming && status === 200);

  it('are there', () => {
    expect(entries.length).toBeGreaterThanOrEqual(75);
  });

  for (const entry of entries) {
    it(`${entry.id} reads the same however it is split`, async () => {
      const recording = readRecording(entry);
      for (const [name, splitting] of Object.entries(SPLITTINGS)) {
        expectTurn(await replay(recording, splitting), recording, name);
      }
    });

    it(`${entry.id} without its terminal event is cut, and keeps what came`, async () => {
      const recording = readRecording(entry);
      if (recording.expected.error !== null) return;
      const { turn } = await replay({ ...recording, response: withoutEnd(recording.response) });
      expect(turn).toMatchObject({ stopReason: 'error', error: { code: 'provider/stream-cut' }, usageState: 'none' });
      expect(messageText(turn.message)).toBe(recording.expected.text || (recording.expected.refusal ?? ''));
    });
  }
});

describeWithCorpus('recorded whole responses', () => {
  const entries = recordings().filter(({ streaming, status }) => !streaming && status === 200);

  it('are there', () => {
    expect(entries.length).toBeGreaterThanOrEqual(90);
  });

  for (const entry of entries) {
    it(`${entry.id} gives its counts, with its vendor's name and without`, () => {
      const recording = readRecording(entry);
      const { usage } = JSON.parse(recording.response.body);
      expectCounts(tokensFromOpenAIResponses(usage), recording.expected);
      expectCounts(tokensFromOpenAIResponses(usage, { vendor: recording.vendor }), recording.expected);
      expect(openaiCachedReadTokens(usage)).toBe(recording.expected.cacheReadTokens ?? 0);
      expect(openaiCacheTokens(usage).write).toBe(recording.expected.cacheWriteTokens ?? 0);
    });

    it(`${entry.id} is read as its own terminal event`, async () => {
      const recording = readRecording(entry);
      expectTurn(await replay(recording), recording, 'whole');
    });
  }
});

describeWithCorpus('recorded output items', () => {
  for (const entry of recordings().filter(({ status }) => status === 200)) {
    it(`${entry.id} go back as they came`, async () => {
      const recording = readRecording(entry);
      const { turn } = await replay(recording);
      const items = outputItems(recording);
      const stored = replayedItems(turn.message, true);
      // Reasoning that nothing follows cannot go back.
      const followed = items.slice(0, items.findLastIndex((item) => item['type'] !== 'reasoning') + 1);
      if (followed.length === items.length) {
        expect(stored.map((item) => JSON.stringify(item))).toEqual(items.map((item) => JSON.stringify(item)));
      } else {
        expect(stored.map(({ id: _id, ...rest }) => rest)).toEqual(followed.map(({ id: _id, ...rest }) => rest));
      }
    });

    it(`${entry.id} go back byte for byte where their reasoning carries itself`, async () => {
      const recording = readRecording(entry);
      const { turn } = await replay(recording);
      const items = outputItems(recording);
      const reasoning = items.filter((item) => item['type'] === 'reasoning');
      if (items.at(-1)?.['type'] === 'reasoning' || !reasoning.every(carriesItself)) return;
      expect(JSON.stringify(replayedItems(turn.message, false))).toBe(JSON.stringify(items));
    });
  }
});

describeWithCorpus('recorded Responses errors', () => {
  const entries = recordings().filter(({ status }) => status !== 200);

  it('are there', () => {
    expect(entries.length).toBeGreaterThanOrEqual(7);
  });

  for (const entry of entries) {
    it(`${entry.id} ends with a turn that names the error`, async () => {
      const recording = readRecording(entry);
      const { turn } = await replay(recording);
      const code = ERROR_CODES.find(([feature]) => entry.features.includes(feature))?.[1];
      expect(turn.stopReason).toBe('error');
      expect(turn.error?.code).toBe(code);
      expect(turn.error?.status).toBe(entry.status);
      expect(turn.usageState).toBe('none');
    });
  }
});

describeWithCorpus('an answer in the other format', () => {
  const entries = listRecordings({ family: 'openai-responses' }).filter(({ id }) => CHAT_ANSWERS.has(id));
  it.each(entries)('$id is named, and not worth another try', async (entry) => {
    const { turn } = await replay(readRecording(entry));
    expect(turn).toMatchObject({
      stopReason: 'error',
      error: {
        code: 'provider/malformed-stream',
        retryable: false,
        message: expect.stringContaining('Chat Completions'),
      },
      usageState: 'none',
    });
  });
});

interface Replay {
  readonly events: readonly StreamEvent[];
  readonly turn: AssistantTurn;
}

/** The recording through the real SDK client. */
async function replay({ response, status, vendor, model }: Recording, splitting?: Splitting): Promise<Replay> {
  const client = new OpenAI({
    apiKey: 'test-key',
    fetch: recordedFetch({ ...response, status }, splitting),
    logLevel: 'off',
  });
  const events = await collectEvents(streamOpenAIResponses(client, userRequest('hi'), { model, vendor, retry: false }));
  expect(events.filter(({ type }) => type === 'assistant-turn')).toHaveLength(1);
  return { events, turn: lastTurn(events) };
}

function expectTurn({ events, turn }: Replay, { id, expected, model }: Recording, splitting: string): void {
  const text = expected.text || (expected.refusal ?? '');
  expect(deltaText(events, 'thinking-delta'), splitting).toBe(expected.thinkingText);
  expect(deltaText(events, 'text-delta'), splitting).toBe(text);
  expect(messageText(turn.message), splitting).toBe(text);
  const thinking = turn.message.content.filter((block) => block.type === 'thinking');
  expect(thinking.map((block) => block.text).join('')).toBe(expected.thinkingText);
  expect(encryptedReasoning(turn.message)).toEqual(expected.thinkingSignatures.filter(Boolean));
  expect(turn.model).toBe(expected.responseModel || model);
  expect(turn.responseId ?? '').toBe(expected.responseId ?? '');
  expect(turn.message.responseId).toBe(turn.responseId);
  const citations = turn.message.content.flatMap((block) => (block.type === 'text' ? (block.citations ?? []) : []));
  expect(citations).toHaveLength(expected.citationCount);
  expect(events.filter(({ type }) => type === 'citation')).toHaveLength(expected.citationCount);
  if (CALLS_OF_THE_VENDOR.has(id)) expect(toolCalls(turn.message)).toEqual([]);
  else expectCalls(turn, expected);
  expectCounts(turn.tokens, expected);
  expect(turn.stopReason).toBe(expectedStopReason(id, expected));
  expect(turn.usageState).toBe(expected.usagePresent ? 'final' : 'none');
  expect(turn.error?.code).toBe(expectedErrorCode(id, expected));
}

function encryptedReasoning({ content }: AssistantMessage): readonly unknown[] {
  return content.flatMap((block) =>
    block.type === 'opaque' && block.data['type'] === 'reasoning' ? (block.data['encrypted_content'] ?? []) : [],
  );
}

function expectCalls({ message }: AssistantTurn, { toolCalls: wanted }: Recording['expected']): void {
  const calls = toolCalls(message);
  expect(calls).toHaveLength(wanted.length);
  for (const [index, call] of calls.entries()) {
    const { id, name, arguments: parsed, argumentsText } = wanted[index] ?? {};
    expect(call.id).toBe(id);
    expect(call.name).toBe(name);
    expect(JSON.parse(JSON.stringify(call.arguments))).toEqual(parsed);
    expect(call.argumentsText).toBe(argumentsText);
  }
}

/** Of the responses that failed, one account had too few tokens left for the minute, the other had none. */
function expectedErrorCode(id: string, { error }: Recording['expected']): string | undefined {
  if (NOT_BEGUN.has(id)) return 'provider/stream-cut';
  if (error === null) return undefined;
  return error.code === 'insufficient_quota' ? 'provider/quota' : 'provider/rate-limited';
}

function expectedStopReason(
  id: string,
  { stopReason, error, toolCalls: calls, refusal }: Recording['expected'],
): string {
  if (error !== null || NOT_BEGUN.has(id)) return 'error';
  if (stopReason === 'max_output_tokens') return 'max-tokens';
  if (calls.length > 0 && !CALLS_OF_THE_VENDOR.has(id)) return 'tool-use';
  return refusal ? 'refusal' : 'end-turn';
}

/** The response up to the event that would have ended it. */
function withoutEnd(response: Recording['response']): Recording['response'] {
  const end = response.body.search(
    /(event: response\.(completed|incomplete)\r?\n)?data: ?\{[^\n]*"type": ?"response\.(completed|incomplete)"/,
  );
  expect(end).toBeGreaterThan(0);
  return { ...response, body: response.body.slice(0, end) };
}

/** The items as the vendor finished them: in events of their own, or in a whole response. */
function outputItems({ streaming, response }: Recording): readonly JsonObject[] {
  if (!streaming) return JSON.parse(response.body).output;
  return response.body
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:') && line.includes('"response.output_item.done"'))
    .map((line) => JSON.parse(line.slice('data:'.length)).item);
}

function replayedItems(message: AssistantMessage, isStored: boolean): readonly JsonObject[] {
  return encodeAssistant(message, { isStored });
}

function carriesItself(item: JsonObject): boolean {
  return Boolean(item['encrypted_content']) || asArray(item['content']).some((part) => asObject(part) !== undefined);
}
