import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Model, ModelStream, StreamOptions } from '../src/model.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import type { ScriptedAnswer, ScriptedResponse } from '../src/testing/harness.ts';
import { createHttpHarness } from '../src/testing/http-harness.ts';
import { userRequest } from './support/collect-stream.ts';
import { VENDORS } from './support/vendor-wires.ts';

const CALLS = 50;
const GOOD: ScriptedResponse = {
  content: [
    { type: 'text', pieces: ['Some', ' text'] },
    { type: 'tool-call', id: 'call_1', name: 'list_files', pieces: ['{}'] },
  ],
};
const HALF: ScriptedResponse = { content: [{ type: 'text', pieces: ['Half'] }] };
const ENDLESS: ScriptedResponse = { ...HALF, ending: 'silent' };
const BUSY: ScriptedAnswer = { status: 529, message: 'busy' };
const LATER: ScriptedAnswer = { status: 429, message: 'later', retryAfterSeconds: 30 };

/** One call, from its beginning to whatever end it comes to. */
type CallKind = (model: Model, signal: AbortSignal) => Promise<string>;

const endOf = async (stream: ModelStream): Promise<string> => {
  const { stopReason, error } = await stream.turn;
  return error?.code ?? stopReason;
};

const ending =
  (options: StreamOptions = {}): CallKind =>
  (model, signal) =>
    endOf(model.stream(userRequest('hi'), { retry: false, ...options, signal }));

/** Aborts the call at its first event of a type. */
const abortedAt =
  (type: StreamEvent['type']): CallKind =>
  async (model, shared) => {
    const abort = new AbortController();
    const signal = AbortSignal.any([shared, abort.signal]);
    const stream = model.stream(userRequest('hi'), { signal });
    for await (const event of stream) if (event.type === type) abort.abort();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    return endOf(stream);
  };

const leftAtItsFirstDelta: CallKind = async (model, signal) => {
  const stream = model.stream(userRequest('hi'), { signal });
  for await (const { type } of stream) if (type === 'text-delta') break;
  return endOf(stream);
};

const leftUnread: CallKind = async (model, signal) => {
  const stream = model.stream(userRequest('hi'), { signal });
  await stream[Symbol.asyncIterator]().return?.();
  return endOf(stream);
};

const KINDS: Readonly<Record<string, { answers: readonly ScriptedAnswer[]; call: CallKind; ends: RegExp }>> = {
  'were answered': { answers: [GOOD], call: ending(), ends: /^tool-use$/ },
  'were aborted in the middle': { answers: [ENDLESS], call: abortedAt('text-delta'), ends: /aborted/ },
  'were aborted before they were tried again': { answers: [LATER], call: abortedAt('retry'), ends: /aborted/ },
  'were left in the middle': { answers: [ENDLESS], call: leftAtItsFirstDelta, ends: /aborted/ },
  'were left before they began': { answers: [GOOD], call: leftUnread, ends: /aborted/ },
  'were cut': { answers: [{ ...HALF, ending: 'cut' }], call: ending(), ends: /stream-cut/ },
  'were broken off': { answers: [{ ...HALF, ending: 'broken' }], call: ending(), ends: /network|stream-cut/ },
  'were refused': { answers: [{ status: 400, message: 'no' }], call: ending(), ends: /invalid-request/ },
  'fell silent': { answers: [ENDLESS], call: ending({ stallTimeoutMs: 20 }), ends: /stalled/ },
  'were never answered': { answers: ['silence'], call: ending({ timeoutMs: 20 }), ends: /timeout/ },
  'were tried three times': {
    answers: [BUSY],
    call: ending({ retry: { attempts: 3, maxDelayMs: 1 } }),
    ends: /overloaded/,
  },
};

/** Timers that would keep the process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

const warnings: Error[] = [];
const onWarning = (warning: Error): void => void warnings.push(warning);
beforeAll(() => void process.on('warning', onWarning));
afterAll(() => void process.off('warning', onWarning));
beforeEach(() => void warnings.splice(0));

describe.each(Object.entries(VENDORS))('calls of %s', (_family, vendor) => {
  it.each(Object.entries(KINDS))('that %s leave no listener, socket or timer (I12)', async (_kind, kind) => {
    const opened = await createHttpHarness(vendor).open(kind.answers);
    onTestFinished(() => opened.close());
    const { signal } = new AbortController();
    // What is made with the first use, such as the client, stays.
    await kind.call(opened.model, signal);
    const before = timers();

    const ends = await Promise.all(Array.from({ length: CALLS - 10 }, () => kind.call(opened.model, signal)));
    while (ends.length < CALLS) ends.push(await kind.call(opened.model, signal));

    for (const end of ends) expect(end).toMatch(kind.ends);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await vi.waitFor(() => expect(opened.openResponses()).toBe(0), { timeout: 2000, interval: 5 });
    await vi.waitFor(() => expect(timers()).toBeLessThanOrEqual(before), { timeout: 2000, interval: 5 });
    expect(warnings).toEqual([]);
  });
});
