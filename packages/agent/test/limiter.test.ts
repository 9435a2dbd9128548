import { createAgent, type LimitedCall, type Limiter, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import pLimit from 'p-limit';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { LONG_SYSTEM_PROMPT, MODELS, simulator } from './support/simulated.ts';

const echo = tool({ name: 'echo', description: '', input: z.object({}), effect: 'pure', run: () => 'hey' });

/** A limiter that writes down what it is asked, and when. */
function logging(acquire: Limiter['acquire'] = async () => () => {}) {
  const calls: LimitedCall[] = [];
  const log: string[] = [];
  const limiter: Limiter = {
    async acquire(call, signal) {
      calls.push(call);
      const release = await acquire(call, signal);
      log.push('acquired');
      return () => {
        log.push('released');
        release();
      };
    },
  };
  return { limiter, calls, log };
}

describe('a limiter (D-23)', () => {
  it('is passed before each model call, and gets its place back after it', async () => {
    const { limiter, log, calls } = logging();
    const model = scriptedModel(toolTurn(['c', 'echo', '{}']), textTurn('done'));
    const session = await createAgent({ model, tools: [echo], limiter }).openSession(openMemoryStore());
    const seen: string[] = [];
    for await (const event of session.send('go')) {
      if (event.type === 'turn-end' || event.type === 'tool-start') seen.push(`${event.type} after ${log.join(', ')}`);
    }
    expect(seen).toEqual([
      'turn-end after acquired',
      'tool-start after acquired, released',
      'turn-end after acquired, released, acquired',
    ]);
    expect([log.at(-1), calls.length]).toEqual(['released', 2]);
    expect(calls[0]).toMatchObject({ model: 'scripted', family: 'custom' });
  });

  it('is told how large the prompt is: what was counted, and a guess of what was added', async () => {
    const { limiter, calls } = logging();
    const server = await simulator(() => 'So it is.');
    const model = MODELS.anthropic(server.url);
    const agent = createAgent({ model, system: LONG_SYSTEM_PROMPT, limiter });
    const session = await agent.openSession(openMemoryStore());
    const sizes: number[] = [];
    for (const input of ['one', 'two', 'three']) {
      const { turns } = await session.send(input).result();
      sizes.push((turns[0]?.cacheReadTokens ?? 0) + (turns[0]?.cacheWriteTokens ?? 0) + Number(turns[0]?.tokens.fresh));
    }
    const off = calls.map(({ estimatedInputTokens }, index) => estimatedInputTokens / (sizes[index] ?? 1) - 1);
    expect(Math.abs(off[0] ?? 1)).toBeLessThan(0.5);
    expect(off.slice(1).map((share) => Math.abs(share) < 0.02)).toEqual([true, true]);
  });

  it('gets its place back when the call fails, or is refused before it is sent', async () => {
    const { limiter, log } = logging();
    const model = scriptedModel(() => Promise.reject(new Error('down')));
    const session = await createAgent({ model, limiter }).openSession(openMemoryStore());
    await expect(session.send('go').result()).rejects.toThrow('down');
    expect(log).toEqual(['acquired', 'released']);
  });

  it('ends the run with what it rejects with, and nothing is sent or noted', async () => {
    const { limiter } = logging(() => Promise.reject(new Error('quota of the day')));
    const model = scriptedModel();
    const store = openMemoryStore();
    const session = await createAgent({ model, limiter }).openSession(store);
    await expect(session.send('go').result()).rejects.toThrow('quota of the day');
    expect([model.requests.length, await store.readPendingTurn(session.id)]).toEqual([0, undefined]);
  });

  it('is not waited for once the run is aborted, and what it lets through later is given back (I12)', async () => {
    const gate = Promise.withResolvers<() => void>();
    const back = Promise.withResolvers<void>();
    const stop = new AbortController();
    const limiter: Limiter = {
      acquire: () => {
        stop.abort();
        return gate.promise;
      },
    };
    const model = scriptedModel();
    const session = await createAgent({ model, limiter }).openSession(openMemoryStore());
    const run = session.send('go', { signal: stop.signal });
    await expect(run.result()).rejects.toMatchObject({ code: 'provider/aborted' });
    gate.resolve(() => back.resolve());
    await back.promise;
    expect(model.requests).toEqual([]);
  });

  it('may be p-limit: then so many calls are under way at once, over all sessions', async () => {
    const limit = pLimit(2);
    const limiter: Limiter = {
      acquire: () =>
        new Promise((pass) => {
          void limit(() => new Promise<void>((release) => pass(release)));
        }),
    };
    let [now, most] = [0, 0];
    const model = scriptedModel(
      ...Array.from({ length: 8 }, () => async () => {
        now += 1;
        most = Math.max(most, now);
        for (let tick = 0; tick < 20; tick += 1) await Promise.resolve();
        now -= 1;
        return textTurn('done');
      }),
    );
    const agent = createAgent({ model, limiter });
    const store = openMemoryStore();
    const sessions = await Promise.all(Array.from({ length: 8 }, () => agent.openSession(store)));
    await Promise.all(sessions.map((session) => session.send('go').result()));
    expect([most, model.unplayed]).toEqual([2, 0]);
  });

  it('has to have a function', () => {
    const limiter = {} as Limiter;
    expect(() => createAgent({ model: scriptedModel(), limiter })).toThrow('limiter has no function `acquire`');
  });
});
