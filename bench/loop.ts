/**
 * What a tool loop costs through the agent, as a ratio in one run to a loop written by hand over the vendor's SDK against the same server.
 *
 *     npx pnpm --filter @reprise/bench loop [rounds]
 *
 * Figures are of the CPU time of this process, the server being another one: a busy machine changes it less than the time on the clock.
 */

import { join } from 'node:path';
import { type AgentEvent, createAgent, initialState, runAgent, type Tool, tool } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { anthropic, type Model } from '@reprise/providers';
import { microseconds, printFigure } from './support/print-figure.ts';
import { type OnTurn, QUESTION, READ_SCHEMA, rawToolLoop, readFile, SYSTEM } from './support/raw-tool-loop.ts';
import { serveToolLoops } from './support/serve-tool-loops.ts';
import { tempFolder } from './support/temp-folder.ts';
import { median } from './support/timing.ts';

const ROUNDS = Number(process.argv[2] ?? 7);
const EARLY = 25;
const LATE = 395;
/** How many turns around each of these are measured. */
const SPREAD = 8;

const read: Tool = tool({
  name: 'read',
  description: 'Reads a file.',
  input: READ_SCHEMA,
  effect: 'pure',
  run: ({ path }) => readFile(String(path)),
});

/** Opened once, as a service does; each loop is a session of its own. */
const store = openSqliteStore(join(tempFolder(), 'sessions.db'));

const LIMITS = { maxToolRounds: 1000 } as const;

type Loop = (baseURL: string, onTurn: OnTurn) => Promise<void>;

const loops: Readonly<Record<'raw' | 'agent' | 'stored', Loop>> = {
  raw: rawToolLoop,
  async agent(baseURL, onTurn) {
    const options = { model: modelAt(baseURL), system: SYSTEM, tools: [read], ...LIMITS };
    await listen(runAgent(initialState(), QUESTION, options), onTurn);
  },
  async stored(baseURL, onTurn) {
    const agent = createAgent({ model: modelAt(baseURL), system: SYSTEM, tools: [read], ...LIMITS });
    const session = await agent.openSession(store);
    await listen(session.send(QUESTION), onTurn);
  },
};

for (const turns of [100, 400]) await measure(turns);
await store.close();

async function measure(turns: number): Promise<void> {
  const server = await serveToolLoops(turns);
  const runs = { raw: [] as LoopCost[], agent: [] as LoopCost[], stored: [] as LoopCost[] };
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const name of ['raw', 'agent', 'stored'] as const) {
      const cost = await costOf(loops[name], server.conversation());
      // The first round warms up.
      if (round >= 0) runs[name].push(cost);
    }
  }
  server.close();
  for (const [name, limit] of [
    ['agent', 1.25],
    ['stored', 1.6],
  ] as const) {
    const ratio = (take: (cost: LoopCost) => number) =>
      median(runs[name].map((cost, round) => take(cost) / take(runs.raw[round] ?? cost)));
    printFigure({
      name: `${turns} turns, ${name === 'stored' ? 'SQLite at FULL' : 'no store'}`,
      value: ratio(({ cpuMs }) => cpuMs),
      unit: '× the loop by hand',
      limit,
      from: `${median(runs[name].map(({ cpuMs }) => cpuMs)).toFixed(0)} ms CPU; on the clock ${ratio(({ wallMs }) => wallMs).toFixed(2)} ×`,
    });
    if (turns < LATE) continue;
    const overhead = (turn: number) => turnCost(runs[name], turn) - turnCost(runs.raw, turn);
    printFigure({
      name: `overhead at turn ${LATE}, ${name === 'stored' ? 'SQLite at FULL' : 'no store'}`,
      value: overhead(LATE) / overhead(EARLY),
      unit: `× that at turn ${EARLY}`,
      limit: 1.2,
      from: `${microseconds(overhead(LATE))} against ${microseconds(overhead(EARLY))} a turn`,
    });
  }
}

interface LoopCost {
  readonly cpuMs: number;
  readonly wallMs: number;
  /** CPU time of each turn, in milliseconds. */
  readonly turns: readonly number[];
}

async function costOf(loop: Loop, baseURL: string): Promise<LoopCost> {
  globalThis.gc?.();
  const startedAt = performance.now();
  const ends = [cpuMs()];
  await loop(baseURL, () => void ends.push(cpuMs()));
  const [start = 0] = ends;
  return {
    cpuMs: cpuMs() - start,
    wallMs: performance.now() - startedAt,
    turns: ends.slice(1).map((end, turn) => end - (ends[turn] ?? end)),
  };
}

/** The median CPU time of the turns around this one, over all rounds. */
function turnCost(costs: readonly LoopCost[], turn: number): number {
  return median(costs.flatMap(({ turns }) => turns.slice(turn - SPREAD, turn + SPREAD)));
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function modelAt(baseURL: string): Model {
  return anthropic({ apiKey: 'bench', baseURL }).model('claude-opus-5');
}

async function listen(run: AsyncIterable<AgentEvent>, onTurn: OnTurn): Promise<void> {
  for await (const event of run) {
    if (event.type === 'turn-end') onTurn();
    if (event.type === 'run-end' && event.error) throw event.error;
  }
}
