import fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { type CassetteOptions, createCassette, type PruneStep } from '../src/cassette/index.ts';
import { cassettePath, loopbackCassette, post, readLines, replayingCassette } from './support/cassette-server.ts';

const ADDRESS = 'http://127.0.0.1:9/v1/responses';

/** What is stored of an answer, and what the caller got. */
async function prune(
  body: string | readonly string[],
  steps: readonly PruneStep[],
  headers: Readonly<Record<string, string>> = {},
) {
  const pieces = typeof body === 'string' ? [body] : body;
  const path = cassettePath();
  const inner: typeof fetch = async () =>
    new Response(ReadableStream.from(pieces.map((piece) => Buffer.from(piece, 'latin1'))), { headers });
  const cassette = loopbackCassette({ path, fetch: inner, prune: steps });
  const given = Buffer.from(await (await cassette.fetch(ADDRESS, post({}))).arrayBuffer()).toString('latin1');
  const error = await cassette.close().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const [line] = error === undefined ? readLines(path) : [];
  const record = line === undefined ? undefined : JSON.parse(line);
  return { given, error, record, stored: record?.response, events: cassette.events, path };
}

const usage = { input_tokens: 12, input_tokens_details: { cached_tokens: 4 }, output_tokens: 1 };
const echo = { id: 'resp_1', instructions: 'A long prompt.', tools: [{ name: 'a' }], output: [], usage };

describe('pruning (K-20)', () => {
  it('leaves out what an answer echoes, and the caller gets it whole', async () => {
    const { given, stored } = await prune(JSON.stringify(echo), [{ drop: 'instructions' }, { drop: 'tools' }]);
    expect(JSON.parse(given)).toEqual(echo);
    expect(JSON.parse(stored)).toEqual({ id: 'resp_1', output: [], usage });
  });

  it('is off unless it is asked for', async () => {
    const { stored } = await prune(` ${JSON.stringify(echo, null, 2)}\n`, []);
    expect(stored).toBe(` ${JSON.stringify(echo, null, 2)}\n`);
  });

  it('drops fields inside lists, replaces in texts, and does what a function says', async () => {
    const choice = { index: 0, logprobs: { content: [1] }, message: { content: 'See /tmp/a8f3/x and /tmp/b1/y.' } };
    const { stored } = await prune(JSON.stringify({ choices: [choice, choice], n: [[choice]], seed: 5 }), [
      { drop: 'choices[*].logprobs' },
      { drop: 'n[*][*].logprobs' },
      { drop: 'not.there' },
      { replace: /\/tmp\/\w+/g, by: '/tmp' },
      (value) => ({ first: value }),
    ]);
    const kept = { index: 0, message: { content: 'See /tmp/x and /tmp/y.' } };
    expect(JSON.parse(stored)).toEqual({ first: { choices: [kept, kept], n: [[kept]], seed: 5 } });
  });

  it('goes through each event of a stream, and each line of JSON Lines', async () => {
    const event = (type: string) => `event: ${type}\r\ndata: ${JSON.stringify({ type, response: echo })}\r\n\r\n`;
    const steps = [{ drop: 'response.tools' }, { drop: 'response.instructions' }, { drop: 'context' }];
    const sse = await prune(`: hi\n\n${event('response.created')}data: [DONE]\n\n`, steps);
    const { instructions: _, tools: __, ...kept } = echo;
    const type = 'response.created';
    expect(sse.stored).toBe(
      `: hi\n\nevent: ${type}\r\ndata: ${JSON.stringify({ type, response: kept })}\r\n\r\ndata: [DONE]\n\n`,
    );
    const lines = await prune('{"a":1}\n{"context":[1,2],"done":true,"eval_count":7}\n', steps);
    expect(lines.stored).toBe('{"a":1}\n{"done":true,"eval_count":7}\n');
  });

  it('is replayed, in the same process too, and parsed by the client', async () => {
    const body = [{ type: 'response.created' }, { type: 'response.completed' }]
      .map(({ type }) => `event: ${type}\ndata: ${JSON.stringify({ type, response: echo })}\n\n`)
      .join('');
    const path = cassettePath();
    const options: CassetteOptions = { path, prune: [{ drop: 'response.tools' }] };
    const inner: typeof fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    const cassette = loopbackCassette({ ...options, fetch: inner });
    const tools = async (send: typeof fetch) => {
      const client = new OpenAI({ apiKey: 'key', baseURL: 'http://127.0.0.1:9/v1', fetch: send, maxRetries: 0 });
      const events = await Array.fromAsync(await client.responses.create({ model: 'm', input: 'Hi', stream: true }));
      return events.map((event) => ('response' in event ? [event.response.tools, event.response.usage] : event));
    };
    expect(await tools(cassette.fetch)).toEqual(Array(2).fill([echo.tools, usage]));
    expect(await tools(cassette.fetch)).toEqual(Array(2).fill([undefined, usage]));
    await cassette.close();
    expect(await tools(replayingCassette(path).fetch)).toEqual(Array(2).fill([undefined, usage]));
  });

  it('leaves what no step changes to the byte, long numbers and line separators included', async () => {
    const odd = 'data: {"n":1.50,"big":12345678901234567890,"text":"a\u2028b","x":1}\n\ndata: {"n":1.50}\n\nno json {';
    const body = Buffer.from(odd).toString('latin1');
    expect((await prune(body, [{ drop: 'y' }])).stored).toBe(odd);
    expect((await prune(body, [{ drop: 'x' }])).stored).toBe(odd.replace(',"x":1', ''));
  });

  it('forgets the length that the vendor stated', async () => {
    const length = { 'content-length': String(JSON.stringify(echo).length), 'x-a': 'b' };
    expect((await prune(JSON.stringify(echo), [{ drop: 'tools' }], length)).record.headers).toEqual({ 'x-a': 'b' });
    expect((await prune(JSON.stringify(echo), [], length)).record.headers).toEqual(length);
  });

  it('keeps the chunks: between values where they were, and all of them together the body', async () => {
    const event = (name: string) => `data: ${JSON.stringify({ name, echo: 'long long long' })}\n\n`;
    const { record, path } = await prune(
      [event('a'), event('b').slice(0, 20), `${event('b').slice(20)}${event('c')}`],
      [{ drop: 'echo' }],
    );
    const left = (name: string) => `data: {"name":"${name}"}\n\n`;
    expect(record.response).toBe(['a', 'b', 'c'].map(left).join(''));
    const replayed = await replayingCassette(path).fetch(ADDRESS, post({}));
    const chunks = (await Array.fromAsync(replayed.body ?? [])).map((chunk) => Buffer.from(chunk).toString());
    expect(chunks).toEqual([left('a'), left('b').slice(0, 18), left('b').slice(18) + left('c')]);
  });

  it('gives the same bytes however they were cut', async () => {
    const part = fc.oneof(
      fc.constantFrom('data: ', '\n\n', '{"drop":"ä€","keep":"é"}', '{"drop":1}', 'ü', '[{"drop":[1,2]}]'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1 }), fc.array(fc.nat()), async (parts, cuts) => {
        const bytes = Buffer.from(parts.join(''));
        const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
        const pieces = [...places, bytes.length].map((end, index) =>
          bytes.toString('latin1', places[index - 1] ?? 0, end),
        );
        const one = await prune(bytes.toString('latin1'), [{ drop: 'drop' }]);
        const many = await prune(pieces, [{ drop: 'drop' }]);
        expect(many.stored).toBe(one.stored);
        const lengths: readonly number[] = many.record.chunks.map(([length]: [number]) => length);
        expect(lengths.every((length) => length > 0)).toBe(true);
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(Buffer.byteLength(many.stored));
      }),
      { numRuns: 100 },
    );
  });

  it('leaves no key open that was hidden by an escape', async () => {
    const key = 'sk-ant-api03-abcdefghijklmnop0123';
    const { record, given } = await prune(`{"text":"sk\\u002d${key.slice(3)}","drop":1}`, [{ drop: 'drop' }]);
    expect(JSON.parse(given).text).toBe(key);
    expect(JSON.stringify(record)).not.toContain(key.slice(3));
  });
});

describe('what a vendor counted (K-20)', () => {
  it.each([
    [{ usage }, (): null => null, 'usage.input_tokens'],
    [{ usage }, { drop: 'usage.input_tokens' }, 'usage.input_tokens'],
    [{ message: { usage: { input_tokens: 3 } } }, { drop: 'message' }, 'message.usage.input_tokens'],
    [{ usageMetadata: { promptTokenCount: 3 } }, { drop: 'usageMetadata' }, 'usageMetadata'],
    [{ list: [{ usage: null }] }, { drop: 'list' }, 'list[0].usage'],
    [{ done: true, prompt_eval_count: 9 }, { drop: 'prompt_eval_count' }, 'prompt_eval_count'],
    [{ done: true, eval_count: 9 }, { drop: 'eval_count' }, 'eval_count'],
    [{ x_groq: { usage: { total_tokens: 1 } } }, { drop: 'x_groq' }, 'x_groq.usage.total_tokens'],
    [{ timings: { cache_n: 3 } }, { drop: 'timings' }, 'timings'],
    [{ a: { inputTokenCount: 3 } }, { drop: 'a' }, 'a.inputTokenCount'],
    [{ usage: { service_tier: 'standard' } }, { replace: /standard/, by: 'x' }, 'usage.service_tier'],
    [{ usage: { input_tokens: 3 } }, (): unknown => ({ usage: { input_tokens: 4 } }), 'usage.input_tokens'],
    [{ a: 1 }, (): unknown => ({ a: 1, usage: { input_tokens: 4 } }), 'usage.input_tokens'],
  ] as readonly (readonly [object, PruneStep, string])[])('is never pruned: %j by %j', async (body, step, path) => {
    const say = async () => {
      const { error, given, events } = await prune(`data: ${JSON.stringify(body)}\n\n`, [step]);
      expect(given).toBe(`data: ${JSON.stringify(body)}\n\n`);
      expect(events.at(-1)).toMatchObject({ type: 'skipped', reason: 'not-written', error });
      return error;
    };
    const error = await say().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'CassetteError', code: 'cassette/count-pruned' });
    expect(String(error)).toContain(` ${path},`);
  });

  it('is refused before anything is sent where the path itself leads to it', () => {
    for (const drop of ['usage', 'message.usage', 'usageMetadata', 'choices[*].usage.cost', 'tool_usage.web_search']) {
      expect(() => createCassette({ path: cassettePath(), prune: [{ drop }] })).toThrow(
        expect.objectContaining({ code: 'cassette/count-pruned', message: expect.stringContaining(drop) }),
      );
    }
  });

  it('is not a limit, a token of text, or a name that only sounds like one', async () => {
    const body = { max_output_tokens: 9, max_tokens: 1, token: 'Hi', token_id: 3, discount: 4, costume: 5, usage };
    const steps = Object.keys(body).flatMap((drop) => (drop === 'usage' ? [] : [{ drop }]));
    expect(JSON.parse((await prune(JSON.stringify(body), steps)).stored)).toEqual({ usage });
  });

  it('may be written another way, as long as it is the same number', async () => {
    const { stored, error } = await prune('{"usage":{"cost":1.50},"x":1}', [
      (value) => ({ ...JSON.parse(JSON.stringify(value)), x: 2 }),
    ]);
    expect([error, stored]).toEqual([undefined, '{"usage":{"cost":1.5},"x":2}']);
  });
});

describe('a step of prune that cannot work (K-20)', () => {
  it.each(['', 'a..b', 'choices[0].a', 'a[*]', '[*]', 'a[', '["a"]'])('is refused at once: %j', (drop) => {
    expect(() => createCassette({ path: cassettePath(), prune: [{ drop }] })).toThrow(RangeError);
  });

  it('costs the caller nothing, and close tells', async () => {
    const thrower = (): never => {
      throw new Error('no');
    };
    for (const [step, message] of [
      [thrower, 'no'],
      [() => undefined, 'returned nothing'],
    ] as unknown as readonly [PruneStep, string][]) {
      const { given, error } = await prune('{"a":1}', [step]);
      expect(given).toBe('{"a":1}');
      expect(String(error)).toContain(message);
    }
  });
});
