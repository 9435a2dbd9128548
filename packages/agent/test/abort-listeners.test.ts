import { getEventListeners } from 'node:events';
import { initialState, runAgent, tool } from '@reprise/agent';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

const echo = tool({
  name: 'echo',
  description: 'Says it again.',
  input: z.object({ text: z.string() }),
  run: ({ text }) => text,
});

/** A run of two turns and a tool, with how many listeners its signal has at each of its events. */
function watchedRun() {
  const abort = new AbortController();
  const model = scriptedModel(toolTurn(['a', 'echo', '{"text":"hey"}']), textTurn('done'));
  const run = runAgent(initialState(), 'go', { model, tools: [echo], signal: abort.signal });
  return { abort, run, listeners: () => getEventListeners(abort.signal, 'abort').length };
}

describe('the signal of a run', () => {
  it('is listened to while a call or a tool is under way, and by nobody when it is over (I12)', async () => {
    const { run, listeners } = watchedRun();
    const heard = new Map<string, number>();
    for await (const { type } of run) heard.set(type, listeners());
    expect(Object.fromEntries(heard)).toMatchObject({ 'text-delta': 1, 'tool-start': 1, 'turn-end': 0, 'run-end': 0 });
    expect(listeners()).toBe(0);
  });

  it.each(['run-start', 'assistant-turn', 'tool-start', 'tool-end', 'turn-end'])(
    'is listened to by nobody when its listener has left at %s (I12)',
    async (place) => {
      const { run, listeners } = watchedRun();
      for await (const { type } of run) if (type === place) break;
      expect(listeners()).toBe(0);
    },
  );

  it('is passed on to a model call that was under way, with its reason', async () => {
    const abort = new AbortController();
    const reason = new Error('Somebody has had enough.');
    let seen: unknown;
    const model = scriptedModel((_request, signal) => {
      abort.abort(reason);
      seen = signal?.reason;
      return textTurn('too late');
    });
    const result = runAgent(initialState(), 'go', { model, signal: abort.signal }).result();
    await expect(result).rejects.toMatchObject({ code: 'provider/aborted' });
    expect(seen).toBe(reason);
  });
});
