// Plays scripted sessions to their end, one after the other, in a process of its own that may die on the way.
// Argument: a `FaultSteps` as JSON. Prints, for each session that it played to its end, how often it passed which fault point.

import { appendFileSync } from 'node:fs';
import { type AgentState, createAgent, systemPorts, tool } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { anthropic } from '@reprise/providers';
import { z } from 'zod';
import type { FaultSteps } from './fault-steps.ts';

const { database, effectLog, steps }: FaultSteps = JSON.parse(process.argv[2] ?? '');

const QUESTIONS = ['first', 'second'];

let passages: Record<string, number> = {};
let dieAt: FaultSteps['steps'][number]['dieAt'];
let sessionId = '';

const store = openSqliteStore({ path: database, onFaultPoint });
const tools = (['pure', 'idempotent', 'effect'] as const).map((effect) =>
  tool({
    name: effect,
    description: `Does something ${effect}.`,
    input: z.object({}),
    effect,
    run: (_input, { idempotencyKey }) => {
      appendFileSync(effectLog, `${sessionId} ${effect} ${idempotencyKey}\n`);
      return `${effect} ran`;
    },
  }),
);

for (const step of steps) {
  ({ dieAt, sessionId } = step);
  passages = {};
  const model = anthropic({ apiKey: 'simulated', baseURL: step.url }).model('claude-opus-5');
  const ports = { ...systemPorts, onFaultPoint };
  const agent = createAgent({ model, system: `This is session ${sessionId}.`, tools, ports, retry: false });
  const session = await agent.openSession(store, { id: sessionId });
  for (let input = nextInput(session.state); input !== null; input = nextInput(session.state)) {
    await session.send(input).result();
  }
  await session.close();
  if (dieAt) throw new Error(`${sessionId} passed ${dieAt.point} only ${passages[dieAt.point] ?? 0} times.`);
  process.stdout.write(`${JSON.stringify(passages)}\n`);
}
await store.close();

/** What is to be sent next: a question, nothing to go on with the last one, or `null` at the end. */
function nextInput({ messages }: AgentState): string | undefined | null {
  const last = messages.at(-1);
  const isAnswered =
    last?.role === 'assistant' && last.content.length > 0 && !last.content.some(({ type }) => type === 'tool-call');
  if (last && !isAnswered) return undefined;
  return QUESTIONS[messages.filter(({ role }) => role === 'user').length] ?? null;
}

function onFaultPoint(point: string): void {
  const passage = (passages[point] ?? 0) + 1;
  passages[point] = passage;
  if (dieAt?.point === point && dieAt.passage === passage) process.kill(process.pid, 'SIGKILL');
}
