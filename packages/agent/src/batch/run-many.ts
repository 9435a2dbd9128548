/**
 * Many conversations with one agent.
 *
 * Owns: how many go on at once, which begins first, and what is told of them.
 * Leaves to the run or the session: each conversation.
 *
 * M1. A run that fails ends no other.
 * M2. Until one answer has begun, only one run is asking: together, each would pay for writing the prefix that they share.
 */

import type { CheckpointStore, SessionId } from '@reprise/checkpoint';
import { asObject, ProviderError } from '@reprise/providers';
import pLimit from 'p-limit';
import { createAgent, runAgent } from '../agent.ts';
import type { AgentEvent } from '../agent-event.ts';
import { AgentError } from '../errors.ts';
import type { Run, RunResult } from '../run-handle.ts';
import { asUserMessage, type RunInput } from '../run-input.ts';
import type { SendOptions } from '../session.ts';
import type { AgentOptions } from '../settings.ts';
import { type AgentState, initialState } from '../state.ts';
import { addUsage, NO_USAGE, type Usage, usageOfTurn } from '../usage/usage.ts';
import { type BatchProgress, type BatchTeller, tellBatch } from './tell-batch.ts';
import { createWarmUp, type WarmUp } from './warm-up.ts';

/** One conversation of a batch. */
export interface BatchItem {
  /** Absent: it goes on from where its state or its session stopped. */
  readonly input?: Exclude<RunInput, undefined>;
  /** What it begins with. Default: the batch's. Without a store only. */
  readonly state?: AgentState;
  /** The session it is, which is made if there is none. Default: a new one. With a store only. */
  readonly sessionId?: SessionId;
}

export interface RunManyOptions extends AgentOptions, Pick<SendOptions, 'signal'> {
  /** What every conversation begins with. Default: nothing. Without a store only. */
  readonly state?: AgentState;
  /** Makes each conversation a session of this store. Default: they are kept in memory. */
  readonly store?: CheckpointStore;
  /** How many runs go on at once. Default 8. */
  readonly parallelism?: number;
  /**
   * Whether the others wait until one answer has begun. A cache entry can be read only then (Anthropic, prompt-caching page, 2026): sent
   * together, each of them would pay for writing the prefix they share. If the first is never answered, the next goes ahead. Default `true`.
   */
  readonly warm?: boolean;
  /** Hears every event, with the number of the input it belongs to. What it throws aborts the batch. */
  readonly onEvent?: (event: AgentEvent, inputIndex: number) => void;
  /** Hears how far the batch is: at the beginning and end of each run, and after each turn. What it throws aborts the batch. */
  readonly onProgress?: (progress: BatchProgress) => void;
}

/** What became of one input. */
export type BatchOutcome = PromiseSettledResult<RunResult> & {
  /** The number of the input. */
  readonly index: number;
  /** Of all its turns, also if it failed. */
  readonly usage: Usage;
  /** Present where the batch has a store, unless the session could not be opened. */
  readonly sessionId?: SessionId;
};

/**
 * Runs one agent on many inputs, each a conversation of its own. The outcomes stand in the order of the inputs; a run that failed does not
 * end the others, and after an abort those that had not begun are left alone. Rejects with `agent/invalid-option` for a batch that cannot
 * work, before anything is sent, with what `createAgent` throws, and with what a listener has thrown, once all runs have ended.
 */
export async function runMany(
  inputs: readonly (RunInput | BatchItem)[],
  options: RunManyOptions,
): Promise<readonly BatchOutcome[]> {
  const { state, store, parallelism = 8, warm = true, onEvent, onProgress, signal, ...agentOptions } = options;
  const items = inputs.map(asItem);
  checkBatch(items, options);
  const batch = {
    start: createStart(agentOptions, { state, store }),
    warmUp: createWarmUp(warm),
    ...tellBatch(items.length, { onEvent, onProgress, signal }),
  };
  const limit = pLimit(parallelism);
  const outcomes = await Promise.all(items.map((item, index) => limit(() => runOne(item, index, batch))));
  batch.throwFailure();
  return outcomes;
}

/** What the runs of a batch share. */
interface Batch extends BatchTeller {
  readonly start: StartRun;
  readonly warmUp: WarmUp;
}

async function runOne(item: BatchItem, index: number, batch: Batch): Promise<BatchOutcome> {
  const { signal, warmUp } = batch;
  const place = await warmUp.enter();
  let [usage, started]: [Usage, StartedRun | undefined] = [NO_USAGE, undefined];
  const settle = (settled: PromiseSettledResult<RunResult>): BatchOutcome => {
    const named = started?.sessionId === undefined ? {} : { sessionId: started.sessionId };
    return { ...settled, index, usage, ...named };
  };
  batch.noteStart();
  try {
    if (signal.aborted) throw notBegun(signal);
    started = await batch.start(item, signal);
    for await (const event of started.run) {
      if (BEGUN.has(event.type)) place.answered();
      if (event.type === 'turn-end') usage = addUsage(usage, usageOfTurn(event.turn));
      batch.tell(event, index);
    }
    const value = await started.run.result();
    batch.noteEnd('done');
    return settle({ status: 'fulfilled', value });
  } catch (reason) {
    batch.noteEnd('failed');
    return settle({ status: 'rejected', reason });
  } finally {
    place.left();
    await started?.close();
  }
}

/** Events that a response has begun with. */
const BEGUN: ReadonlySet<AgentEvent['type']> = new Set<AgentEvent['type']>([
  'text-delta',
  'thinking-delta',
  'tool-call-delta',
  'block-end',
  'vendor-event',
  'turn-end',
]);

function notBegun({ reason }: AbortSignal): ProviderError {
  return new ProviderError('provider/aborted', 'The batch was aborted before this run began.', { cause: reason });
}

interface StartedRun {
  readonly run: Run;
  readonly sessionId?: SessionId;
  close(): Promise<void>;
}

type StartRun = (item: BatchItem, signal: AbortSignal) => Promise<StartedRun>;

function createStart(
  agentOptions: AgentOptions,
  { state = initialState(), store }: { readonly [Key in 'state' | 'store']: RunManyOptions[Key] | undefined },
): StartRun {
  // Also checks the options, once for all runs.
  const agent = createAgent(agentOptions);
  if (!store) {
    return async (item, signal) => {
      const run = runAgent(item.state ?? state, item.input, { ...agentOptions, signal });
      return { run, close: async () => {} };
    };
  }
  return async ({ sessionId, input }, signal) => {
    // Before a session is made for it.
    asUserMessage(input);
    const session = await agent.openSession(store, sessionId === undefined ? {} : { id: sessionId });
    return { run: session.send(input, { signal }), sessionId: session.id, close: () => session.close() };
  };
}

function asItem(input: RunInput | BatchItem): BatchItem {
  if (input === undefined) return {};
  return isItem(input) ? input : { input };
}

/** Callers without types may give anything: then the run of that input fails, and no other. */
function isItem(input: RunInput | BatchItem): input is BatchItem {
  return asObject(input) !== undefined && !Object.hasOwn(Object(input), 'role');
}

function checkBatch(items: readonly BatchItem[], { parallelism = 8, state, store }: RunManyOptions): void {
  if (!Number.isInteger(parallelism) || parallelism < 1) {
    throw invalid(`parallelism is ${parallelism}; it must be a whole number above 0.`);
  }
  if (store && state) throw invalid('state is set beside store; a session has a state of its own.');
  const ids = items.flatMap(({ sessionId }) => sessionId ?? []);
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw invalid(`Two inputs are for session ${repeated}; a session has one run at a time.`);
  for (const [index, item] of items.entries()) {
    const misplaced = store ? 'state' : 'sessionId';
    if (item[misplaced] === undefined) continue;
    const rule = store ? 'a session has a state of its own' : 'a session needs a store';
    throw invalid(`inputs[${index}].${misplaced} is set ${store ? 'beside' : 'without'} store; ${rule}.`);
  }
}

function invalid(message: string): AgentError {
  return new AgentError('agent/invalid-option', message);
}
