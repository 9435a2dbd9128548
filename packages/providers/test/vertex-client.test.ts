import { Anthropic } from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { type AnthropicClient, anthropicModel } from '../src/anthropic/provider.ts';
import type { AssistantTurn } from '../src/assistant-turn.ts';
import type { ModelRequest } from '../src/request.ts';
import { block, hello, messageStart, sse, textBlock } from './support/anthropic-exchange.ts';
import { openHost, vertexClient } from './support/anthropic-hosts.ts';
import { collectEvents, lastTurn } from './support/collect-stream.ts';

const MODEL = 'claude-opus-4-5@20251101';
const USAGE = { input_tokens: 7, cache_read_input_tokens: 20, cache_creation_input_tokens: 0, output_tokens: 1 };
const WIRE = [
  messageStart({ id: 'msg_vrtx_1', usage: USAGE }),
  ...textBlock(0, 'Bon', 'jour'),
  ...block(
    1,
    { type: 'tool_use', id: 'toolu_vrtx_1', name: 'look', input: {} },
    { type: 'input_json_delta', partial_json: '{"at": 1}' },
  ),
  { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 8 } },
  { type: 'message_stop' },
];

interface Called {
  readonly turn: AssistantTurn;
  readonly warnings: readonly string[];
}

/** `timing` depends on the machine, and is left out. */
async function call(client: AnthropicClient, request: ModelRequest, model = MODEL): Promise<Called> {
  const events = await collectEvents(anthropicModel(client, model).stream(request, { retry: false }));
  return {
    turn: { ...lastTurn(events), timing: { startedAt: 0, durationMs: 0 } },
    warnings: events.flatMap((event) => (event.type === 'warning' ? [event.code] : [])),
  };
}

describe('Claude on Vertex (D-12)', () => {
  it('is read as on the vendor’s own API', async () => {
    await using host = await openHost({ contentType: 'text/event-stream; charset=utf-8', body: sse(WIRE) });
    const fetch = async () => new Response(sse(WIRE), { headers: { 'content-type': 'text/event-stream' } });
    const native = await call(new Anthropic({ apiKey: 'k', fetch, logLevel: 'off' }), hello());
    const { turn } = await call(vertexClient(host.url), hello());
    expect(turn).toEqual(native.turn);
    expect(turn).toMatchObject({
      stopReason: 'tool-use',
      cacheReadTokens: 20,
      tokens: { fresh: 7, cacheRead: 20, output: 8 },
    });
  });

  it('is asked under its path, and told its version in the body', async () => {
    await using host = await openHost({ contentType: 'text/event-stream', body: sse(WIRE) });
    await call(vertexClient(host.url), hello({ maxTokens: 9 }));
    expect(decodeURIComponent(host.arrived[0]?.path ?? '')).toBe(
      `/projects/project-1/locations/us-east5/publishers/anthropic/models/${MODEL}:streamRawPredict`,
    );
    expect(host.arrived[0]?.body).toMatchObject({ anthropic_version: '2026-10-21', max_tokens: 9, stream: true });
    expect(host.arrived[0]?.headers.authorization).toBe('Bearer google-token');
  });

  it('searches with the basic tool, and has no diagnostics', async () => {
    await using host = await openHost({ contentType: 'text/event-stream', body: sse(WIRE) });
    const request = hello({ search: 'low', diagnostics: true });
    const { warnings } = await call(vertexClient(host.url), request, 'claude-opus-5');
    expect(host.arrived[0]?.body['tools']).toMatchObject([{ type: 'web_search_20250305', name: 'web_search' }]);
    expect(host.arrived[0]?.body).not.toHaveProperty('diagnostics');
    expect(warnings).toEqual(['request/diagnostics-ignored']);
  });

  it('knows its models by their dated names', async () => {
    await using host = await openHost({ contentType: 'text/event-stream', body: sse(WIRE) });
    await call(vertexClient(host.url), hello({ think: 'low' }));
    expect(host.arrived[0]?.body).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 2048 } });
  });
});
