import { AnthropicBedrock, AnthropicBedrockMantle } from '@anthropic-ai/bedrock-sdk';
import { Anthropic } from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { type AnthropicClient, streamAnthropic } from '../src/anthropic/provider.ts';
import type { AssistantTurn } from '../src/assistant-turn.ts';
import type { ModelRequest } from '../src/request.ts';
import { block, hello, messageStart, sse, textBlock } from './support/anthropic-exchange.ts';
import { openHost } from './support/anthropic-hosts.ts';
import { awsEventStream, awsException } from './support/aws-event-stream.ts';
import { collectTurn } from './support/collect-stream.ts';

const NEW = 'global.anthropic.claude-opus-4-7';
const OLD = 'us.anthropic.claude-opus-4-5-20251101-v1:0';
const EVENT_STREAM = 'application/vnd.amazon.eventstream';
const USAGE = {
  input_tokens: 12,
  cache_read_input_tokens: 3000,
  cache_creation_input_tokens: 400,
  cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 300 },
  output_tokens: 1,
};
/** Thoughts, text with a word of several bytes, a call, and Bedrock's own counts at the very end. */
const WIRE = [
  messageStart({ id: 'msg_bdrk_1', usage: USAGE }),
  ...block(
    0,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'hm' },
    { type: 'signature_delta', signature: 'SIG==' },
  ),
  ...textBlock(1, 'Grüß', ' Gott'),
  ...block(
    2,
    { type: 'tool_use', id: 'toolu_bdrk_1', name: 'look', input: {} },
    { type: 'input_json_delta', partial_json: '{"at": 1}' },
  ),
  { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 40 } },
  {
    type: 'message_stop',
    'amazon-bedrock-invocationMetrics': {
      inputTokenCount: 999,
      outputTokenCount: 999,
      cacheReadInputTokenCount: 999,
      cacheWriteInputTokenCount: 999,
      invocationLatency: 1200,
      firstByteLatency: 300,
    },
  },
];

async function turnOf(client: AnthropicClient, request: ModelRequest = hello(), model = NEW): Promise<AssistantTurn> {
  return collectTurn(streamAnthropic(client, request, { model, retry: false, clock: () => 0 }));
}

/** What the same wire events are on the vendor's own API. */
async function nativeTurn(): Promise<AssistantTurn> {
  const fetch = async () => new Response(sse(WIRE), { headers: { 'content-type': 'text/event-stream' } });
  return turnOf(new Anthropic({ apiKey: 'k', fetch, logLevel: 'off' }));
}

function bedrock(baseURL: string): AnthropicBedrock {
  return new AnthropicBedrock({ awsRegion: 'us-east-1', apiKey: 'bedrock-key', baseURL, logLevel: 'off' });
}

describe('Claude on Bedrock by InvokeModel (D-12)', () => {
  it.each([undefined, 7, 100])('is read as on the vendor’s own API, %s bytes at a time', async (pieceBytes) => {
    const body = awsEventStream(WIRE);
    await using host = await openHost({ contentType: EVENT_STREAM, body, ...(pieceBytes ? { pieceBytes } : {}) });
    const turn = await turnOf(bedrock(host.url));
    expect(turn).toEqual(await nativeTurn());
    expect(turn.message.content).toMatchObject([
      { type: 'thinking', text: 'hm', signature: 'SIG==' },
      { type: 'text', text: 'Grüß Gott' },
      { type: 'tool-call', id: 'toolu_bdrk_1', arguments: { at: 1 } },
    ]);
    expect(turn.stopReason).toBe('tool-use');
  });

  it('counts what the response says, and never the host’s own repetition of it (B-01)', async () => {
    await using host = await openHost({ contentType: EVENT_STREAM, body: awsEventStream(WIRE) });
    const { tokens, cacheReadTokens, cacheWriteTokens } = await turnOf(bedrock(host.url));
    expect(tokens).toMatchObject({ fresh: 12, cacheRead: 3000, cacheWrite: { '5m': 100, '1h': 300 }, output: 40 });
    expect([cacheReadTokens, cacheWriteTokens]).toEqual([3000, 400]);
  });

  it('is asked under its path, with a version that the model takes', async () => {
    await using host = await openHost({ contentType: EVENT_STREAM, body: awsEventStream(WIRE) });
    const request = hello({ system: 'Be brief.', maxTokens: 9, search: 'low', diagnostics: true });
    await turnOf(bedrock(host.url), request, NEW);
    await turnOf(bedrock(host.url), request, OLD);
    expect(host.arrived.map(({ path }) => decodeURIComponent(path))).toEqual([
      `/model/${NEW}/invoke-with-response-stream`,
      `/model/${OLD}/invoke-with-response-stream`,
    ]);
    expect(host.arrived.map(({ body }) => body['anthropic_version'])).toEqual(['2026-10-21', 'bedrock-2023-05-31']);
    for (const { body, headers } of host.arrived) {
      for (const field of ['model', 'stream', 'tools', 'diagnostics']) expect(body).not.toHaveProperty(field);
      expect(body).toMatchObject({ max_tokens: 9, system: [{ text: 'Be brief.' }] });
      expect(headers.authorization).toBe('Bearer bedrock-key');
    }
  });

  it('is asked with a signature where there are AWS keys instead of one of its own', async () => {
    await using host = await openHost({ contentType: EVENT_STREAM, body: awsEventStream(WIRE) });
    const keys = { awsAccessKey: 'AKIA', awsSecretKey: 'secret', apiKey: null };
    const client = new AnthropicBedrock({ awsRegion: 'us-east-1', baseURL: host.url, logLevel: 'off', ...keys });
    expect((await turnOf(client)).stopReason).toBe('tool-use');
    expect(host.arrived[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIA\//);
  });

  it.each([
    ['throttlingException', 'provider/rate-limited'],
    ['serviceUnavailableException', 'provider/overloaded'],
    ['internalServerException', 'provider/server'],
    ['modelStreamErrorException', 'provider/server'],
    ['modelTimeoutException', 'provider/timeout'],
    ['validationException', 'provider/invalid-request'],
  ])('that fails in its stream with %s ends with that error, and keeps what had come', async (type, code) => {
    const body = Buffer.concat([awsEventStream(WIRE.slice(0, 8)), awsException(type, 'no')]);
    await using host = await openHost({ contentType: EVENT_STREAM, body });
    const turn = await turnOf(bedrock(host.url));
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'partial', error: { code, message: 'no' } });
    expect(turn.message.content).toMatchObject([{ type: 'thinking' }, { type: 'text', text: 'Grüß Gott' }]);
    expect(turn.tokens).toMatchObject({ fresh: 12, cacheRead: 3000 });
  });

  it('that is cut is told from one that ended', async () => {
    await using host = await openHost({ contentType: EVENT_STREAM, body: awsEventStream(WIRE.slice(0, -1)) });
    expect((await turnOf(bedrock(host.url))).error?.code).toBe('provider/stream-cut');
  });

  it.each([
    [429, 'Too many tokens, please wait before trying again.', 'provider/rate-limited'],
    [403, 'The security token included in the request is invalid.', 'provider/auth'],
    [400, 'Input is too long for requested model.', 'provider/context-window'],
    [400, 'Malformed input request: #: extraneous key [x] is not permitted.', 'provider/invalid-request'],
  ])('that answers %i is an error with its words: %s', async (status, message, code) => {
    await using host = await openHost({ status, contentType: 'application/json', body: JSON.stringify({ message }) });
    expect((await turnOf(bedrock(host.url))).error).toMatchObject({ code, status, message });
  });
});

describe('Claude on Bedrock by Mantle (D-12)', () => {
  it('is asked and read as on the vendor’s own API, but for what the host lacks', async () => {
    await using host = await openHost({ contentType: 'text/event-stream', body: sse(WIRE) });
    const baseURL = `${host.url}/anthropic`;
    const client = new AnthropicBedrockMantle({ awsRegion: 'us-east-1', apiKey: 'k', baseURL, logLevel: 'off' });
    const model = 'anthropic.claude-opus-5-5';
    const turn = await turnOf(client, hello({ search: 'low', diagnostics: true, think: 'high' }), model);
    expect(turn).toEqual(await nativeTurn());
    expect(host.arrived).toMatchObject([
      {
        path: '/anthropic/v1/messages',
        headers: { 'anthropic-version': '2026-10-21' },
        body: { model, stream: true, output_config: { effort: 'high' } },
      },
    ]);
    for (const field of ['tools', 'diagnostics', 'anthropic_version']) {
      expect(host.arrived[0]?.body).not.toHaveProperty(field);
    }
  });
});
