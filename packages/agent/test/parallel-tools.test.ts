import { writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AgentEvent,
  type AgentOptions,
  createAgent,
  initialState,
  runAgent,
  type Tool,
  tool,
} from '@reprise/agent';
import { createFileCheckpointer, type FileCheckpointer, openMemoryStore, openSqliteStore } from '@reprise/checkpoint';
import type { ToolMessage } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { fileTools, tempFolder, textsIn, writeCall } from './support/file-tools.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { tempDatabase } from './support/temp-store.ts';

/** Tools whose calls a test lets end one by one, and what they have done so far. */
function gates(names: readonly string[], options: Partial<Record<string, { readonly parallel: boolean }>> = {}) {
  const log: string[] = [];
  const waiting = new Map<string, () => void>();
  const tools = names.map((name) =>
    tool({
      name,
      description: '',
      input: z.object({}),
      ...options[name],
      async run(_input, { signal }) {
        log.push(`${name} begins`);
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.set(name, resolve);
        signal.addEventListener('abort', () => log.push(`${name} is aborted`));
        await promise;
        log.push(`${name} ends`);
        return `${name} ran`;
      },
    }),
  );
  return {
    tools,
    log,
    running: () => [...waiting.keys()],
    end(name: string) {
      const resolve = waiting.get(name);
      if (!resolve) throw new Error(`${name} is not running.`);
      waiting.delete(name);
      resolve();
    },
  };
}

const callsOf = (names: readonly string[]) =>
  toolTurn(...names.map((name, index) => [`c${index}`, name, '{}'] as const));

const toolMessage = (state: { readonly messages: readonly unknown[] }) =>
  state.messages.findLast((message) => (message as ToolMessage).role === 'tool') as ToolMessage | undefined;

const textsOf = (message: ToolMessage | undefined) =>
  message?.content.map(({ content }) => content.map((block) => (block.type === 'text' ? block.text : '')).join(''));

/** Lets everything that can happen now happen. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A run that goes on by itself, and what it has said so far. */
function playing(options: AgentOptions) {
  const events: AgentEvent[] = [];
  const run = runAgent(initialState(), 'go', options);
  const ended = (async () => {
    for await (const event of run) events.push(event);
    return run.result();
  })();
  ended.catch(() => {});
  return { events, ended };
}

describe('the calls of one turn', () => {
  it('run at the same time, and their results stand in call order (L-35, L-36)', async () => {
    const names = ['a', 'b', 'c'];
    const gate = gates(names);
    const { events, ended } = playing({ model: scriptedModel(callsOf(names), textTurn('done')), tools: gate.tools });
    await settled();
    expect(gate.running()).toEqual(['a', 'b', 'c']);
    for (const name of ['c', 'a', 'b']) {
      gate.end(name);
      await settled();
    }
    const { state } = await ended;
    expect(textsOf(toolMessage(state))).toEqual(['a ran', 'b ran', 'c ran']);
    const told = events.flatMap((event) => ('call' in event ? `${event.type} ${event.call.name}` : []));
    expect(told.slice(0, 3)).toEqual(['tool-start a', 'tool-start b', 'tool-start c']);
    expect(told.slice(3)).toEqual(['tool-end c', 'tool-end a', 'tool-end b']);
  });

  it('are eight at a time, unless told otherwise (L-36)', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `t${index}`);
    for (const toolParallelism of [undefined, 3]) {
      const gate = gates(names);
      const terms = toolParallelism === undefined ? {} : { toolParallelism };
      const model = scriptedModel(callsOf(names), textTurn('done'));
      const { ended } = playing({ model, tools: gate.tools, ...terms });
      await settled();
      expect(gate.running()).toEqual(names.slice(0, toolParallelism ?? 8));
      gate.end('t1');
      await settled();
      expect(gate.running()).toContain(`t${toolParallelism ?? 8}`);
      while (gate.running().length > 0) {
        for (const name of gate.running()) gate.end(name);
        await settled();
      }
      expect(textsOf(toolMessage((await ended).state))).toEqual(names.map((name) => `${name} ran`));
    }
  });

  it('run one after the other with a `toolParallelism` of 1', async () => {
    const gate = gates(['a', 'b']);
    const model = scriptedModel(callsOf(['a', 'b']), textTurn('done'));
    const { ended } = playing({ model, tools: gate.tools, toolParallelism: 1 });
    for (const name of ['a', 'b']) {
      await settled();
      expect(gate.running()).toEqual([name]);
      gate.end(name);
    }
    await ended;
    expect(gate.log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('do not run beside one that may not: it waits for those before it, and those after it wait for it', async () => {
    const names = ['a', 'b', 'alone', 'c', 'd'];
    const gate = gates(names, { alone: { parallel: false } });
    const { ended } = playing({ model: scriptedModel(callsOf(names), textTurn('done')), tools: gate.tools });
    for (const together of [['a', 'b'], ['alone'], ['c', 'd']]) {
      await settled();
      expect(gate.running()).toEqual(together);
      for (const name of together.toReversed()) gate.end(name);
    }
    expect(textsOf(toolMessage((await ended).state))).toEqual(names.map((name) => `${name} ran`));
  });

  it('that touch files do not cross, so that no edit is lost', async () => {
    const root = tempFolder();
    const path = join(root, 'a.txt');
    writeFileSync(path, 'start');
    const append = tool({
      name: 'append',
      description: '',
      input: z.object({ text: z.string() }),
      touches: () => ['a.txt'],
      async run({ text }) {
        const before = await readFile(path, 'utf8');
        await settled();
        await writeFile(path, `${before} ${text}`);
        return '';
      },
    });
    const call = (text: string) => [text, 'append', JSON.stringify({ text })] as const;
    const model = scriptedModel(toolTurn(call('one'), call('two'), call('three')), textTurn('done'));
    await runAgent(initialState(), 'go', { model, tools: [append] }).result();
    expect(textsIn(root)).toEqual({ 'a.txt': 'start one two three' });
  });

  it('that touch files and may run beside each other have each file kept as it was before all of them', async () => {
    const root = tempFolder();
    const [write] = fileTools(root);
    if (!write) throw new Error('There is no tool.');
    const tools: readonly Tool[] = [{ ...write, isParallel: true }];
    const many = Array.from({ length: 6 }, (_, index) => writeCall(`c${index}`, 'a.txt', `text ${index}`));
    const model = scriptedModel(toolTurn(writeCall('c', 'a.txt', 'before')), toolTurn(...many), textTurn('done'));
    const files = createFileCheckpointer({ root });
    let [keeping, most] = [0, 0];
    const beforeChange: FileCheckpointer['beforeChange'] = async (store, change) => {
      keeping += 1;
      most = Math.max(most, keeping);
      const tooLarge = await files.beforeChange(store, change);
      keeping -= 1;
      return tooLarge;
    };
    const agent = createAgent({ model, tools, files: { ...files, beforeChange } });
    const session = await agent.openSession(openMemoryStore(), { id: 's' });
    const snapshots: string[] = [];
    for await (const event of session.send('go')) {
      if (event.type === 'turn-end' && event.snapshot) snapshots.push(event.snapshot.id);
    }
    expect(most).toBe(1);
    await session.rewind({ to: snapshots[1] ?? '', what: 'files' });
    expect(textsIn(root)).toEqual({ 'a.txt': 'before' });
  });

  it('whatever they do have one result each, in call order, and each tool runs once (I4, I5)', async () => {
    const kinds = fc.constantFrom('quick', 'slow', 'fails', 'alone', 'unknown', 'hangs');
    await fc.assert(
      fc.asyncProperty(
        fc.array(kinds, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        async (names, limit) => {
          let [running, most] = [0, 0];
          const ran: string[] = [];
          const kind = (
            name: string,
            run: () => Promise<string>,
            terms: { parallel?: boolean; timeoutMs?: number } = {},
          ) =>
            tool({
              name,
              description: '',
              input: z.object({}),
              ...terms,
              async run(_input, { toolCallId }) {
                ran.push(toolCallId);
                running += 1;
                most = Math.max(most, running);
                if (name === 'alone') expect(running).toBe(1);
                try {
                  return await run();
                } finally {
                  running -= 1;
                }
              },
            });
          const tools = [
            kind('quick', async () => 'quick'),
            kind('slow', () => settled().then(() => 'slow')),
            kind('fails', () => settled().then(() => Promise.reject(new Error('fails')))),
            kind('alone', () => settled().then(() => 'alone'), { parallel: false }),
            kind('hangs', () =>
              settled()
                .then(settled)
                .then(() => 'hangs'),
            ),
          ];
          const model = scriptedModel(callsOf(names), textTurn('done'));
          const { state } = await runAgent(initialState(), 'go', { model, tools, toolParallelism: limit }).result();
          const results = toolMessage(state)?.content ?? [];
          expect(results.map(({ toolCallId }) => toolCallId)).toEqual(names.map((_, index) => `c${index}`));
          expect(results.map(({ toolName }) => toolName)).toEqual(names);
          expect(results.map(({ isError }) => isError)).toEqual(
            names.map((name) => ['fails', 'unknown'].includes(name)),
          );
          const known = names.flatMap((name, index) => (name === 'unknown' ? [] : `c${index}`));
          expect([ran.toSorted(), most <= limit]).toEqual([known, true]);
        },
      ),
    );
  });
});

describe('calls that run at the same time', () => {
  it('are all aborted with their run, and those that wait are not begun (I12)', async () => {
    const names = ['a', 'b', 'c'];
    const gate = gates(names);
    const abort = new AbortController();
    const model = scriptedModel(callsOf(names));
    const run = runAgent(initialState(), 'go', { model, tools: gate.tools, toolParallelism: 2, signal: abort.signal });
    const started: string[] = [];
    const ended = (async () => {
      for await (const event of run) {
        if (event.type === 'tool-start') started.push(event.call.name);
        if (event.type === 'run-end') return event;
      }
      return undefined;
    })();
    await settled();
    abort.abort();
    const end = await ended;
    expect([end?.reason, started]).toEqual(['aborted', ['a', 'b']]);
    expect(gate.log).toEqual(['a begins', 'b begins', 'a is aborted', 'b is aborted']);
    expect(textsOf(toolMessage(end?.state ?? initialState()))).toEqual([
      'The run was aborted while the tool was running.',
      'The run was aborted while the tool was running.',
      'Not run: the run was aborted.',
    ]);
  });

  it('are all over when a listener has left, and what was done is recorded (I12)', async () => {
    const gate = gates(['a', 'b', 'c']);
    const store = openMemoryStore();
    const model = scriptedModel(callsOf(['a', 'b', 'c']));
    const agent = createAgent({ model, tools: gate.tools, toolParallelism: 2 });
    const session = await agent.openSession(store, { id: 's' });
    for await (const event of session.send('go')) {
      if (event.type === 'tool-start' && event.call.name === 'b') {
        await settled();
        gate.end('a');
      }
      if (event.type === 'tool-end') break;
    }
    expect(textsOf(toolMessage(session.state))).toEqual([
      'a ran',
      'The run was aborted while the tool was running.',
      'Not run: the run was aborted.',
    ]);
    const [turn] = await store.readTurns('s');
    const journal = await store.readToolCalls(turn?.id ?? '');
    expect(journal.map(({ toolName, outcome }) => [toolName, outcome !== null])).toEqual([
      ['a', true],
      ['b', true],
    ]);
  });

  it.each(['startToolCall', 'finishToolCall'] as const)(
    'are all over when the store fails at %s, and their turn stays open for the next process (I5, I12)',
    async (method) => {
      const names = ['a', 'b', 'c'];
      const gate = gates(names);
      const path = tempDatabase();
      const store = openSqliteStore(path);
      onTestFinished(() => store.close());
      const full = new Error('disk full');
      const failing = Object.assign(Object.create(store), {
        [method]: (given: { readonly position: number }) =>
          given.position === 1 ? Promise.reject(full) : store[method](given as never),
      });
      const model = scriptedModel(callsOf(names));
      const session = await createAgent({ model, tools: gate.tools }).openSession(failing, { id: 's' });
      const ended = session.send('go').result();
      ended.catch(() => {});
      await settled();
      if (method === 'finishToolCall') gate.end('b');
      await expect(ended).rejects.toBe(full);
      expect(session.state.messages.at(-1)?.role).toBe('assistant');

      const again = gates(names);
      const next = await createAgent({ model: scriptedModel(textTurn('done')), tools: again.tools }).openSession(
        store,
        {
          id: 's',
        },
      );
      const done = next.send().result();
      await settled();
      for (const name of again.running()) again.end(name);
      await done;
      // None of them has run twice: what was begun is not begun again.
      const begun = [...gate.log, ...again.log].filter((line) => line.endsWith('begins'));
      expect(begun.toSorted()).toEqual(['a begins', 'b begins', 'c begins']);
      expect(toolMessage(next.state)?.content).toHaveLength(3);
    },
  );

  it('have their intents in the journal before they run, and their outcomes as they end (I5)', async () => {
    const names = ['a', 'b'];
    const gate = gates(names);
    const store = openMemoryStore();
    const model = scriptedModel(callsOf(names), textTurn('done'));
    const session = await createAgent({ model, tools: gate.tools }).openSession(store, { id: 's' });
    const ended = session.send('go').result();
    const journal = async () => {
      await settled();
      const calls = await store.readToolCalls((await store.readLastTurn('s'))?.id ?? '');
      return calls.map(({ toolName, outcome }) => [toolName, outcome !== null]);
    };
    expect(await journal()).toEqual([
      ['a', false],
      ['b', false],
    ]);
    gate.end('b');
    expect(await journal()).toEqual([
      ['a', false],
      ['b', true],
    ]);
    gate.end('a');
    await ended;
  });

  it.each([0, 1.5, -1, Number.NaN])('cannot be %d', (toolParallelism) => {
    expect(() => createAgent({ model: scriptedModel(), toolParallelism })).toThrow(
      expect.objectContaining({ code: 'agent/invalid-option' }),
    );
  });
});
