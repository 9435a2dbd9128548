import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgent } from '@reprise/agent';
import { type CheckpointStore, openSqliteStore, type TokenColumns } from '@reprise/checkpoint';
import { messageText, type ToolResultBlock } from '@reprise/providers';
import { type LoggedRequest, type Script, startSimulator } from '@reprise/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnProcess } from './support/child-process.ts';
import { type Death, FAULT_POINTS, type FaultSteps } from './support/fault-steps.ts';
import { scriptedModel, textTurn } from './support/scripted-stream.ts';
import { unsendable } from './support/wire-rules.ts';

/** One of each effect class, and one that somebody has to approve. */
const TOOLS = ['pure', 'idempotent', 'effect', 'guarded'];

/** Calls each tool on the first question, and answers the rest. */
const script: Script = ({ messages }) => {
  const last = messages.at(-1);
  if (last?.role === 'tool') return { thinking: 'That was helpful.', text: 'All are done.' };
  if (last && messageText(last) === 'second') return 'That was all.';
  const toolCalls = TOOLS.map((name) => ({ name }));
  return { thinking: 'All, please.', text: 'Let me see.', toolCalls };
};

/** A session whose processes die at these places, each in the one that resumes after the last; the next one brings it to its end. */
interface FaultCase {
  readonly sessionId: string;
  readonly deaths: readonly Death[];
}

const NOBODY_LISTENS = 'http://127.0.0.1:9';

/** Points of a write that is not committed: to die at one is to die at any, as the store undoes it (C1 of its own proofs). */
const UNCOMMITTED = new Set([
  'store/begun',
  'store/blobs-written',
  'store/entries-written',
  'store/turn-written',
  'store/snapshot-written',
  'store/written',
]);

/** Deaths of a process that repairs what an earlier death has left. */
const REPEATED: readonly (readonly [Death['point'], number])[][] = [
  [
    ['agent/turn-begun', 1],
    ['agent/turn-recovered', 1],
  ],
  [
    ['agent/turn-begun', 2],
    ['store/snapshot-written', 1],
  ],
  [
    ['agent/stream-ended', 3],
    ['store/committed', 2],
  ],
  [
    ['agent/intent-written', 3],
    ['agent/results-committed', 1],
  ],
  [
    ['agent/tool-ran', 2],
    ['agent/tool-ran', 1],
  ],
  [
    ['agent/tool-ran', 2],
    ['agent/intent-written', 1],
    ['agent/intent-written', 2],
  ],
  [
    ['agent/tool-ran', 3],
    ['store/written', 2],
  ],
];

function planCases(passages: Readonly<Record<string, number>>): readonly FaultCase[] {
  const single = FAULT_POINTS.flatMap((point) => {
    const count = passages[point] ?? 0;
    const all = Array.from({ length: count }, (_, index) => index + 1);
    const one = all.filter((n) => n === (count >> 1) + 1);
    // After most commits the agent passes a point of its own, and there it dies as well.
    const some = point === 'store/committed' ? all.filter((n) => n % 4 === 1) : all;
    const chosen = UNCOMMITTED.has(point) ? one : some;
    // The points that the child names are those of the list.
    return chosen.map((passage) => [{ point: point as Death['point'], passage }]);
  });
  const repeated = REPEATED.map((deaths) => deaths.map(([point, passage]) => ({ point, passage })));
  return [...single, ...repeated].map((deaths) => ({
    sessionId: deaths.map(({ point, passage }) => `${point} ${passage}`).join(', then '),
    deaths,
  }));
}

/** What each process does, one after the other: finish the session that the last one left, and take up the next, to die in it. */
function planProcesses(cases: readonly FaultCase[], url: string): readonly FaultSteps['steps'][] {
  const steps = cases.flatMap(({ sessionId, deaths }) => [
    ...deaths.map((dieAt) => ({
      sessionId,
      url: dieAt.point === 'agent/turn-abandoned' ? NOBODY_LISTENS : url,
      dieAt,
    })),
    { sessionId, url },
  ]);
  const processes: FaultSteps['steps'][number][][] = [[]];
  for (const step of steps) {
    processes.at(-1)?.push(step);
    if ('dieAt' in step) processes.push([]);
  }
  return processes;
}

async function runSteps(faultSteps: FaultSteps): Promise<Readonly<Record<string, number>>> {
  const child = spawnProcess('faults-process.ts', JSON.stringify(faultSteps));
  let passages = '{}';
  for await (const line of child.lines) passages = line;
  const expected = faultSteps.steps.at(-1)?.dieAt ? 'SIGKILL' : 'exit 0';
  expect(await child.ended).toEqual({ ending: expected, errors: '' });
  return JSON.parse(passages);
}

/** Everything that is to be checked of a session at its end, and what the next process is told there. */
async function readSession(store: CheckpointStore, sessionId: string) {
  const agent = createAgent({ model: scriptedModel(textTurn('free')) });
  const session = await agent.openSession(store, { id: sessionId });
  const { state } = session;
  const [rows, snapshot, pending] = await Promise.all([
    store.readLedger(sessionId),
    store.readLastSnapshot(sessionId),
    store.readPendingTurn(sessionId),
  ]);
  const journal = (await Promise.all(rows.map(({ id }) => store.readToolCalls(id)))).flat();
  const { text: next } = await session.send('And now?').result();
  return { state, rows, snapshot, pending, journal, next };
}

const systemOf = ({ bodyText }: LoggedRequest) => /This is session ([^"]*?)\./.exec(bodyText)?.[1];

const textOf = (result: ToolResultBlock) =>
  result.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

describe('a process killed at a fault point, and the one that goes on (N-10)', () => {
  let cases: readonly FaultCase[] = [];
  let requests: readonly LoggedRequest[] = [];
  let executions: readonly (readonly [sessionId: string, tool: string, key: string])[] = [];
  const sessions = new Map<string, Awaited<ReturnType<typeof readSession>>>();
  const damage: unknown[] = [];
  let tidy = async () => {};
  const each = () => cases.map(({ sessionId }) => ({ sessionId, ...present(sessions.get(sessionId)) }));

  beforeAll(async () => {
    const server = await startSimulator({ script });
    requests = server.requests;
    const folder = mkdtempSync(join(tmpdir(), 'reprise-faults-'));
    tidy = async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    };
    const database = join(folder, 'sessions.db');
    const effectLog = `${database}.effects`;
    const passages = await runSteps({ database, effectLog, steps: [{ sessionId: 'whole', url: server.url }] });
    cases = planCases(passages);
    const half = Math.ceil(cases.length / 2);
    const chains = [cases.slice(0, half), cases.slice(half)].map(async (chain) => {
      for (const steps of planProcesses(chain, server.url)) await runSteps({ database, effectLog, steps });
    });
    await Promise.all(chains);
    executions = readFileSync(effectLog, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [, sessionId = '', effect = '', key = ''] = /^(.*) (\S+) (\S+)$/.exec(line) ?? [];
        return [sessionId, effect, key];
      });
    const store = openSqliteStore(database);
    for (const { sessionId } of cases) sessions.set(sessionId, await readSession(store, sessionId));
    for await (const finding of store.findDamage()) damage.push(finding);
    await store.close();
  }, 300_000);

  afterAll(() => tidy());

  it('pass every point there is', () => {
    const passed = new Set<string>(cases.flatMap(({ deaths }) => deaths.map(({ point }) => point)));
    expect(FAULT_POINTS.filter((point) => !passed.has(point))).toEqual([]);
  });

  it('bring every session to its end, and leave it free for the next', () => {
    for (const { sessionId, state, pending, next } of each()) {
      expect(messageText(state.messages.at(-1) ?? missing()), sessionId).toBe('That was all.');
      expect([pending, next], sessionId).toEqual([undefined, 'free']);
    }
  });

  it('I2 count every token once: state, ledger and last snapshot agree', () => {
    for (const { sessionId, state, rows, snapshot } of each()) {
      const sum = (pick: (tokens: TokenColumns) => number | null) =>
        rows.reduce((total, { tokens }) => total + (pick(tokens) ?? 0), 0);
      const expected = {
        input: sum(({ fresh }) => fresh),
        output: sum(({ output }) => output),
        reasoning: sum(({ reasoning }) => reasoning),
        cacheRead: sum(({ cacheRead }) => cacheRead),
        cacheWrite: sum(({ cacheWrite5m }) => cacheWrite5m) + sum(({ cacheWrite1h }) => cacheWrite1h),
      };
      expect(snapshot, sessionId).toMatchObject({ turnCount: rows.length, tokenSnapshot: expected });
      expect(state, sessionId).toMatchObject({
        turnCount: rows.length,
        totalInputTokens: expected.input,
        totalOutputTokens: expected.output,
        totalCacheReadTokens: expected.cacheRead,
        totalCacheWriteTokens: expected.cacheWrite,
      });
      expect(
        rows.map(({ ordinal }) => ordinal),
        sessionId,
      ).toEqual(rows.map((_, index) => index + 1));
    }
  });

  it('I4 leave a history that the strict server takes', () => {
    expect(requests.filter(({ status }) => status !== 200)).toEqual([]);
    for (const { sessionId, state } of each()) {
      expect(unsendable(state.messages), sessionId).toEqual([]);
      expect(state.messages.filter(({ role }) => role === 'user').map(messageText), sessionId).toEqual([
        'first',
        'second',
      ]);
    }
  });

  it('I5 never run an effect twice, and run the others again with the same key', () => {
    for (const { sessionId, journal } of each()) {
      const ran = executions.filter(([session]) => session === sessionId);
      const keysOf = (name: string) => ran.filter(([, ran]) => ran === name).map(([, , key]) => key);
      for (const { effect, toolName, idempotencyKey, attempts } of journal) {
        if (effect === 'effect') expect([attempts, keysOf(toolName).length <= 1], sessionId).toEqual([1, true]);
        else expect(new Set(keysOf(toolName)), sessionId).toEqual(new Set([idempotencyKey]));
      }
      expect(
        journal.map(({ toolName }) => toolName),
        sessionId,
      ).toEqual(TOOLS);
    }
  });

  it('I5 tell the model what has become of each call, once', () => {
    for (const { sessionId, state, journal } of each()) {
      const results = state.messages.flatMap((message) => (message.role === 'tool' ? message.content : []));
      expect(
        results.map(({ toolName }) => toolName),
        sessionId,
      ).toEqual(TOOLS);
      for (const [index, result] of results.entries()) {
        const isKnown = journal[index]?.outcome !== null;
        expect(textOf(result), sessionId).toContain(isKnown ? `${result.toolName} ran` : 'Outcome unknown');
      }
    }
  });

  it('I6 have a row for every request that was answered', () => {
    for (const { sessionId, rows } of each()) {
      const sent = requests.filter((request) => systemOf(request) === sessionId);
      const lost = rows.filter(({ stopReason }) => stopReason === 'aborted');
      expect(rows.length, sessionId).toBeGreaterThanOrEqual(sent.length);
      expect(rows.length - lost.length, sessionId).toBeLessThanOrEqual(sent.length);
      expect(new Set(rows.map(({ id }) => id)).size, sessionId).toBe(rows.length);
    }
  });

  it('leave no damage in the store', () => expect(damage).toEqual([]));
});

function present<Value>(value: Value | undefined): Value {
  return value ?? missing();
}

function missing(): never {
  throw new Error('There is nothing.');
}
