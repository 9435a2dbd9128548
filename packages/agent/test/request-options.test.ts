import { createAgent, initialState, modelFromStream, runAgent } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { assistantTurn, type Model, userMessage } from '@reprise/providers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { tempDatabase } from './support/temp-store.ts';

function tempStore() {
  const store = openSqliteStore(tempDatabase());
  onTestFinished(() => store.close());
  return store;
}

const OPTIONS = {
  system: 'Be brief.',
  cache: 'system_and_tools',
  cacheKey: 'anna',
  diagnostics: true,
  maxTokens: 900,
  output: { type: 'object' },
  search: 'low',
  stopSequences: ['END'],
  temperature: 0.5,
  think: 'high',
  vendorOptions: { service_tier: 'flex' },
} as const;

describe('what every request of an agent asks', () => {
  it('goes into each of them (L-47, L-48, D-01)', async () => {
    const model = scriptedModel(toolTurn(['call-1', 'gone', '{}']), textTurn('done'));
    await runAgent(initialState(), 'hi', { model, ...OPTIONS }).result();
    expect(model.requests).toHaveLength(2);
    for (const request of model.requests) expect(request).toMatchObject(OPTIONS);
  });
});

/** A model that says the same odd thing at the start of each answer. */
function warningModel(...codes: readonly string[]): Model {
  return modelFromStream({
    id: 'odd',
    async *stream() {
      for (const code of codes) yield { type: 'warning', code, message: `About ${code}.` };
      yield { type: 'assistant-turn', turn: assistantTurn({ message: { role: 'assistant', content: [] } }) };
    },
  });
}

describe('a warning about what a request does not get (D-11)', () => {
  it('is told once a session, over all of its runs', async () => {
    const model = warningModel('cache/unsupported', 'request/think-ignored');
    const session = await createAgent({ model }).openSession(tempStore());
    const told: string[] = [];
    for (const input of ['one', 'two']) {
      for await (const event of session.send(input)) if (event.type === 'warning') told.push(event.code);
    }
    expect(told).toEqual(['cache/unsupported', 'request/think-ignored']);
  });

  it('is told once a session, however often that is opened, and once in a fork of it', async () => {
    const path = tempDatabase();
    const told: string[] = [];
    const warnings = ['cache/unsupported', 'request/think-ignored'];
    const say = async (codes: readonly string[], fork = false) => {
      const store = openSqliteStore(path);
      const agent = createAgent({ model: warningModel(...codes) });
      const opened = await agent.openSession(store, { id: 's' });
      const session = fork ? await opened.fork({ id: 'fork' }) : opened;
      told.length = 0;
      for await (const event of session.send('hi')) if (event.type === 'warning') told.push(event.code);
      await store.close();
      return told;
    };
    expect(await say(warnings)).toEqual(warnings);
    expect(await say(warnings.slice(1))).toEqual([]);
    expect(await say([...warnings, 'request/search-ignored'])).toEqual(['request/search-ignored']);
    expect(await say(warnings)).toEqual([]);
    expect(await say(warnings, true)).toEqual(warnings);
  });

  it('is told again where each answer has its own', async () => {
    const session = await createAgent({ model: warningModel('usage/two-shapes') }).openSession(tempStore());
    let told = 0;
    for (const input of ['one', 'two']) {
      for await (const event of session.send(input)) if (event.type === 'warning') told += 1;
    }
    expect(told).toBe(2);
  });
});

describe('a cache mark on a message (L-07, L-18)', () => {
  it('stands in every request of its run, and neither in later ones nor in the history', async () => {
    const store = tempStore();
    const model = scriptedModel(toolTurn(['call-1', 'gone', '{}']), textTurn('one'), textTurn('two'));
    const session = await createAgent({ model }).openSession(store);
    await session.send({ ...userMessage('remember this'), cache: { ttl: '1h' } }).result();
    await session.send('and now?').result();
    expect(model.requests.map(({ messages }) => messages[0]?.cache)).toEqual([{ ttl: '1h' }, { ttl: '1h' }, undefined]);
    expect(session.state.messages[0]).toEqual(userMessage('remember this'));
    expect(JSON.stringify(await store.readEntries(session.id))).not.toContain('1h');
  });
});
