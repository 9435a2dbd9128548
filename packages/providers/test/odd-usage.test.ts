import fc from 'fast-check';
import { OpenAI } from 'openai';
import { describe, expect, it } from 'vitest';
import { tokensFromOpenAIChat, usageFindings } from '../src/openai/chat/decode-usage.ts';
import { streamOpenAIChat, streamOpenAIResponses } from '../src/openai/provider.ts';
import { responsesUsageFindings } from '../src/openai/responses/decode-usage.ts';
import { tokenCounts } from '../src/token-counts.ts';
import { collectEvents, lastTurn, userRequest } from './support/collect-stream.ts';
import { describeWithCorpus, listRecordings, readRecording, recordedFetch } from './support/corpus.ts';

const codes = (usage: unknown, vendor?: string) =>
  usageFindings(usage, vendor === undefined ? {} : { vendor }).map(({ code }) => code);

const reasoning = (tokens: number) => ({ completion_tokens_details: { reasoning_tokens: tokens } });
const cached = (tokens: number) => ({ prompt_tokens_details: { cached_tokens: tokens } });

describe('the safety net of a host nobody described says which rule fired', () => {
  it.each<[string, object, string, object]>([
    [
      'reasoning outside the completion is added',
      { prompt_tokens: 12, completion_tokens: 1, total_tokens: 303, ...reasoning(290) },
      'usage/reasoning-added',
      { fresh: 12, output: 291 },
    ],
    [
      'more cached than prompt is cached beside it',
      { prompt_tokens: 202, completion_tokens: 15, total_tokens: 217, ...cached(314) },
      'usage/cache-outside-prompt',
      { fresh: 202, cacheRead: 314 },
    ],
    [
      'audio outside the prompt is added',
      { prompt_tokens: 9, completion_tokens: 201, total_tokens: 585, prompt_tokens_details: { audio_tokens: 375 } },
      'usage/audio-outside-prompt',
      { fresh: 384 },
    ],
    [
      'Anthropic’s shape is counted net',
      { input_tokens: 5, output_tokens: 2, cache_read_input_tokens: 90, cache_creation_input_tokens: 7 },
      'usage/counted-net',
      { fresh: 5, cacheRead: 90 },
    ],
  ])('%s', (_name, usage, code, counts) => {
    expect(codes(usage)).toEqual([code]);
    expect(codes(usage, 'a-server-of-mine')).toEqual([code]);
    expect(tokensFromOpenAIChat(usage)).toMatchObject(counts);
  });

  it('is silent where the vendor is known to count so', () => {
    const usage = { prompt_tokens: 12, completion_tokens: 1, total_tokens: 303, ...reasoning(290) };
    expect(codes(usage, 'xai')).toEqual([]);
    expect(codes({ prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 }, 'google')).toEqual([]);
    const repeated = { prompt_tokens: 100, completion_tokens: 5, total_tokens: 165, ...cached(60) };
    expect(codes(repeated, 'bedrock-mantle')).toEqual([]);
    expect(
      codes({ prompt_tokens: 43, completion_tokens: 10, total_tokens: 53, ...reasoning(11) }, 'openrouter'),
    ).toEqual([]);
  });

  it.each([
    undefined,
    null,
    {},
    { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14, ...cached(3), ...reasoning(2) },
    { prompt_tokens: 10, completion_tokens: 4, total_tokens: 0 },
  ])('is silent about %j', (usage) => {
    expect(codes(usage)).toEqual([]);
  });
});

describe('counts in doubt are not reported (N-05)', () => {
  it.each<[string, object, object]>([
    [
      'a total above its parts',
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 99 },
      { fresh: 'not-reported', output: 'not-reported' },
    ],
    [
      'a total below its parts',
      { prompt_tokens: 100, completion_tokens: 5, total_tokens: 60 },
      { fresh: 'not-reported', output: 'not-reported' },
    ],
    [
      'a total that may hold the cache twice',
      { prompt_tokens: 100, completion_tokens: 5, total_tokens: 165, ...cached(60) },
      { fresh: 'not-reported', cacheRead: 60, output: 5 },
    ],
  ])('%s', (_name, usage, counts) => {
    expect(codes(usage)).toEqual(['usage/total-disagrees']);
    expect(tokensFromOpenAIChat(usage)).toMatchObject(counts);
  });

  it('reads and writes that exceed the prompt together', () => {
    const details = { cached_tokens: 60, cache_write_tokens: 60 };
    expect(codes({ prompt_tokens: 100, completion_tokens: 5, prompt_tokens_details: details })).toEqual([
      'usage/parts-exceed-prompt',
    ]);
  });

  it('reasoning that exceeds the output, where no total settles it', () => {
    const usage = { prompt_tokens: 57, completion_tokens: 10, total_tokens: 67, ...reasoning(37) };
    expect(codes(usage)).toEqual(['usage/reasoning-exceeds-output']);
    expect(tokensFromOpenAIChat(usage).output).toBe('not-reported');
  });

  it('a total that leaves the cache out disproves nothing', () => {
    const usage = { prompt_tokens: 100, completion_tokens: 5, total_tokens: 45, ...cached(60) };
    expect(codes(usage)).toEqual([]);
    expect(tokensFromOpenAIChat(usage)).toMatchObject({ fresh: 40, cacheRead: 60, output: 5 });
  });
});

describe('a usage of both shapes (B-07)', () => {
  const both = { prompt_tokens: 100, completion_tokens: 5, total_tokens: 105, ...cached(60) };

  it('is read once where the shapes agree', () => {
    const litellm = {
      ...both,
      prompt_tokens_details: { cached_tokens: 60, cache_creation_tokens: 30 },
      cache_read_input_tokens: 60,
      cache_creation_input_tokens: 30,
    };
    expect(codes(litellm)).toEqual([]);
    expect(tokensFromOpenAIChat(litellm)).toEqual(
      tokenCounts({ fresh: 10, cacheRead: 60, cacheWrite: { unknown: 30 }, output: 5 }),
    );
  });

  it('may name its input both gross and net', () => {
    const usage = { ...both, input_tokens: 40, output_tokens: 5, cache_read_input_tokens: 60 };
    expect(codes(usage)).toEqual([]);
    expect(tokensFromOpenAIChat(usage)).toMatchObject({ fresh: 40, cacheRead: 60, output: 5 });
  });

  it.each<[string, object, object]>([
    ['reads', { cache_read_input_tokens: 6 }, { cacheRead: 'not-reported', fresh: 'not-reported', output: 5 }],
    [
      'writes',
      { prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 }, cache_creation_input_tokens: 11 },
      { cacheRead: 60, fresh: 'not-reported', cacheWrite: { unknown: 'not-reported' } },
    ],
    ['prompts', { input_tokens: 99 }, { cacheRead: 60, fresh: 'not-reported', output: 5 }],
    ['outputs', { output_tokens: 6 }, { cacheRead: 60, fresh: 40, output: 'not-reported' }],
  ])('is a conflict where they name different %s, and those are not reported', (_name, other, counts) => {
    const usage = { ...both, ...other };
    for (const vendor of [undefined, 'openai', 'litellm']) expect(codes(usage, vendor)).toContain('usage/two-shapes');
    expect(tokensFromOpenAIChat(usage)).toMatchObject(counts);
  });

  it('is no conflict where a gateway fills in a zero for writes', () => {
    const usage = {
      ...both,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 7 },
      cache_creation_input_tokens: 0,
    };
    expect(codes(usage)).toEqual([]);
  });

  it('counts gross what stands in the details of Responses, whatever is beside it', () => {
    const usage = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 60 },
      output_tokens: 5,
      total_tokens: 105,
      cache_read_input_tokens: 60,
      cache_creation_input_tokens: 0,
    };
    expect(responsesUsageFindings(usage)).toEqual([]);
    expect(tokensFromOpenAIChat(usage)).toMatchObject({ fresh: 40, cacheRead: 60 });
  });
});

describe('a finding is a warning of the stream, right before its turn', () => {
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 99 };

  function clientThatAnswers(body: object): OpenAI {
    const headers = { 'content-type': 'application/json' };
    const fetch = recordedFetch({ headers, body: JSON.stringify(body) });
    return new OpenAI({ apiKey: 'none', baseURL: 'http://localhost/v1', fetch, maxRetries: 0 });
  }

  it('in Chat Completions, with the raw usage kept', async () => {
    const message = { role: 'assistant', content: 'Hi.' };
    const answer = {
      id: 'a',
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage,
    };
    const events = await collectEvents(
      streamOpenAIChat(clientThatAnswers(answer), userRequest('Hi'), { model: 'some-model' }),
    );
    expect(events.at(-2)).toMatchObject({ type: 'warning', code: 'usage/total-disagrees' });
    expect(lastTurn(events)).toMatchObject({
      stopReason: 'end-turn',
      rawUsage: usage,
      tokens: { fresh: 'not-reported', output: 'not-reported' },
    });
  });

  it('in Responses', async () => {
    const content = [{ type: 'output_text', text: 'Hi.', annotations: [] }];
    const answer = {
      id: 'r',
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', id: 'm', role: 'assistant', status: 'completed', content }],
      usage: { input_tokens: 10, output_tokens: 5, total_tokens: 99 },
    };
    const events = await collectEvents(
      streamOpenAIResponses(clientThatAnswers(answer), userRequest('Hi'), { model: 'some-model' }),
    );
    expect(events.at(-2)).toMatchObject({ type: 'warning', code: 'usage/total-disagrees' });
    expect(lastTurn(events).tokens).toMatchObject({ fresh: 'not-reported', output: 'not-reported' });
  });
});

it('whatever is reported adds up: to the vendor’s total, or some count is left out and a finding says so (N-05)', () => {
  const count = fc.nat(200);
  const shape = fc.record(
    {
      prompt_tokens: count,
      completion_tokens: count,
      total_tokens: fc.integer({ min: 1, max: 600 }),
      prompt_tokens_details: fc.record({ cached_tokens: count, cache_write_tokens: count }, { requiredKeys: [] }),
      completion_tokens_details: fc.record({ reasoning_tokens: count }),
    },
    { requiredKeys: ['prompt_tokens', 'completion_tokens', 'total_tokens'] },
  );
  fc.assert(
    fc.property(shape, (usage) => {
      const { fresh, cacheRead, cacheWrite, output } = tokensFromOpenAIChat(usage);
      const numbers = [fresh, cacheRead, cacheWrite.unknown, output].map((one) => (one === 'not-reported' ? 0 : one));
      const sum = numbers.reduce((total, one) => total + one, 0);
      const isWhole = fresh !== 'not-reported' && output !== 'not-reported';
      // A total may count the cache not at all, or apart.
      const cache = (numbers[1] ?? 0) + (numbers[2] ?? 0);
      const adds = [sum, sum - cache].includes(usage.total_tokens);
      return (isWhole && adds) || codes(usage).length > 0;
    }),
  );
});

describeWithCorpus('recorded usage of a known vendor', () => {
  for (const [family, stream] of [
    ['openai-chat', streamOpenAIChat],
    ['openai-responses', streamOpenAIResponses],
  ] as const) {
    for (const entry of listRecordings({ family, status: 200 })) {
      it(`${entry.id} is odd only where its counts are open`, async () => {
        const { response, vendor, model, expected } = readRecording(entry);
        const fetch = recordedFetch(response);
        const client = new OpenAI({ apiKey: 'none', baseURL: 'http://localhost/v1', fetch, maxRetries: 0 });
        const events = await collectEvents(stream(client, userRequest('Hi'), { model, vendor }));
        const odd = events.filter((event) => event.type === 'warning' && event.code.startsWith('usage/'));
        if (odd.length > 0) expect(expected.ambiguous ?? []).not.toEqual([]);
      });
    }
  }
});
