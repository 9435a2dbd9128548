import type { ToolCallBlock, ToolResultBlock } from '@reprise/providers';
import type { ToolOutcome } from '../recorder.ts';
import { isStopOutput, stoppedWith } from './stop.ts';
import type { ToolOutput } from './tool.ts';
import { blocksOf } from './tool-blocks.ts';

/** A result in words. */
export function textResult(call: ToolCallBlock, text: string, isError = false): ToolResultBlock {
  const content = text === '' ? [] : [{ type: 'text', text } as const];
  return { type: 'tool-result', toolCallId: call.id, toolName: call.name, content, isError };
}

/** A result the model reads as a failure. */
export function errorResult(call: ToolCallBlock, text: string): ToolResultBlock {
  return textResult(call, text, true);
}

/** The result of a call that was not run, with the reason for the model. */
export function notRun(call: ToolCallBlock, reason: string): ToolResultBlock {
  return errorResult(call, `Not run: ${reason}`);
}

/** What the model is given of a tool's output. Throws for one that cannot be written as JSON, and for blocks that are none. */
export function outputOutcome(call: ToolCallBlock, output: ToolOutput): ToolOutcome {
  if (isStopOutput(output)) return { ...outputOutcome(call, stoppedWith(output)), isStop: true };
  const content = blocksOf(output);
  const result = content ? { ...textResult(call, ''), content } : textResult(call, textOf(output));
  return { result, isStop: false };
}

function textOf(output: ToolOutput): string {
  if (typeof output === 'string') return output;
  try {
    return JSON.stringify(output) ?? '';
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The tool ran, but what it returned cannot be written as JSON: ${words}`, { cause });
  }
}
