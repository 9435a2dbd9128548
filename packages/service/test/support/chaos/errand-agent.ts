import { appendFileSync } from 'node:fs';
import { type Agent, createAgent, type ToolContext, tool } from '@reprise/agent';
import { resolveModel } from '@reprise/providers';
import type { Reply, ScriptRequest } from '@reprise/simulator';
import type { Effect } from './effects.ts';
import type { ProcessTerms } from './terms.ts';

const PLACE = { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] } as const;

/** An agent with a tool of each effect class, all of which take long enough to be killed in. */
export function createErrandAgent({ vendorUrl, effectsFile }: ProcessTerms): Agent {
  const errand = (name: string, effect: 'pure' | 'idempotent' | 'effect') =>
    tool<{ place: string }>({
      name,
      effect,
      description: `Goes to a place to ${name} something.`,
      input: PLACE,
      async run({ place }, context) {
        await take(context, 100);
        const line: Effect = { tool: name, key: context.idempotencyKey, place, pid: process.pid };
        // One write a line, which no other process's can come into.
        appendFileSync(effectsFile, `${JSON.stringify(line)}\n`);
        await take(context, 200);
        return `${name}: done at ${place}`;
      },
    });
  return createAgent({
    model: resolveModel('anthropic/claude-opus-5', { apiKey: 'simulated', baseURL: vendorUrl }),
    system: 'You run errands.',
    tools: [errand('look', 'pure'), errand('put', 'idempotent'), errand('book', 'effect')],
  });
}

function take({ signal }: ToolContext, ms: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    reject(signal.reason);
  });
  return promise;
}

const DELAY_MS = 10;

/** The model, which runs three rounds of errands after each question and then tells of them. */
export function errands({ messages }: Pick<ScriptRequest, 'messages'>): Reply {
  const asked = messages.findLastIndex(({ role }) => role === 'user');
  const round = messages.slice(asked).filter(({ role }) => role === 'assistant').length;
  const place = `place ${messages.length}`;
  const call = (name: string) => ({ name, arguments: { place } });
  const rounds = [[call('look'), call('put')], [call('book')], [call('put'), call('book'), call('look')]];
  const toolCalls = rounds[round];
  if (toolCalls) return { text: 'I will go there now and see to it.', toolCalls, delayMs: DELAY_MS };
  return { text: 'It is all done, and this is what I have to tell you of it. '.repeat(4), delayMs: DELAY_MS };
}
