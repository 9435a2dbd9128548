import { OpenAI } from 'openai';
import { expect, it } from 'vitest';
import type { AssistantTurn } from '../src/assistant-turn.ts';
import type { ProviderErrorCode } from '../src/errors.ts';
import { messageText, toolCalls } from '../src/message.ts';
import { openaiCachedReadTokens, openaiCacheTokens, tokensFromOpenAIChat } from '../src/openai/chat/decode-usage.ts';
import { streamOpenAIChat } from '../src/openai/provider.ts';
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

/** Streams that are complete although `expected` holds no finish reason, and why. Everything else of them is compared. */
const COMPLETE_WITHOUT_REASON: ReadonlyMap<string, string> = new Map([
  ['openai-chat-snowflake-claude-sonnet-4-6-sse-9e70c269', 'The closing chunk without choices carries the usage.'],
]);

const ERROR_CODES: readonly (readonly [feature: string, code: ProviderErrorCode])[] = [
  ['context-window-error', 'provider/context-window'],
  ['http-400', 'provider/invalid-request'],
  ['http-401', 'provider/auth'],
  ['http-403', 'provider/auth'],
  ['http-404', 'provider/not-found'],
  ['http-429', 'provider/rate-limited'],
];

const recordings = () => listRecordings({ family: 'openai-chat' });

describeWithCorpus('recorded Chat Completions streams', () => {
  const entries = recordings().filter(({ streaming, status }) => streaming && status === 200);

  it('are there', () => {
    expect(entries.length).toBeGreaterThanOrEqual(122);
  });

  for (const entry of entries) {
    it(`${entry.id} reads the same however it is split`, async () => {
      const recording = readRecording(entry);
      for (const [name, splitting] of Object.entries(SPLITTINGS)) {
        expectTurn(await replay(recording, splitting), recording, name);
      }
    });

    it(`${entry.id} gives its counts without its vendor's name`, async () => {
      const recording = readRecording(entry);
      const { turn } = await replay({ ...recording, vendor: 'unknown' });
      expectCounts(turn.tokens, recording.expected);
    });
  }
});

describeWithCorpus('recorded whole completions', () => {
  const entries = recordings().filter(({ streaming, status }) => !streaming && status === 200);

  it('are there', () => {
    expect(entries.length).toBeGreaterThanOrEqual(141);
  });

  for (const entry of entries) {
    it(`${entry.id} gives its counts, from its usage alone and with its vendor's name`, () => {
      const recording = readRecording(entry);
      const { usage } = JSON.parse(recording.response.body);
      expectCounts(tokensFromOpenAIChat(usage), recording.expected);
      expectCounts(tokensFromOpenAIChat(usage, { vendor: recording.vendor }), recording.expected);
      expect(openaiCachedReadTokens(usage)).toBe(recording.expected.cacheReadTokens ?? 0);
      expect(openaiCacheTokens(usage).write).toBe(recording.expected.cacheWriteTokens ?? 0);
    });

    it(`${entry.id} is read as a stream of one chunk`, async () => {
      const recording = readRecording(entry);
      expectTurn(await replay(recording), recording, 'whole');
    });
  }
});

describeWithCorpus('recorded Chat Completions errors', () => {
  const entries = recordings().filter(({ status }) => status !== 200);

  it('are there', () => {
    expect(entries.length).toBeGreaterThanOrEqual(14);
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
  const events = await collectEvents(streamOpenAIChat(client, userRequest('hi'), { model, vendor, retry: false }));
  expect(events.filter(({ type }) => type === 'assistant-turn')).toHaveLength(1);
  return { events, turn: lastTurn(events) };
}

function expectTurn({ events, turn }: Replay, { id, expected, model }: Recording, splitting: string): void {
  const isComplete = COMPLETE_WITHOUT_REASON.has(id);
  const text = expected.text || (expected.refusal ?? '');
  expect(deltaText(events, 'thinking-delta'), splitting).toBe(expected.thinkingText);
  expect(deltaText(events, 'text-delta'), splitting).toBe(text);
  expect(messageText(turn.message), splitting).toBe(text);
  const thinking = turn.message.content.filter((block) => block.type === 'thinking');
  expect(thinking.flatMap(({ signature }) => signature ?? [])).toEqual(expected.thinkingSignatures.filter(Boolean));
  // Of a stream that was cut, thinking that had not ended is not kept.
  if (turn.stopReason !== 'error') expect(thinking.map((block) => block.text).join('')).toBe(expected.thinkingText);
  expect(turn.model).toBe(expected.responseModel || model);
  expect(turn.responseId ?? '').toBe(expected.responseId ?? '');
  const citations = turn.message.content.flatMap((block) => (block.type === 'text' ? (block.citations ?? []) : []));
  expect(citations).toHaveLength(expected.citationCount);
  expectCalls(turn, expected);
  expectCounts(turn.tokens, expected);
  expect(turn.usageState).toBe(expectedUsageState(expected, isComplete));
  expect(turn.stopReason).toBe(isComplete ? 'end-turn' : expectedStopReason(expected));
  expect(turn.error?.code).toBe(expectedErrorCode(turn, expected));
}

function expectedUsageState({ usagePresent, stopReason, error }: Recording['expected'], isComplete: boolean): string {
  if (!usagePresent) return 'none';
  return error !== null || (stopReason === null && !isComplete) ? 'partial' : 'final';
}

function expectCalls({ message }: AssistantTurn, { toolCalls: wanted, stopReason }: Recording['expected']): void {
  const calls = toolCalls(message);
  // Of a stream cut inside a call, the call is not kept.
  if (stopReason === null) {
    expect(calls).toEqual([]);
    return;
  }
  expect(calls).toHaveLength(wanted.length);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
  for (const [index, call] of calls.entries()) {
    const { id, name, arguments: parsed, argumentsText } = wanted[index] ?? {};
    expect(call.id).toEqual(id || expect.stringMatching(/^call_[0-9a-f]{24}$/));
    expect(call.name).toBe(name);
    expect(JSON.parse(JSON.stringify(call.arguments))).toEqual(parsed);
    if (argumentsText !== null) expect(call.argumentsText).toBe(argumentsText);
  }
}

/** Of the streams, one was cut and two hold an error: about the call that the model made, and about a token limit. */
function expectedErrorCode({ stopReason }: AssistantTurn, { error }: Recording['expected']): string | undefined {
  if (stopReason !== 'error') return undefined;
  return error === null ? 'provider/stream-cut' : 'provider/invalid-request';
}

function expectedStopReason({ stopReason, error, toolCalls: calls, refusal }: Recording['expected']): string {
  if (error !== null) return 'error';
  switch (stopReason) {
    case null:
      return 'error';
    case 'length':
      return 'max-tokens';
    case 'content_filter':
      return 'content-filter';
    default:
      if (calls.length > 0) return 'tool-use';
      return refusal ? 'refusal' : 'end-turn';
  }
}
