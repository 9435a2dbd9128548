import { type AgentFaultPoint, createAgent, type Session, systemPorts, tool } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import type { Message, ToolResultBlock } from '@reprise/providers';
import type { Script } from '@reprise/simulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { MODELS, simulator } from './support/simulated.ts';
import { tempDatabase } from './support/temp-store.ts';
import { unsendable } from './support/wire-rules.ts';

const NUMBERS = [1, 2, 3];

const script: Script = ({ messages }) =>
  messages.length === 1
    ? { text: 'I act.', toolCalls: NUMBERS.map((number) => ({ name: 'act', arguments: { number } })) }
    : 'Done.';

interface Stages {
  /** Told of every stage of the run, those of its tools among them. */
  readonly onStage?: (stage: Stage, session: Session) => void;
}

type Stage = AgentFaultPoint | 'running';

/** A session whose run calls three tools with an effect in one turn. */
async function actingSession({ onStage = () => {} }: Stages) {
  const server = await simulator(script);
  const model = MODELS.anthropic(server.url);
  const store = openSqliteStore(tempDatabase());
  onTestFinished(() => store.close());
  const ran: number[] = [];
  const act = tool({
    name: 'act',
    description: 'Acts.',
    input: z.object({ number: z.number() }),
    run: async ({ number }) => {
      ran.push(number);
      onStage('running', session);
      return `act ${number} done`;
    },
  });
  const onFaultPoint = (point: AgentFaultPoint) => onStage(point, session);
  const agent = createAgent({ model, tools: [act], ports: { ...systemPorts, onFaultPoint } });
  const session: Session = await agent.openSession(store, { id: 's' });
  return { server, store, session, ran };
}

const resultsOf = (messages: readonly Message[]): readonly ToolResultBlock[] =>
  messages.flatMap((message) => (message.role === 'tool' ? message.content : []));

const textOf = ({ content }: ToolResultBlock) =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');

/** The stages of a run that nothing stops, up to the end of its last turn. */
async function allStages(): Promise<readonly Stage[]> {
  const stages: Stage[] = [];
  const { session } = await actingSession({ onStage: (stage) => stages.push(stage) });
  await session.send('go').result();
  const stagesOfCalls: readonly Stage[] = [
    'agent/call-checked',
    'agent/intent-written',
    'running',
    'agent/tool-ran',
    'agent/outcome-written',
  ];
  for (const stage of stagesOfCalls) expect(stages.filter((each) => each === stage)).toHaveLength(NUMBERS.length);
  return stages.slice(0, stages.lastIndexOf('agent/turn-committed') + 1);
}

/** Stops runs at every stage in turn, each in a session of its own, and looks at what is left, and at what comes next. */
async function stopAtEveryStage(stop: (session: Session, abort: AbortController) => void): Promise<void> {
  const stages = await allStages();
  for (const place of stages.keys()) {
    const abort = new AbortController();
    const written: number[] = [];
    let passed = -1;
    const { server, store, session, ran } = await actingSession({
      onStage: (_stage, self) => {
        passed += 1;
        if (passed === place) stop(self, abort);
      },
    });
    const events = await Array.fromAsync(session.send('go', { signal: abort.signal }));
    expect(passed).toBeGreaterThanOrEqual(place);
    expect(events.at(-1)).toMatchObject({ type: 'run-end' });
    for (const event of events) {
      if (event.type === 'tool-end' && !event.result.isError) written.push(Number(textOf(event.result).split(' ')[1]));
    }

    await expectWholeSession({ store, session, ran, written });
    expect(await store.readLedger('s')).toHaveLength(server.requests.length);

    // Whatever was left, the next request is taken, and no tool runs again.
    expect(await session.send('go on').result()).toMatchObject({ reason: 'end-turn', text: 'Done.' });
    expect(server.requests.map(({ status }) => status)).not.toContain(400);
    await expectWholeSession({ store, session, ran, written });
  }
}

async function expectWholeSession({
  store,
  session,
  ran,
  written,
}: Pick<Awaited<ReturnType<typeof actingSession>>, 'store' | 'session' | 'ran'> & { readonly written: number[] }) {
  const { messages, totalInputTokens, totalOutputTokens, turnCount } = session.state;
  expect(unsendable(messages)).toEqual([]);
  expect(new Set(ran).size).toBe(ran.length);
  // What a tool that was heard to end came to stays in the history.
  const texts = resultsOf(messages).map(textOf);
  for (const number of written) expect(texts).toContain(`act ${number} done`);
  // A result is one of a tool that ran, or says that its tool did not run, or did not end.
  for (const [index, result] of resultsOf(messages).entries()) {
    const number = NUMBERS[index] ?? 0;
    if (textOf(result).startsWith('Not run')) expect(ran).not.toContain(number);
    else if (!result.isError) expect(ran).toContain(number);
  }
  const rows = await store.readLedger('s');
  const sum = (name: 'fresh' | 'output') => rows.reduce((total, { tokens }) => total + (tokens[name] ?? 0), 0);
  expect([rows.length, sum('fresh'), sum('output')]).toEqual([turnCount, totalInputTokens, totalOutputTokens]);
}

describe('a run with tools (N-12)', () => {
  it('I2 I4 I5 I6 that is aborted at any stage of any of them keeps what was done, and goes on', async () => {
    // As `AbortSignal.timeout` does it.
    await stopAtEveryStage((_session, abort) => abort.abort(new DOMException('Time is up.', 'TimeoutError')));
  }, 60_000);

  it('ends as it would if its session object is closed at any stage', async () => {
    const stages = await allStages();
    // Before that the run waits for the session, and the runs of a closed object do not get it.
    const first = stages.indexOf('agent/session-loaded');
    for (const place of stages.keys()) {
      if (place < first) continue;
      let passed = -1;
      const { store, session } = await actingSession({
        onStage: (_stage, self) => {
          passed += 1;
          if (passed === place) void self.close();
        },
      });
      expect(await session.send('go').result()).toMatchObject({ text: 'Done.', reason: 'end-turn' });
      expect(() => session.send('go on')).toThrow(expect.objectContaining({ code: 'agent/session-closed' }));
      expect((await store.readLease('s'))?.holder).toBeNull();
    }
  }, 60_000);
});
