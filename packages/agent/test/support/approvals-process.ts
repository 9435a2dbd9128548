// One step of a session with a guarded tool, in a process of its own.
// Arguments: database, effect log, how many days later it is, and what to do: `ask`, `decide <id> yes|no`, or `go-on`.
// Prints a line for each request it hears of, and last how the run ended. The tool adds a line to the log for each execution.

import { appendFileSync } from 'node:fs';
import { type AgentFaultPoint, createAgent, modelFromStream, systemPorts, tool } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { toolCallBlock } from '@reprise/providers';
import { z } from 'zod';

const [database = '', effectLog = '', days = '', command = '', ...rest] = process.argv.slice(2);

const DAY_MS = 86_400_000;
const clock = () => Date.now() + Number(days) * DAY_MS;
const dieAt = process.env['DIE_AT'];
const onFaultPoint = (point: AgentFaultPoint) => {
  if (point === dieAt) process.kill(process.pid, 'SIGKILL');
};

/** Pays twice when it is asked, and is content with whatever comes of it. */
const model = modelFromStream({
  id: 'payer',
  async *stream({ messages }) {
    const isAsked = messages.at(-1)?.role === 'user';
    const calls = [1, 2].map((amount) => toolCallBlock(`c${amount}`, 'pay', `{"amount":${amount}}`));
    const content = isAsked ? calls : [{ type: 'text', text: 'done' } as const];
    yield { type: 'assistant-turn', turn: { message: { role: 'assistant', content } } };
  },
});

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({ amount: z.number() }),
  needsApproval: true,
  run: ({ amount }) => {
    appendFileSync(effectLog, `${amount}\n`);
    return `paid ${amount}`;
  },
});

const store = openSqliteStore({ path: database, clock });
const agent = createAgent({ model, tools: [pay], ports: { ...systemPorts, clock, onFaultPoint } });
const session = await agent.openSession(store, { id: 's' });
if (command === 'decide') {
  const [id = '', answer = ''] = rest;
  const decision = answer === 'yes' ? { isApproved: true } : { isApproved: false, reason: 'No.' };
  await session.decide(id, { ...decision, by: `process ${process.pid}` });
} else {
  for await (const event of session.send(command === 'ask' ? 'pay' : undefined)) {
    if (event.type === 'approval-needed') process.stdout.write(`${event.approval.id}\n`);
    if (event.type === 'run-end') process.stdout.write(`${event.reason}\n`);
  }
}
await store.close();
