import { Anthropic } from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { tokensFromAnthropic } from '../src/anthropic/decode/decode-usage.ts';
import { streamAnthropic } from '../src/anthropic/provider.ts';
import type { AssistantTurn } from '../src/assistant-turn.ts';
import { asObject } from '../src/json.ts';
import { type AssistantBlock, messageText, toolCalls, userMessage } from '../src/message.ts';
import type { StreamEvent } from '../src/stream-event.ts';
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

/** Recordings that are not read as expected, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {};

describeWithCorpus('recorded Anthropic streams', () => {
  for (const entry of listRecordings({ family: 'anthropic', streaming: true })) {
    const { [entry.id]: exception } = EXCEPTIONS;
    describe.skipIf(exception !== undefined)(`${entry.id}${exception ? ` (skipped: ${exception})` : ''}`, () => {
      const recording = readRecording(entry);
      for (const [name, splitting] of Object.entries(SPLITTINGS)) {
        it(`is read the same when it arrives ${name}`, async () => {
          expectRecorded(await replay(recording, splitting), recording);
        });
      }
    });
  }
});

describeWithCorpus('recorded Anthropic answers in one piece', () => {
  for (const family of ['anthropic', 'bedrock-anthropic']) {
    for (const entry of listRecordings({ family, streaming: false, status: 200 })) {
      it(`counts ${entry.id}`, () => {
        const { response, expected } = readRecording(entry);
        expectCounts(tokensFromAnthropic(asObject(JSON.parse(response.body))?.['usage']), expected);
      });
    }
  }
});

describeWithCorpus('recorded Anthropic errors', () => {
  const codes: Readonly<Record<number, string>> = {
    400: 'provider/invalid-request',
    401: 'provider/auth',
    403: 'provider/auth',
    404: 'provider/not-found',
    429: 'provider/rate-limited',
    529: 'provider/overloaded',
  };
  const failures = ['anthropic', 'bedrock-anthropic']
    .flatMap((family) => listRecordings({ family }))
    .filter((entry) => entry.status !== 200);
  for (const entry of failures) {
    it(`names ${entry.id}`, async () => {
      const recording = readRecording(entry);
      const { turn, events } = await replay(recording);
      const isTooLong = entry.features.includes('context-window-error');
      expect(turn.stopReason).toBe('error');
      expect(turn.error).toMatchObject({
        code: isTooLong ? 'provider/context-window' : codes[entry.status],
        status: entry.status,
        message: recording.expected.error?.message,
      });
      expect(turn.usageState).toBe('none');
      expect(events).toHaveLength(1);
      expectCounts(turn.tokens, recording.expected);
    });
  }
});

interface Replay {
  readonly turn: AssistantTurn;
  readonly events: readonly StreamEvent[];
}

/** The recording through the real SDK client. */
async function replay({ response, status }: Recording, splitting?: Splitting): Promise<Replay> {
  const client = new Anthropic({
    apiKey: 'test',
    baseURL: 'http://vendor.test',
    fetch: recordedFetch({ ...response, status }, splitting),
    logLevel: 'off',
  });
  const events: StreamEvent[] = [];
  const request = { messages: [userMessage('hi')] };
  for await (const event of streamAnthropic(client, request, { model: 'claude-test', retry: false }))
    events.push(event);
  const last = events.at(-1);
  if (last?.type !== 'assistant-turn') throw new Error('The stream did not end with its turn.');
  expect(events.filter((event) => event.type === 'assistant-turn')).toHaveLength(1);
  return { turn: last.turn, events };
}

const STOP_REASONS: Readonly<Record<string, string>> = {
  end_turn: 'end-turn',
  tool_use: 'tool-use',
  max_tokens: 'max-tokens',
  stop_sequence: 'stop-sequence',
  pause_turn: 'pause',
  compaction: 'pause',
  refusal: 'refusal',
};

function expectRecorded({ turn, events }: Replay, { expected, features }: Recording): void {
  const isCut = features.includes('no-terminal-event') || features.includes('mid-stream-error');
  expectCounts(turn.tokens, expected);
  expect(turn.stopReason).toBe(isCut ? 'error' : STOP_REASONS[expected.stopReason ?? '']);
  expect(turn.usageState).toBe(expected.usagePresent ? (isCut ? 'partial' : 'final') : 'none');
  expect(turn.model).toBe(expected.responseModel ?? 'unknown');
  expect(turn.responseId).toBe(expected.responseId ?? undefined);
  expectServerTools(turn, expected.serverToolUse);
  if (isCut) expect(turn.error?.code).toBe(expected.error ? 'provider/overloaded' : 'provider/stream-cut');

  const { message } = turn;
  expect(messageText(message)).toBe(expected.text);
  expect(textOf(events, 'text-delta')).toBe(expected.text);
  expect(textOf(events, 'thinking-delta')).toBe(expected.thinkingText);
  const blocks = <Type extends AssistantBlock['type']>(type: Type) =>
    message.content.filter((block): block is Extract<AssistantBlock, { type: Type }> => block.type === type);
  if (!isCut) {
    expect(blocks('thinking').map((block) => block.text)).toEqual(expected.thinkingParts);
    expect(blocks('thinking').map((block) => block.signature ?? '')).toEqual(expected.thinkingSignatures);
  }
  expect(blocks('redacted-thinking').map((block) => block.data)).toEqual(expected.redactedThinking);
  expect(blocks('text').flatMap((block) => block.citations ?? [])).toHaveLength(expected.citationCount);
  expectToolCalls(turn, expected.toolCalls, isCut);
  const serverCalls = blocks('opaque').filter((block) => /^(server|mcp)_tool_use$/.test(String(block.data['type'])));
  if (!isCut) expect(serverCalls).toHaveLength(expected.serverToolCalls.length);
}

function expectToolCalls(
  { message }: AssistantTurn,
  expected: Recording['expected']['toolCalls'],
  isCut: boolean,
): void {
  if (isCut) return;
  const calls = toolCalls(message);
  expect(calls.map(({ id, name }) => ({ id, name }))).toEqual(expected.map(({ id, name }) => ({ id, name })));
  for (const [index, call] of calls.entries()) {
    expect(JSON.parse(JSON.stringify(call.arguments))).toEqual(expected[index]?.arguments);
    // A call that arrives whole has no text of its own; ours is written from its input.
    if (expected[index]?.argumentsText) expect(call.argumentsText).toBe(expected[index].argumentsText);
  }
}

function expectServerTools({ tokens }: AssistantTurn, expected: Recording['expected']['serverToolUse']): void {
  const { web_search_requests: searches, web_fetch_requests: fetches } = expected ?? {};
  expect(tokens.serverTools['webSearch']).toBe(searches ?? undefined);
  expect(tokens.serverTools['webFetch']).toBe(fetches ?? undefined);
}

function textOf(events: readonly StreamEvent[], type: 'text-delta' | 'thinking-delta'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('');
}
