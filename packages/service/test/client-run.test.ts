import { type RunEvent, ServiceProblem } from '@reprise/service/client';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spoken } from './support/heard-run.ts';
import { liveService } from './support/live-service.ts';
import { playedModel } from './support/played-model.ts';
import { echo, plays } from './support/plays.ts';

const NO_WAIT = { sleep: async () => {}, random: () => 0 };

/** A connection whose streams break after so many bytes each, and whose requests fail where that is 0. */
function brittle(fetch: typeof globalThis.fetch, bytes: readonly number[]) {
  const left = [...bytes];
  const asked: string[] = [];
  const broken: typeof fetch = async (input, init) => {
    asked.push(`${init?.method} ${String(input).replace(/^.*\/v1/, '')}`);
    const isStream = new Headers(init?.headers).get('accept') === 'text/event-stream';
    const limit = isStream ? left.shift() : undefined;
    if (limit === 0) throw new TypeError('fetch failed');
    const response = await fetch(input, init);
    return limit === undefined ? response : new Response(cutAfter(response, limit), response);
  };
  return { fetch: broken, asked };
}

function cutAfter({ body }: Response, bytes: number): ReadableStream<Uint8Array> | null {
  let left = bytes;
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, left));
      left -= chunk.length;
      if (left < 0) controller.error(new TypeError('terminated'));
    },
  });
  return body?.pipeThrough(cut) ?? null;
}

describe('a run that a client hears of', () => {
  it('comes with each event once, in order, to its end; and its outcome is known from then on', async () => {
    const { client } = await liveService({ model: playedModel([{ thinking: 'well' }, { text: 'Hello there' }]) });
    const { sessions } = client();
    const run = await sessions.send('talk', 'Hi', { create: true });
    const events = await Array.fromAsync(run);
    expect(events.map(({ number }) => number)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)).toMatchObject({ type: 'run-end', reason: 'end-turn', text: 'Hello there' });
    expect(await run.outcome()).toMatchObject({ reason: 'end-turn', text: 'Hello there' });
    expect(await run.read()).toMatchObject({ id: run.id, session: 'talk', state: 'ended' });
    expect(await Array.fromAsync(run.events({ after: 3 }))).toEqual(events.slice(3));
  });

  it('is the same over connections that break anywhere (N-15)', async () => {
    const breaks = fc.array(fc.oneof(fc.constant(0), fc.nat(3000)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(plays, breaks, async (answers, bytes) => {
        const service = spoken({ model: playedModel(...answers), tools: [echo] });
        const { fetch } = brittle(service.fetch, bytes);
        const client = service.clientOf({ fetch, ports: NO_WAIT });
        const run = await client.sessions.send('talk', 'Hi', { create: true });
        const events = await Array.fromAsync(run);
        expect(events).toEqual(await Array.fromAsync(service.client.sessions.run('talk', run.id)));
        await service.handler.close();
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  it('is the same from a service that tells too much, and from one that leaves something out', async () => {
    const service = spoken({ model: playedModel([{ thinking: 'hm' }, { text: 'Hello' }]) });
    const run = await service.client.sessions.send('talk', 'Hi', { create: true });
    const events = await Array.fromAsync(run);
    let asked = 0;
    const odd: typeof fetch = async (input, init) => {
      asked += 1;
      const whole = await service.fetch(String(input).replace(/after=\d+/, 'after=0'), init);
      const text = await whole.text();
      // The first time the third event is missing, the second time the end is.
      if (asked === 1) return new Response(text.replace(/^id: 3\n.*\n.*\n\n/m, ''), whole);
      return new Response(asked === 2 ? text.slice(0, text.indexOf('id: 6')) : text, whole);
    };
    const client = service.clientOf({ fetch: odd, ports: NO_WAIT });
    expect(await Array.fromAsync(client.sessions.run('talk', run.id))).toEqual(events);
    expect(asked).toBe(3);
    await service.handler.close();
  });

  it('goes on while nobody listens, and is stopped by being asked to', async () => {
    const gate = Promise.withResolvers<void>();
    const service = spoken({
      model: playedModel(
        [{ text: 'One' }, { until: gate.promise }, { text: 'Two' }],
        [{ until: new Promise(() => {}) }],
      ),
    });
    const run = await service.client.sessions.send('talk', 'Hi', { create: true });
    for await (const event of run) if (event.type === 'text-delta') break;
    gate.resolve();
    expect(await run.outcome()).toMatchObject({ text: 'OneTwo' });
    const endless = await service.client.sessions.send('talk', 'And on?');
    await endless.stop();
    expect(await endless.outcome()).toMatchObject({ reason: 'aborted' });
    await service.handler.close();
  });

  it('is said once, however often the request for it has to be sent', async () => {
    const service = spoken({ model: playedModel([{ text: 'Once.' }]) });
    let lost = 2;
    const client = service.clientOf({
      ports: NO_WAIT,
      fetch: async (input, init) => {
        const response = await service.fetch(input, init);
        if (init?.method !== 'POST' || lost === 0) return response;
        lost -= 1; // the answer is lost, and not the request
        throw new TypeError('fetch failed');
      },
    });
    const run = await client.sessions.send('talk', 'Hi', { create: true });
    expect(await run.outcome()).toMatchObject({ text: 'Once.' });
    expect((await client.sessions.runs('talk').page()).items).toHaveLength(1);
    await service.handler.close();
  });
});

describe('a client that gets no answer', () => {
  it('gives up after the time it was given, and says so (I12)', async () => {
    let now = 0;
    const waits: number[] = [];
    const sleep = async (ms: number) => {
      waits.push(ms);
      now += ms;
    };
    const { clientOf } = spoken({ model: playedModel() });
    const client = clientOf({
      fetch: async () => Promise.reject(new TypeError('fetch failed')),
      patience: { minDelayMs: 100, maxDelayMs: 1000, giveUpAfterMs: 5000 },
      ports: { clock: () => now, random: () => 1, sleep },
    });
    await expect(Array.fromAsync(client.sessions.run('talk', 'r'))).rejects.toMatchObject({
      code: 'client/unreachable',
    });
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000, 1000]);
  });

  it('is not kept waiting by a stream that says nothing (I12)', async () => {
    const silent = () => new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } });
    const { clientOf } = spoken({ model: playedModel() });
    const client = clientOf({ fetch: async () => silent(), silenceMs: 5, patience: { giveUpAfterMs: 0 } });
    const listening = Array.fromAsync(client.sessions.run('talk', 'r'));
    await expect(listening).rejects.toMatchObject({ code: 'client/unreachable' });
  });

  it('waits as long as the service asks it to', async () => {
    const waits: number[] = [];
    const { clientOf } = spoken({ model: playedModel() });
    const busy = () =>
      Response.json(
        { code: 'service/too-many-runs', detail: 'Later.' },
        { status: 429, headers: { 'retry-after': '7' } },
      );
    const client = clientOf({
      fetch: async () => busy(),
      patience: { giveUpAfterMs: 20_000 },
      ports: { clock: () => waits.length * 7000, random: () => 0, sleep: async (ms) => void waits.push(ms) },
    });
    const problem = client.sessions.get('talk');
    await expect(problem).rejects.toMatchObject({
      status: 429,
      code: 'service/too-many-runs',
      message: 'Later.',
      retryAfterMs: 7000,
    });
    expect(waits).toEqual([7000, 7000]);
  });

  it('ends with its signal', async () => {
    const left = new AbortController();
    const service = spoken({ model: playedModel([{ until: new Promise(() => {}) }]) });
    const run = await service.client.sessions.send('talk', 'Hi', { create: true });
    const listening = Array.fromAsync(run.events({ signal: left.signal }));
    left.abort(new Error('enough'));
    await expect(listening).rejects.toThrow('enough');
    await service.handler.close({ deadlineMs: 0 });
  });
});

describe('a problem', () => {
  it('has its code, its status and the service’s words', async () => {
    const { client } = await liveService({ model: playedModel() });
    const missing: unknown = await client()
      .sessions.get('nobody')
      .catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(ServiceProblem);
    expect(missing).toMatchObject({ status: 404, code: 'checkpoint/session-missing', problem: { title: 'Not Found' } });
    await expect(client({ token: 'another-token-0123456789' }).agents()).rejects.toMatchObject({ status: 401 });
  });

  it('is what something else than a service answers with, too', async () => {
    const { clientOf } = spoken({ model: playedModel() });
    const client = clientOf({ fetch: async () => new Response('<html>') });
    await expect(client.agents()).rejects.toMatchObject({ code: 'client/bad-answer' });
    const events: Promise<RunEvent[]> = Array.fromAsync(client.sessions.run('talk', 'r'));
    await expect(events).rejects.toMatchObject({ code: 'client/bad-answer' });
  });
});
