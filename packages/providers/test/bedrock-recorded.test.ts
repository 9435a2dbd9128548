import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk';
import { Anthropic } from '@anthropic-ai/sdk';
import { expect, it } from 'vitest';
import { type AnthropicClient, streamAnthropic } from '../src/anthropic/provider.ts';
import type { AssistantTurn } from '../src/assistant-turn.ts';
import { messageText, toolCalls } from '../src/message.ts';
import { hello } from './support/anthropic-exchange.ts';
import { openHost } from './support/anthropic-hosts.ts';
import { awsEventStream } from './support/aws-event-stream.ts';
import { collectTurn } from './support/collect-stream.ts';
import { describeWithCorpus, expectCounts, listRecordings, readRecording, recordedFetch } from './support/corpus.ts';

/** The host's own repetition of the counts, wrong on purpose. */
const METRICS = { inputTokenCount: 999_999, outputTokenCount: 999_999, invocationLatency: 1, firstByteLatency: 1 };

describeWithCorpus('recorded streams in Bedrock’s framing (D-12, B-01)', () => {
  for (const entry of listRecordings({ family: 'anthropic', streaming: true, status: 200 })) {
    // Bedrock has exceptions instead of error events, and frames no half of an event.
    if (entry.features.some((feature) => feature === 'mid-stream-error' || feature === 'no-terminal-event')) continue;
    it(`read ${entry.id} as on the vendor’s own API`, async () => {
      const { response, expected } = readRecording(entry);
      const turn = await bedrockTurn(wireEvents(response.body));
      const fetch = recordedFetch(response);
      expect(turn).toEqual(await turnOf(new Anthropic({ apiKey: 'k', fetch, logLevel: 'off' })));
      expectCounts(turn.tokens, expected);
      expect(messageText(turn.message)).toBe(expected.text);
      expect(toolCalls(turn.message).map(({ id, name }) => ({ id, name }))).toEqual(
        expected.toolCalls.map(({ id, name }) => ({ id, name })),
      );
    });
  }
});

describeWithCorpus('recorded Bedrock answers, as the beginning of a stream (D-12, B-01)', () => {
  for (const entry of listRecordings({ family: 'bedrock-anthropic', streaming: false, status: 200 })) {
    it(`read ${entry.id}`, async () => {
      const { response, expected } = readRecording(entry);
      const message: unknown = JSON.parse(response.body);
      const turn = await bedrockTurn([{ type: 'message_start', message }, { type: 'message_stop' }]);
      expectCounts(turn.tokens, expected);
      // The oldest models answer with one text and nothing around it.
      if (entry.model.startsWith('anthropic.claude-v2')) return;
      expect(messageText(turn.message)).toBe(expected.text);
      expect(turn.responseId).toBe(expected.responseId);
      expect(toolCalls(turn.message).map(({ id, name, arguments: parsed }) => [id, name, parsed])).toEqual(
        expected.toolCalls.map(({ id, name, arguments: parsed }) => [id, name, parsed]),
      );
      expect(turn.stopReason).toBe(expected.stopReason?.replace('_', '-'));
    });
  }
});

/** These events through the real client, from a server on this machine. */
async function bedrockTurn(events: readonly object[]): Promise<AssistantTurn> {
  const body = awsEventStream(events.map(withMetrics));
  await using host = await openHost({ contentType: 'application/vnd.amazon.eventstream', body });
  const options = { awsRegion: 'us-east-1', apiKey: 'k', baseURL: host.url, logLevel: 'off' } as const;
  return await turnOf(new AnthropicBedrock(options));
}

async function turnOf(client: AnthropicClient): Promise<AssistantTurn> {
  return collectTurn(streamAnthropic(client, hello(), { model: 'claude-test', retry: false, clock: () => 0 }));
}

function withMetrics(event: object): object {
  const isLast = 'type' in event && event.type === 'message_stop';
  return isLast ? { ...event, 'amazon-bedrock-invocationMetrics': METRICS } : event;
}

function wireEvents(body: string): readonly object[] {
  return body
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line): object => JSON.parse(line.slice('data:'.length)));
}
