import pLimit from 'p-limit';
import { runAgent } from './agent.ts';
import type { AgentEvent } from './agent-event.ts';
import { AgentError } from './errors.ts';
import type { RunResult } from './run-handle.ts';
import type { RunInput, SendOptions } from './session.ts';
import type { AgentOptions } from './settings.ts';
import { type AgentState, initialState } from './state.ts';

export interface RunManyOptions extends AgentOptions, Pick<SendOptions, 'signal'> {
  /** What every conversation begins with. Default: nothing. */
  readonly state?: AgentState;
  /** How many runs go on at once. Default 8. */
  readonly parallelism?: number;
  /**
   * Whether the others wait until the first answer has begun. A cache entry can be read only then (Anthropic, prompt-caching page, 2026):
   * sent together, each of them would pay for writing the prefix they share. Default `true`.
   */
  readonly warm?: boolean;
  /** Hears every event, with the number of the input it belongs to. */
  readonly onEvent?: (event: AgentEvent, inputIndex: number) => void;
}

/**
 * Runs one agent on many inputs, each a conversation of its own. The outcomes stand in the order of the inputs; a run that failed does
 * not end the others. Throws `agent/invalid-option` for a `parallelism` below 1, and what `createAgent` throws.
 */
export async function runMany(
  inputs: readonly RunInput[],
  options: RunManyOptions,
): Promise<readonly PromiseSettledResult<RunResult>[]> {
  const { state = initialState(), parallelism = 8, warm = true, onEvent, ...agentOptions } = options;
  if (!Number.isInteger(parallelism) || parallelism < 1) {
    throw new AgentError('agent/invalid-option', `parallelism is ${parallelism}; it must be a whole number above 0.`);
  }
  const warmed = Promise.withResolvers<void>();
  if (!warm) warmed.resolve();

  async function runOne(input: RunInput, inputIndex: number): Promise<RunResult> {
    const isFirst = inputIndex === 0;
    if (!isFirst) await warmed.promise;
    try {
      const run = runAgent(state, input, agentOptions);
      for await (const event of run) {
        if (isFirst && BEGUN.has(event.type)) warmed.resolve();
        onEvent?.(event, inputIndex);
      }
      return await run.result();
    } finally {
      // Of a first run that never began, nothing is to be waited for.
      if (isFirst) warmed.resolve();
    }
  }

  const limit = pLimit(parallelism);
  return Promise.allSettled(inputs.map((input, inputIndex) => limit(() => runOne(input, inputIndex))));
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
