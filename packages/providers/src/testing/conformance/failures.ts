import { describe, expect, test } from 'vitest';
import type { ProviderErrorCode } from '../../errors.ts';
import { messageText } from '../../message.ts';
import { completeTurn } from '../../model.ts';
import type { ScriptedFailure, ScriptedResponse } from '../harness.ts';
import { expectGivenUp, play, type Stage } from './play.ts';
import { agentRequest } from './requests.ts';

const GOOD: ScriptedResponse = { content: [{ type: 'text', pieces: ['Good', '.'] }] };
const OVERLOADED: ScriptedFailure = { status: 529, message: 'too much of everything' };

const STATUSES: readonly (readonly [status: number, code: ProviderErrorCode, retryable: boolean])[] = [
  [400, 'provider/invalid-request', false],
  [401, 'provider/auth', false],
  [403, 'provider/auth', false],
  [404, 'provider/not-found', false],
  [413, 'provider/invalid-request', false],
  [422, 'provider/invalid-request', false],
  [429, 'provider/rate-limited', true],
  [500, 'provider/server', true],
  [502, 'provider/server', true],
  [503, 'provider/overloaded', true],
  [529, 'provider/overloaded', true],
];

/** What a model makes of a vendor that fails. */
export function describeFailures(stage: Stage): void {
  describe('a failure', () => {
    test.for(STATUSES)('with status %i is %s (retryable: %s)', async (expected, { skip }) => {
      skip(stage.lacks('statuses'), 'This model speaks no HTTP.');
      const [status, code, retryable] = expected;
      const { model, requests } = await stage.open({ status, message: 'that went wrong' });
      const { events, turn } = await play(model, agentRequest());
      expect(events).toHaveLength(1);
      expect(turn).toMatchObject({ stopReason: 'error', usageState: 'none', message: { content: [] } });
      expect(turn.error).toMatchObject({
        status,
        code,
        retryable,
        message: expect.stringContaining('that went wrong'),
      });
      expect(requests()).toHaveLength(1);
    });

    test('rejects completeTurn with its error', async () => {
      const { model } = await stage.open({ status: 401, message: 'who are you' });
      await expect(completeTurn(model, agentRequest())).rejects.toMatchObject({ code: 'provider/auth' });
    });

    test('says how long to wait, if the vendor does', async ({ skip }) => {
      skip(stage.lacks('retry-after'), 'This vendor does not say.');
      const { model } = await stage.open({ status: 429, message: 'slow down', retryAfterSeconds: 7 });
      expect((await play(model, agentRequest())).turn.error?.retryAfterMs).toBe(7000);
    });
  });
  describeRetries(stage);
  describeBreaks(stage);
}

function describeRetries(stage: Stage): void {
  const retry = { attempts: 3, maxDelayMs: 1 };

  describe('a request that failed', () => {
    test('is sent again after a retry event, which no delta comes before (E4)', async () => {
      const { model, requests } = await stage.open(OVERLOADED, GOOD);
      const { events, turn } = await play(model, agentRequest(), { retry });
      expect(events[0]).toMatchObject({ type: 'retry', attempt: 1, error: { code: 'provider/overloaded' } });
      expect(events.filter(({ type }) => type === 'retry')).toHaveLength(1);
      expect(messageText(turn.message)).toBe('Good.');
      expect(turn.stopReason).toBe('end-turn');
      expect(requests()).toHaveLength(2);
      expect(requests()[1]).toBe(requests()[0]);
    });

    test('is given up with its last error', async () => {
      const { model, requests } = await stage.open(OVERLOADED);
      const { events, turn } = await play(model, agentRequest(), { retry });
      expect(events.map(({ type }) => type)).toEqual(['retry', 'retry', 'assistant-turn']);
      expect(turn.error?.code).toBe('provider/overloaded');
      expect(requests()).toHaveLength(3);
    });

    test('is not sent again where that changes nothing', async () => {
      const { model, requests } = await stage.open({ status: 400, message: 'no' }, GOOD);
      expect((await play(model, agentRequest(), { retry })).turn.error?.code).toBe('provider/invalid-request');
      expect(requests()).toHaveLength(1);
    });

    test('is sent once with retry: false', async () => {
      const { model, requests } = await stage.open(OVERLOADED, GOOD);
      expect((await play(model, agentRequest(), { retry: false })).turn.stopReason).toBe('error');
      expect(requests()).toHaveLength(1);
    });

    test('is not waited for longer than maxDelayMs', async ({ skip }) => {
      skip(stage.lacks('retry-after'), 'This vendor does not say how long to wait.');
      const { model, requests } = await stage.open({ status: 429, message: 'later', retryAfterSeconds: 60 }, GOOD);
      const { turn } = await play(model, agentRequest(), { retry: { attempts: 3, maxDelayMs: 1000 } });
      expect(turn.error).toMatchObject({ code: 'provider/rate-limited', retryAfterMs: 60_000 });
      expect(requests()).toHaveLength(1);
    });
  });
}

function describeBreaks(stage: Stage): void {
  describe.each(['cut', 'broken'] as const)('a response that is %s', (ending) => {
    test('before its first event is asked for again', async () => {
      const { model, requests } = await stage.open({ content: [], ending }, GOOD);
      const { events, turn } = await play(model, agentRequest(), { retry: { attempts: 2, maxDelayMs: 1 } });
      expect(events[0]?.type).toBe('retry');
      expect(turn.stopReason).toBe('end-turn');
      expect(requests()).toHaveLength(2);
    });

    test('after its first delta keeps its text, and is not asked for again', async () => {
      const opened = await stage.open({ content: [{ type: 'text', pieces: ['Half', ' an'] }], ending }, GOOD);
      const { turn } = await play(opened.model, agentRequest(), { retry: { attempts: 2, maxDelayMs: 1 } });
      expect(turn.stopReason).toBe('error');
      expect(['provider/stream-cut', 'provider/network']).toContain(turn.error?.code);
      expect(turn.error?.retryable).toBe(true);
      expect(messageText(turn.message)).toBe('Half an');
      expect(opened.requests()).toHaveLength(1);
      await expectGivenUp(opened);
    });

    test('keeps the calls that were whole, and drops the one cut in half', async ({ skip }) => {
      skip(stage.lacks('call-pieces'), 'On this wire a call comes in one piece.');
      const { model } = await stage.open({
        content: [
          { type: 'tool-call', id: 'whole', name: 'list_files', pieces: ['{}'] },
          { type: 'tool-call', id: 'half', name: 'read_file', pieces: ['{"path":"no'] },
        ],
        ending,
      });
      const { turn } = await play(model, agentRequest());
      expect(turn.stopReason).toBe('error');
      expect(turn.message.content.map((block) => (block.type === 'tool-call' ? block.id : ''))).not.toContain('half');
    });
  });
}
