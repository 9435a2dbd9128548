import type { ToolCallBlock, ToolResultBlock } from '@reprise/providers';

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
