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

/** Of a result that no context window has room for. */
const TOO_LONG = 'and another line of it\n'.repeat(60);

let passages: Record<string, number> = {};
let dieAt: FaultSteps['steps'][number]['dieAt'];
let sessionId = '';

const store = openSqliteStore({ path: database, onFaultPoint });
const tools = (['pure', 'idempotent', 'effect', 'guarded'] as const).map((name) =>
  tool({
    name,
    description: `Does something ${name}.`,
    input: z.object({}),
    effect: name === 'guarded' ? 'effect' : name,
    needsApproval: name === 'guarded',
    run: (_input, { idempotencyKey }) => {
      appendFileSync(effectLog, `${sessionId} ${name} ${idempotencyKey}\n`);
      return name === 'pure' ? `${name} ran\n${TOO_LONG}` : `${name} ran`;
    },
  }),
);
/** Says yes to everything. */
const approve = () => ({ isApproved: true });

for (const step of steps) {
  ({ dieAt, sessionId } = step);
  passages = {};
  const model = anthropic({ apiKey: 'simulated', baseURL: step.url, fetch: fetchOrRefuse }).model('claude-opus-5');
  const ports = { ...systemPorts, onFaultPoint };
  const system = `This is session ${sessionId}.`;
  // Without a closing prompt the questions are all that the user says.
  const agent = createAgent({ model, system, tools, approve, ports, retry: false, forceText: 'off' });
  const session = await agent.openSession(store, { id: sessionId });
  for (let input = nextInput(session.state); input !== null; input = nextInput(session.state)) {
    await session.send(input).result();
  }
  await session.close();
  if (dieAt) throw new Error(`${sessionId} passed ${dieAt.point} only ${passages[dieAt.point] ?? 0} times.`);
  process.stdout.write(`${JSON.stringify(passages)}\n`);
}
await store.close();

/** Refuses what does not fit as the vendor does, before it comes to the server: so whoever asks has to cut it first. */
async function fetchOrRefuse(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  if (!String(init?.body).includes(JSON.stringify(TOO_LONG).slice(1, -1))) return fetch(input, init);
  const message = 'prompt is too long: 210000 tokens > 200000 maximum';
  return Response.json({ type: 'error', error: { type: 'invalid_request_error', message } }, { status: 400 });
}

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
