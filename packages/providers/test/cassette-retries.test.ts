import { describe, expect, it } from 'vitest';
import type { CassetteOptions } from '../src/cassette/index.ts';
import { createCassette } from '../src/cassette/index.ts';
import { anthropic, type StreamEvent, userMessage } from '../src/index.ts';
import {
  cassettePath,
  loopbackCassette,
  loopbackServer,
  post,
  readLines,
  replayingCassette,
} from './support/cassette-server.ts';

/** Answers with each status in turn, and with the last for ever. */
const answering = (...statuses: readonly number[]) =>
  loopbackServer((response, { count }) => {
    response.writeHead(statuses[Math.min(count, statuses.length) - 1] ?? 200);
    response.end(`{"answer":${count}}`);
  });

async function statuses(fetch: typeof globalThis.fetch, origin: string, times: number): Promise<readonly number[]> {
  const seen: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const response = await fetch(origin, post({ q: 1 }));
    await response.text();
    seen.push(response.status);
  }
  return seen;
}

describe('an error that is asked again after', () => {
  it.each(['auto', 'record'] as const)(
    'reaches the vendor again in mode %s, and replays as it was (K-16)',
    async (mode) => {
      const server = await answering(429, 503, 200);
      const path = cassettePath();
      const cassette = loopbackCassette({ path, mode, recordErrors: true });
      expect(await statuses(cassette.fetch, server.origin, 3)).toEqual([429, 503, 200]);
      await cassette.close();
      expect(await statuses(replayingCassette(path).fetch, server.origin, 4)).toEqual([429, 503, 200, 200]);
      expect(await statuses(loopbackCassette({ path }).fetch, server.origin, 4)).toEqual([429, 503, 200, 200]);
      expect(server.requests).toHaveLength(3);
    },
  );

  it('is sent where the file ends in an error, which the answer follows (K-16)', async () => {
    const server = await answering(429, 200);
    const path = cassettePath();
    const first = loopbackCassette({ path, recordErrors: true });
    expect(await statuses(first.fetch, server.origin, 1)).toEqual([429]);
    await first.close();
    const second = loopbackCassette({ path });
    expect(await statuses(second.fetch, server.origin, 3)).toEqual([429, 200, 200]);
    await second.close();
    expect(second.events.map(({ type }) => type).sort()).toEqual(['hit', 'hit', 'miss', 'recorded']);
    expect(await statuses(replayingCassette(path).fetch, server.origin, 2)).toEqual([429, 200]);
  });

  it('is answered by the last error in replay, however often it is asked (K-16, K-22)', async () => {
    const server = await answering(500);
    const path = cassettePath();
    const recording = loopbackCassette({ path, recordErrors: true });
    await statuses(recording.fetch, server.origin, 2);
    await recording.close();
    expect(await statuses(replayingCassette(path).fetch, server.origin, 5)).toEqual([500, 500, 500, 500, 500]);
  });

  it('keeps its order when the file is compacted (K-16, K-19)', async () => {
    const server = await answering(503, 200);
    const path = cassettePath();
    const cassette = loopbackCassette({ path, recordErrors: true });
    await statuses(cassette.fetch, server.origin, 2);
    await cassette.compact();
    await cassette.close();
    expect(readLines(path)).toHaveLength(2);
    expect(await statuses(replayingCassette(path).fetch, server.origin, 2)).toEqual([503, 200]);
  });

  it('is replaced whole by what mode record hears in another run (K-19)', async () => {
    const server = await answering(429, 200, 200);
    const path = cassettePath();
    const one = loopbackCassette({ path, mode: 'record', recordErrors: true });
    await statuses(one.fetch, server.origin, 2);
    await one.close();
    const other = loopbackCassette({ path, mode: 'record', recordErrors: true });
    await statuses(other.fetch, server.origin, 1);
    await other.close();
    expect(await statuses(replayingCassette(path).fetch, server.origin, 1)).toEqual([200]);
    const compacting = createCassette({ path });
    await compacting.compact();
    expect(readLines(path)).toHaveLength(1);
  });

  it('keeps one record of errors that were under way at once (K-16)', async () => {
    const server = await answering(429);
    const path = cassettePath();
    const cassette = loopbackCassette({ path, recordErrors: true });
    await Promise.all([1, 2, 3].map(() => statuses(cassette.fetch, server.origin, 1)));
    await cassette.close();
    expect(readLines(path)).toHaveLength(1);
  });
});

describe('a model behind a cassette', () => {
  it('is tried again until it answers, and the same way in every later run (K-16, K-22)', async () => {
    const body = [
      'event: message_start',
      'data: {"type":"message_start","message":{"id":"msg_1","model":"claude-sonnet-5","usage":{"input_tokens":3,"output_tokens":1}}}',
      '',
      'event: content_block_start',
      'data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Yes."}}',
      '',
      'event: content_block_stop',
      'data: {"type":"content_block_stop","index":0}',
      '',
      'event: message_delta',
      'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}',
      '',
      'event: message_stop',
      'data: {"type":"message_stop"}',
      '',
      '',
    ].join('\n');
    const server = await loopbackServer((response, { count }) => {
      if (count === 1) return void response.writeHead(429, { 'retry-after': '0' }).end('{}');
      response.setHeader('content-type', 'text/event-stream').end(body);
    });
    const path = cassettePath();
    const run = async (options: CassetteOptions) => {
      const cassette = loopbackCassette({ path, recordErrors: true, ...options });
      const model = anthropic({ apiKey: 'none', baseURL: server.origin, fetch: cassette.fetch }).model(
        'claude-sonnet-5',
      );
      const events: StreamEvent[] = [];
      const retry = { attempts: 4, maxDelayMs: 1 };
      for await (const event of model.stream({ messages: [userMessage('Up?')] }, { retry })) events.push(event);
      await cassette.close();
      const turn = events.find((event) => event.type === 'assistant-turn')?.turn;
      return [events.filter(({ type }) => type === 'retry').length, turn?.stopReason];
    };
    expect(await run({})).toEqual([1, 'end-turn']);
    expect(await run({})).toEqual([1, 'end-turn']);
    expect(await run({ mode: 'replay' })).toEqual([1, 'end-turn']);
    expect(server.requests).toHaveLength(2);
  });
});
