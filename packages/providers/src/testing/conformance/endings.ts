import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { messageText } from '../../message.ts';
import type { ScriptedResponse } from '../harness.ts';
import { expectGivenUp, expectRequests, play, readCall, type Stage } from './play.ts';
import { agentRequest } from './requests.ts';

const ENDLESS: ScriptedResponse = { content: [{ type: 'text', pieces: ['Once', ' upon'] }], ending: 'silent' };
const GOOD: ScriptedResponse = { content: [{ type: 'text', pieces: ['Good', '.'] }] };

/** Far above the limits set here, and far below what a model may take that heeds none. */
const SOON_MS = 3000;

/** What a model does when its caller, or its time, is at an end. */
export function describeEndings(stage: Stage): void {
  describeAborts(stage);
  describeLeaving(stage);
  describeLimits(stage);
}

function describeAborts(stage: Stage): void {
  describe('a call that is aborted', () => {
    test('before it begins sends nothing', async () => {
      const { model, requests } = await stage.open(GOOD);
      const { turn } = await play(model, agentRequest(), { signal: AbortSignal.abort() });
      expect(turn).toMatchObject({ stopReason: 'aborted', usageState: 'none', message: { content: [] } });
      expect(turn.error).toMatchObject({ code: 'provider/aborted', retryable: false });
      expect(requests()).toEqual([]);
    });

    test('before its response begins ends at once, and the vendor is told', async () => {
      const opened = await stage.open('silence');
      const abort = new AbortController();
      const played = play(opened.model, agentRequest(), { signal: abort.signal });
      await expectRequests(opened, 1);
      abort.abort();
      expect((await played).turn).toMatchObject({ stopReason: 'aborted', message: { content: [] } });
      await expectGivenUp(opened);
    });

    test('in the middle of its response keeps what came, and the vendor is told', async () => {
      const opened = await stage.open(ENDLESS);
      const abort = new AbortController();
      const { signal } = abort;
      const { turn } = await readCall(opened.model.stream(agentRequest(), { signal }), signal, (event) => {
        if (event.type === 'text-delta' && event.text.includes('upon')) abort.abort();
      });
      expect(turn).toMatchObject({ stopReason: 'aborted', error: { code: 'provider/aborted' } });
      expect(messageText(turn.message)).toBe('Once upon');
      expect(opened.requests()).toHaveLength(1);
      await expectGivenUp(opened);
    });

    test('is not tried again', async () => {
      const opened = await stage.open({ status: 529, message: 'busy' }, GOOD);
      const abort = new AbortController();
      const { signal } = abort;
      const stream = opened.model.stream(agentRequest(), { signal, retry: { attempts: 3 } });
      const { events, turn } = await readCall(stream, signal, ({ type }) => type === 'retry' && abort.abort());
      expect(events.map(({ type }) => type)).toEqual(['retry', 'assistant-turn']);
      expect(turn.stopReason).toBe('aborted');
      expect(opened.requests()).toHaveLength(1);
    });

    test('after its end is not changed by that', async () => {
      const { model } = await stage.open(GOOD);
      const abort = new AbortController();
      const stream = model.stream(agentRequest(), { signal: abort.signal });
      const { turn } = await readCall(stream, abort.signal);
      abort.abort();
      expect(await stream.turn).toBe(turn);
      expect(turn.stopReason).toBe('end-turn');
    });
  });
}

function describeLeaving(stage: Stage): void {
  describe('a stream', () => {
    test('sends nothing before its first event is asked for', async () => {
      const opened = await stage.open(GOOD);
      const stream = opened.model.stream(agentRequest());
      await new Promise((resolve) => setImmediate(resolve));
      expect(opened.requests()).toEqual([]);
      expect((await readCall(stream, new AbortController().signal)).turn.stopReason).toBe('end-turn');
      expect(opened.requests()).toHaveLength(1);
    });

    test('that is left before it began sends nothing, and its turn is aborted', async () => {
      const { model, requests } = await stage.open(GOOD);
      const stream = model.stream(agentRequest());
      await stream[Symbol.asyncIterator]().return?.();
      expect(await stream.turn).toMatchObject({ stopReason: 'aborted', usageState: 'none' });
      expect(requests()).toEqual([]);
    });

    test('that is left early aborts its call, and its turn has what came', async () => {
      const opened = await stage.open(ENDLESS);
      const { signal } = new AbortController();
      const stream = opened.model.stream(agentRequest(), { signal });
      for await (const event of stream) {
        if (event.type === 'text-delta' && event.text.includes('upon')) break;
      }
      const turn = await stream.turn;
      expect(turn).toMatchObject({ stopReason: 'aborted', error: { code: 'provider/aborted' } });
      expect(messageText(turn.message)).toBe('Once upon');
      expect(getEventListeners(signal, 'abort')).toEqual([]);
      await expectGivenUp(opened);
    });

    test('that nobody reads is read to its end by its promise', async () => {
      const { model } = await stage.open(GOOD);
      expect(messageText((await model.stream(agentRequest()).turn).message)).toBe('Good.');
    });
  });
}

function describeLimits(stage: Stage): void {
  describe('a call whose vendor', () => {
    test('falls silent has stalled, keeps what came, and gives up (I12)', async () => {
      const opened = await stage.open(ENDLESS);
      const { turn } = await play(opened.model, agentRequest(), { stallTimeoutMs: 60 });
      expect(turn).toMatchObject({ stopReason: 'error', error: { code: 'provider/stalled', retryable: true } });
      expect(turn.timing.durationMs).toBeLessThan(SOON_MS);
      expect(messageText(turn.message)).toBe('Once upon');
      await expectGivenUp(opened);
    });

    test('never answers ends with its time, and gives up (I12)', async () => {
      const opened = await stage.open('silence');
      const { turn } = await play(opened.model, agentRequest(), { timeoutMs: 60 });
      expect(turn).toMatchObject({ stopReason: 'error', error: { code: 'provider/timeout', retryable: true } });
      expect(turn.timing.durationMs).toBeLessThan(SOON_MS);
      await expectGivenUp(opened);
    });

    test('never ends is cut off by its time, and keeps what came (I12)', async () => {
      const opened = await stage.open(ENDLESS);
      const { turn } = await play(opened.model, agentRequest(), { timeoutMs: 500 });
      expect(turn).toMatchObject({ stopReason: 'error', error: { code: 'provider/timeout' } });
      expect(messageText(turn.message)).toBe('Once upon');
      await expectGivenUp(opened);
    });
  });
}
