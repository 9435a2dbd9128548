import { type AgentEvent, createAgent, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

type Run = (abort: () => void, signal: AbortSignal) => Promise<string>;

/** What the history and the journal hold of a call whose tool is running when its run is aborted. */
async function resultAfterAbort(run: Run) {
  const abort = new AbortController();
  const store = openMemoryStore();
  const act = tool({
    name: 'act',
    description: '',
    input: z.object({}),
    run: (_input, { signal }) => run(() => abort.abort(), signal),
  });
  const model = scriptedModel(toolTurn(['c', 'act', '{}']), textTurn('never'));
  const session = await createAgent({ model, tools: [act] }).openSession(store, { id: 's' });
  const events: AgentEvent[] = await Array.fromAsync(session.send('go', { signal: abort.signal }));
  expect(events.at(-1)).toMatchObject({ type: 'run-end', reason: 'aborted' });
  const ended = events.find((event) => event.type === 'tool-end');
  const last = session.state.messages.at(-1);
  expect(last?.content).toEqual([ended?.result]);
  return ended?.result;
}

const kept = (text: string) => ({ isError: false, content: [{ type: 'text', text }] });

describe('a tool that is running when its run is aborted (N-12)', () => {
  it('keeps the result that it had by then', async () => {
    const done: Run = async (abort) => {
      abort();
      return 'mail 7 sent';
    };
    expect(await resultAfterAbort(done)).toMatchObject(kept('mail 7 sent'));
  });

  it('keeps it, however many steps the result takes to come out', async () => {
    const steps: Run = async (abort) => {
      abort();
      for (let step = 0; step < 20; step += 1) await undefined;
      return 'mail 7 sent';
    };
    expect(await resultAfterAbort(steps)).toMatchObject(kept('mail 7 sent'));
  });

  it('says that it was cut off if it stops because of that', async () => {
    const stops: Run = (abort, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve('half a mail'));
        abort();
      });
    const words = 'The run was aborted while the tool was running.';
    expect(await resultAfterAbort(stops)).toMatchObject({ isError: true, content: [{ text: words }] });
  });

  it('is told of it, and not waited for', async () => {
    let isTold = false;
    const never: Run = (abort, signal) => {
      signal.addEventListener('abort', () => {
        isTold = true;
      });
      abort();
      return new Promise(() => {});
    };
    expect(await resultAfterAbort(never)).toMatchObject({ isError: true });
    expect(isTold).toBe(true);
  });
});
