import { type AgentOptions, createAgent, type RunInput, type Session } from '@reprise/agent';
import {
  type Break,
  type BreakCause,
  explainMiss,
  explainSession,
  type RecordedTurn,
  type SessionExplanation,
} from '@reprise/audit';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import {
  anthropicCacheParameters,
  type CacheParameters,
  completeTurn,
  type Model,
  type ModelRequest,
  openaiCacheParameters,
  prefixHashes,
} from '@reprise/providers';
import { type Simulator, type SimulatorOptions, startSimulator, virtualClock } from '@reprise/simulator';
import { expect, onTestFinished } from 'vitest';

interface World {
  readonly server: Simulator;
  readonly store: CheckpointStore;
  /** Moves every clock. */
  readonly wait: (ms: number) => void;
  /** One run of a session by an agent with these options; every turn takes a second. */
  readonly say: (options: Partial<AgentOptions>, input: RunInput, id?: string) => Promise<void>;
  readonly explain: (id?: string) => Promise<SessionExplanation>;
  /** Does something with a session, and closes it. */
  readonly use: (
    options: Partial<AgentOptions>,
    act: (session: Session) => Promise<unknown>,
    id?: string,
  ) => Promise<void>;
}

/** Sessions with agents that change, against the vendors' simulator and its clock. */
export async function world(
  modelOf: (url: string) => Model,
  given: Partial<SimulatorOptions> & { readonly agent?: Partial<AgentOptions> } = {},
): Promise<World> {
  const { agent = {}, ...simulated } = given;
  const clock = virtualClock();
  const script = ({ requestIndex }: { readonly requestIndex: number }) =>
    `It is ${requestIndex}. ${'So it is. '.repeat(40)}`;
  const server = await startSimulator({ clock: clock.now, script, ...simulated });
  onTestFinished(() => server.close());
  const store = openMemoryStore();
  let ids = 0;
  const ports = { clock: clock.now, createId: () => `id-${ids++}` };

  const use: World['use'] = async ({ model = modelOf(server.url), ...own }, act, id = 's') => {
    const options: AgentOptions = { ...agent, ...own, model, ports, onPrefixChange: 'allow' };
    const session = await createAgent(options).openSession(store, { id });
    await act(session);
    await session.close();
    clock.advance(1000);
  };

  return {
    server,
    store,
    wait: (ms) => clock.advance(ms),
    say: (options, input, id) => use(options, (session) => session.send(input).result(), id),
    explain: (id = 's') => explainSession(store, id),
    use,
  };
}

/** The only break of a session. */
export function onlyBreak({ breaks }: SessionExplanation): Break {
  expect(breaks.map(({ turn }) => turn)).toHaveLength(1);
  const [only] = breaks;
  if (!only) throw new Error('no break');
  return only;
}

/** The cause that stands first. */
export function mainCause({ causes: [first] }: Break): BreakCause {
  return first;
}

/** A request that was sent by its adapter and answered by the simulator, as the audit sees it. */
export async function ask(server: Simulator, model: Model, request: ModelRequest): Promise<RecordedTurn> {
  const turn = await completeTurn(model, request, { clock: server.clock });
  const blocks = model.prefixBlocks(request);
  const { tokens, timing, usageState, responseId = '' } = turn;
  const { startedAt } = timing;
  return {
    row: {
      id: responseId,
      family: model.family,
      model: turn.model,
      startedAt,
      usageState,
      tokens,
      recordedPicoUsd: undefined,
    },
    branch: 'requests',
    asked: { family: model.family, model: model.id },
    visibleAt: startedAt,
    prefix: { blocks, hashes: prefixHashes(blocks) },
    blockCount: blocks.length,
    keptHashes: [],
    marks: model.planMarks(request),
    parameters: parametersOf(model, server.requests.at(-1)?.body),
    policy: request.cache,
    isWhole: true,
    injectedBy: [],
    replacedBy: [],
    editedBy: [],
    ...(turn.diagnostics ? { diagnostics: turn.diagnostics } : {}),
  };
}

function parametersOf({ family }: Model, body: unknown): CacheParameters {
  return family === 'anthropic' ? anthropicCacheParameters(body) : openaiCacheParameters(body);
}

/** What is said of two requests, one after the other. */
export async function explainPair(
  server: Simulator,
  model: Model,
  [before, after]: readonly [ModelRequest, ModelRequest],
): Promise<Break | undefined> {
  const first = await ask(server, model, before);
  return explainMiss(first, await ask(server, model, after));
}
