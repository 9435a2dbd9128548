import { type AgentOptions, createAgent, type Session } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { anthropic, openai, openaiResponses } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { LONG_SYSTEM_PROMPT, simulator } from './support/simulated.ts';

const MODELS = {
  claude: (url: string) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5'),
  'gpt-6': (url: string) => openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-6'),
  'gpt-5.2': (url: string) => openai({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.2'),
};

const SCHEMA = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };

/** A session that has had its first turn under these options. */
async function begun(name: keyof typeof MODELS) {
  const server = await simulator(() => 'Yes.');
  const store = openMemoryStore();
  const options: AgentOptions = { model: MODELS[name](server.url), system: LONG_SYSTEM_PROMPT, think: 'low' };
  const session = await createAgent(options).openSession(store, { id: 's' });
  await session.send('One?').result();
  await session.close();
  return { server, store, options };
}

async function goOn(store: CheckpointStore, options: AgentOptions) {
  const session = await createAgent(options).openSession(store, { id: 's' });
  return { session, ...(await listen(session)) };
}

async function listen(session: Session) {
  const warnings: string[] = [];
  let error: Error | undefined;
  for await (const event of session.send('And two?')) {
    if (event.type === 'warning' && event.code === 'cache/prefix-changed') warnings.push(event.message);
    if (event.type === 'run-end') error = event.error;
  }
  return { warnings, error };
}

describe('a session that goes on with other settings, every block being the same (N-01, N-02)', () => {
  it.each([
    ['claude', { think: 'high' }, 'think was "low" and is "high": nothing of its messages'],
    ['gpt-6', { think: 'high' }, 'think was "low" and is "high": nothing that'],
    ['gpt-6', { cacheKey: 'another' }, 'cacheKey was not set and is "another": nothing that'],
    ['gpt-6', { output: SCHEMA }, 'output was not set and is {"type":"object"'],
    ['gpt-5.2', { think: 'high', output: SCHEMA }, 'think was "low" and is "high": nothing that'],
  ] as const)('is refused on %s with %j, and what changed is named', async (name, change, named) => {
    const { server, store, options } = await begun(name);
    const { error } = await goOn(store, { ...options, ...change, onPrefixChange: 'refuse' });
    expect(error).toMatchObject({ code: 'agent/prefix-changed', message: expect.stringContaining(named) });
    expect(server.requests).toHaveLength(1);
  });

  it.each(['claude', 'gpt-6', 'gpt-5.2'] as const)(
    'is told so by default on %s, once, and the vendor reads less indeed',
    async (name) => {
      const { server, store, options } = await begun(name);
      const { session, warnings } = await goOn(store, { ...options, think: 'high' });
      expect(warnings).toHaveLength(1);
      await session.send('And three?').result();
      const [, changed, after] = server.requests.map(({ verdict }) => verdict.read);
      expect(changed).toBeLessThan(after ?? 0);
      expect((await listen(session)).warnings).toEqual([]);
    },
  );

  it.each([
    ['claude', { maxTokens: 9000, stopSequences: ['END'] }],
    ['claude', { cache: 'system_and_tools' }],
    ['gpt-6', { maxTokens: 9000 }],
  ] as const)('goes on with what loses nothing: %s with %j', async (name, change) => {
    const { store, options } = await begun(name);
    const { error, warnings } = await goOn(store, { ...options, ...change, onPrefixChange: 'refuse' });
    expect([error, warnings]).toEqual([undefined, []]);
  });
});
