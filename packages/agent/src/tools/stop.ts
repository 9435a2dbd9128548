import type { JsonValue } from '@reprise/providers';
import type { ToolBlocks } from './tool-blocks.ts';

const OUTPUT: unique symbol = Symbol.for('@reprise/agent/stop');

/** A tool's output after which its run ends. */
export interface StopOutput {
  readonly [OUTPUT]: JsonValue | ToolBlocks | undefined;
}

/**
 * What a tool returns to end its run: `stop('Handed over to a person.')`. Its result goes to the model like any other, and so do those of
 * the other calls of its turn. Then no tool runs any more: the model is asked once more for what it has to say, or the run ends at once
 * with the reason `tool-stop`; see `forceText`.
 */
export function stop(output?: JsonValue | ToolBlocks): StopOutput {
  return { [OUTPUT]: output };
}

/** Whether it was made by `stop`. */
export function isStopOutput(output: unknown): output is StopOutput {
  return typeof output === 'object' && output !== null && OUTPUT in output;
}

/** What the model is given of it. */
export function stoppedWith({ [OUTPUT]: output }: StopOutput): JsonValue | ToolBlocks | undefined {
  return output;
}
