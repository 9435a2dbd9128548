import { tool } from '@reprise/agent';
import { applyRunEvent, EMPTY_RUN, foldRun, messagesOf, type RunEvent } from '@reprise/service/client';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { heard, type Spoken, spoken, takenOver } from './support/heard-run.ts';
import { type Piece, playedModel } from './support/played-model.ts';
import { echo, plays } from './support/plays.ts';

/** The events as a client gets them that is cut off now and then, and comes back behind some event that it has. */
function cut(events: readonly RunEvent[], cuts: readonly (readonly [length: number, back: number])[]): RunEvent[] {
  const got: RunEvent[] = [];
  let at = 0;
  for (const [length, back] of cuts) {
    got.push(...events.slice(at, at + length));
    at = Math.max(0, at + length - back);
  }
  return [...got, ...events.slice(at)];
}

describe('the view of a run', () => {
  it('holds what the conversation holds once the run has ended, however its stream was cut (N-15)', async () => {
    const cuts = fc.array(fc.tuple(fc.nat(9), fc.nat(5)), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(plays, cuts, async (answers, places) => {
        const service = spoken({ model: playedModel(...answers), tools: [echo] });
        const events = await heard(service, 'talk', 'Hi');
        const view = foldRun(events);
        const stored = await Array.fromAsync(service.client.sessions.messages('talk'), ({ message }) => message);
        expect(messagesOf(view)).toEqual(stored);
        expect(view.end).toEqual(events.at(-1));
        expect(foldRun(cut(events, places))).toEqual(view);
        await service.handler.close();
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  it('shows what is being written, and each call as it comes', async () => {
    const answers: Piece[][] = [[{ thinking: 'hm' }, { call: ['c1', 'echo', '{"word":"a"}'] }], [{ text: 'Hello' }]];
    const service = spoken({ model: playedModel(...answers), tools: [echo] });
    const states: unknown[] = [];
    let view = EMPTY_RUN;
    for (const event of await heard(service, 'talk', 'Hi')) {
      view = applyRunEvent(view, event);
      const [item] = view.items;
      states.push([view.growing.map(shape), item?.type === 'turn' ? item.calls[0]?.state : undefined]);
    }
    expect(states).toEqual([
      [[], undefined],
      [['h'], undefined],
      [['hm'], undefined],
      [['whole'], undefined],
      [['whole', 'echo '], undefined],
      [['whole', 'echo {"word'], undefined],
      [['whole', 'echo {"word":"a"}'], undefined],
      [['whole', 'whole'], undefined],
      [[], 'called'],
      [[], 'running'],
      [[], 'answered'],
      [['He'], 'answered'],
      [['Hello'], 'answered'],
      [['whole'], 'answered'],
      [[], 'answered'],
      [[], 'answered'],
    ]);
    await service.handler.close();
  });

  it('refuses an event that comes too early', () => {
    const event: RunEvent = { type: 'run-start', runId: 'r', sessionId: 's', messageCount: 0, number: 2 };
    expect(() => foldRun([event])).toThrow(RangeError);
  });
});

describe('the view of a run holds calls that did not run', () => {
  const pay = tool({ name: 'pay', description: '', input: z.object({}), needsApproval: true, run: () => 'paid' });
  const calling: Piece[] = [{ call: ['c1', 'echo', '{"word":"a"}'] }, { call: ['c2', 'pay', '{}'] }];

  async function said({ client }: Spoken, id: string) {
    return Array.fromAsync(client.sessions.messages(id), ({ message }) => message);
  }

  it('since somebody refused them', async () => {
    const service = spoken({ model: playedModel(calling, [{ text: 'Well.' }]), tools: [echo, pay] });
    const asked = foldRun(await heard(service, 'talk', 'Pay.'));
    expect(asked.items[0]).toMatchObject({
      calls: [{ state: 'answered' }, { state: 'waiting', approval: { call: { id: 'c2' } } }],
    });
    expect(messagesOf(asked)).toEqual(await said(service, 'talk'));
    const { sessions } = service.client;
    const [approval] = await sessions.approvals('talk');
    const { run } = await sessions.decide('talk', approval?.id ?? '', { isApproved: false, continue: true });
    const view = foldRun(run ? await Array.fromAsync(run) : []);
    expect(view.items[0]).toMatchObject({
      type: 'results',
      calls: [{ id: 'c1' }, { id: 'c2', result: { isError: true } }],
    });
    expect(messagesOf(view)).toEqual((await said(service, 'talk')).slice(2));
    await service.handler.close();
  });

  it('since the run was at its limit', async () => {
    const again: Piece[] = [{ call: ['c1', 'echo', '{"word":"a"}'] }];
    const service = spoken({ model: playedModel(again, again), tools: [echo], maxToolRounds: 1, forceText: 'off' });
    const view = foldRun(await heard(service, 'talk', 'Go.'));
    expect(view.end?.reason).toBe('tool-round-limit');
    expect(messagesOf(view)).toEqual(await said(service, 'talk'));
    await service.handler.close();
  });

  it('since the run was stopped before', async () => {
    const slow = tool({
      name: 'slow',
      description: '',
      input: z.object({}),
      effect: 'pure',
      parallel: false,
      run: (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    const both: Piece[] = [{ call: ['c1', 'slow', '{}'] }, { call: ['c2', 'echo', '{"word":"a"}'] }];
    const service = spoken({ model: playedModel(both), tools: [echo, slow] });
    const run = await service.client.sessions.send('talk', 'Go.', { create: true });
    for await (const event of run) if (event.type === 'tool-start') await run.stop();
    const view = foldRun(await Array.fromAsync(run));
    expect(view.items[0]).toMatchObject({ calls: [{ state: 'answered' }, { state: 'answered' }] });
    expect(messagesOf(view)).toEqual(await said(service, 'talk'));
    await service.handler.close();
  });
});

describe('the view of a run that another process has taken up', () => {
  it('holds what was committed, and what was said from there on', async () => {
    const calling: Piece[] = [{ text: 'Once' }, { call: ['c1', 'echo', '{"word":"a"}'] }];
    const { events, messages } = await takenOver(
      { model: playedModel(calling, [{ text: 'lost words' }, { until: new Promise(() => {}) }]), tools: [echo] },
      { model: playedModel([{ text: 'said words' }]), tools: [echo] },
      'lost words',
    );
    const view = foldRun(events);
    expect(events.map(({ type }) => type)).toContain('run-resumed');
    expect(view.attempt).toBe(2);
    expect(messagesOf(view)).toEqual(messages);
    expect(JSON.stringify(messages)).toContain('said words');
  });
});

/** What a growing block shows so far. */
function shape(block: unknown): string {
  const { type, text = '', name = '', argumentsText = '' } = block as Record<string, string>;
  if (type === 'whole') return 'whole';
  return type === 'tool-call' ? `${name} ${argumentsText}` : text;
}
