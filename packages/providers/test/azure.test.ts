import { AzureOpenAI } from 'openai';
import { expect, it } from 'vitest';
import { messageText, toolCalls } from '../src/message.ts';
import { openaiChatModel, streamOpenAIChat } from '../src/openai/provider.ts';
import type { ModelRequest } from '../src/request.ts';
import { loopbackServer } from './support/cassette-server.ts';
import { collectTurn, userRequest } from './support/collect-stream.ts';

const ENDPOINT = 'https://my-resource.openai.azure.com';
const SAFE = { hate: { filtered: false, severity: 'safe' }, violence: { filtered: false, severity: 'safe' } };

/** As Azure streams them: the prompt's filter results come first and alone, each piece has its own, and usage comes last and alone. */
const CHUNKS: readonly object[] = [
  { id: '', model: '', choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: SAFE }] },
  choice({ role: 'assistant', content: '', refusal: null }, {}),
  choice({ content: 'It is ' }, SAFE),
  choice({ content: 'sunny.' }, SAFE),
  choice({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }] }, {}),
  choice({}, {}, 'tool_calls'),
  {
    id: 'chatcmpl-1',
    model: 'gpt-5-mini-2025-08-07',
    choices: [],
    usage: {
      prompt_tokens: 1200,
      completion_tokens: 50,
      total_tokens: 1250,
      prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 32, audio_tokens: 0 },
    },
  },
];

it('Azure is a client: its deployment, its key and its version go where it wants them, and its stream is read (D-12)', async () => {
  const { client, seen } = await azure(200, `${CHUNKS.map(sse).join('')}data: [DONE]\n\n`);
  const turn = await collectTurn(streamOpenAIChat(client, request(), { model: 'my-deployment' }));
  expect(seen).toMatchObject([
    {
      method: 'POST',
      url: '/openai/deployments/my-deployment/chat/completions?api-version=2025-04-01-preview',
      key: 'azure-key',
      // Named as Azure names it, which the client's address tells.
      body: { model: 'my-deployment', max_completion_tokens: 100, stream_options: { include_usage: true } },
    },
  ]);
  expect(messageText(turn.message)).toBe('It is sunny.');
  expect(toolCalls(turn.message)).toMatchObject([{ id: 'call_1', name: 'f' }]);
  expect(turn).toMatchObject({
    stopReason: 'tool-use',
    model: 'gpt-5-mini-2025-08-07',
    responseId: 'chatcmpl-1',
    usageState: 'final',
    tokens: { fresh: 176, cacheRead: 1024, output: 50, reasoning: 32 },
  });
});

it("a prompt that Azure's filter refuses is an invalid request, and an unknown deployment is not found (D-12)", async () => {
  const refused = { code: 'content_filter', message: "The response was filtered due to Azure's policy.", status: 400 };
  const missing = {
    type: 'invalid_request_error',
    code: 'DeploymentNotFound',
    message: 'The deployment does not exist.',
  };
  for (const [status, error, code] of [
    [400, refused, 'provider/invalid-request'],
    [404, missing, 'provider/not-found'],
  ] as const) {
    const { client } = await azure(status, JSON.stringify({ error }));
    const turn = await collectTurn(openaiChatModel(client, 'my-deployment').stream(request(), { retry: false }));
    expect(turn).toMatchObject({
      stopReason: 'error',
      error: { code, status, message: error.message, retryable: false },
    });
  }
});

function choice(delta: object, filterResults: object, finishReason: string | null = null): object {
  return {
    id: 'chatcmpl-1',
    model: 'gpt-5-mini-2025-08-07',
    choices: [{ index: 0, delta, finish_reason: finishReason, logprobs: null, content_filter_results: filterResults }],
    usage: null,
  };
}

function sse(chunk: object): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

function request(): ModelRequest {
  return { ...userRequest('Weather?'), maxTokens: 100 };
}

/** Azure's own client, whose calls end at a server on this machine, and what that server saw. */
async function azure(status: number, body: string): Promise<{ readonly client: AzureOpenAI; readonly seen: object[] }> {
  const seen: object[] = [];
  const server = await loopbackServer((response, { body: sent, incoming: { method, url, headers } }) => {
    seen.push({ method, url, key: headers['api-key'], body: JSON.parse(sent) });
    const contentType = status === 200 ? 'text/event-stream' : 'application/json';
    response.writeHead(status, { 'content-type': contentType, 'x-ms-region': 'Sweden Central' });
    response.end(body);
  });
  const client = new AzureOpenAI({
    apiKey: 'azure-key',
    endpoint: ENDPOINT,
    apiVersion: '2025-04-01-preview',
    fetch: (url, init) => fetch(String(url).replace(ENDPOINT, server.origin), init),
    logLevel: 'off',
  });
  return { client, seen };
}
