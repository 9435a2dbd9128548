// A session that wants to reach twenty turns, in a process of its own so that a test can kill it.
// Arguments: database, simulator URL. Prints one line an event; exits with 1 if a run fails.

import { createAgent, tool } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { anthropic } from '@reprise/providers';
import { z } from 'zod';

const [database = '', baseURL = ''] = process.argv.slice(2);

const lookUp = tool({
  name: 'look_up',
  description: 'Looks a number up.',
  input: z.object({ number: z.number() }),
  effect: 'pure',
  run: ({ number }) => `The number is ${number}. ${'It is a fine number. '.repeat(40)}`,
});

const model = anthropic({ apiKey: 'simulated', baseURL }).model('claude-opus-5');
const agent = createAgent({ model, system: 'You know numbers. '.repeat(60), tools: [lookUp] });
const store = openSqliteStore(database);
const session = await agent.openSession(store, { id: 'twenty-turns' });

while (isInterrupted() || session.state.turnCount < 20) {
  const input = isInterrupted() ? undefined : `Question after turn ${session.state.turnCount}`;
  for await (const event of session.send(input)) {
    process.stdout.write(`${event.type}\n`);
    if (event.type === 'run-end' && event.error) {
      process.stderr.write(`${event.error.stack}\n`);
      process.exit(1);
    }
  }
}
await store.close();

/** Whether the conversation stopped before an answer. */
function isInterrupted(): boolean {
  const last = session.state.messages.at(-1);
  if (last?.role !== 'assistant') return last !== undefined;
  return last.content.length === 0 || last.content.some(({ type }) => type === 'tool-call');
}
