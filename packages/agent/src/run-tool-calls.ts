import type { JsonValue, ToolCallBlock, ToolResultBlock } from '@reprise/providers';
import type { ToolEndEvent, ToolStartEvent } from './agent-event.ts';
import { type Tool, ToolInputError, type ToolOutput } from './tool.ts';

export interface ToolCallsOptions {
  readonly tools: readonly Tool[];
  readonly signal: AbortSignal;
  readonly clock: () => number;
  /** Names one call for ever; see `ToolContext.idempotencyKey`. */
  readonly idempotencyKey: (call: ToolCallBlock) => string;
}

/** Results by call. By the call itself and not by its id, which models repeat. */
export type ToolResults = Map<ToolCallBlock, ToolResultBlock>;

/** Runs calls one after the other and adds each result to `results` as it is known. Never throws: a failure is a result the model sees. */
export async function* runToolCalls(
  calls: readonly ToolCallBlock[],
  results: ToolResults,
  options: ToolCallsOptions,
): AsyncGenerator<ToolStartEvent | ToolEndEvent, void, undefined> {
  for (const call of calls) {
    if (options.signal.aborted) return;
    yield { type: 'tool-start', call };
    const startedAt = options.clock();
    const result = await runToolCall(call, options);
    results.set(call, result);
    yield { type: 'tool-end', call, result, durationMs: options.clock() - startedAt };
  }
}

/** The result of a call that was not run, with the reason for the model. */
export function notRun(call: ToolCallBlock, reason: string): ToolResultBlock {
  return errorResult(call, `Not run: ${reason}`);
}

async function runToolCall(call: ToolCallBlock, options: ToolCallsOptions): Promise<ToolResultBlock> {
  const tool = options.tools.find(({ definition }) => definition.name === call.name);
  if (!tool) return errorResult(call, `There is no tool named ${call.name}.`);
  const input = parseArguments(call.argumentsText);
  if (input === undefined) return errorResult(call, `The arguments are not valid JSON: ${call.argumentsText}`);
  try {
    return textResult(call, outputText(await executeInTime(tool, input, call, options)), false);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const prefix = error instanceof ToolInputError ? 'The arguments do not fit the schema: ' : '';
    return errorResult(call, `${prefix}${message || 'The tool failed without a message.'}`);
  }
}

/** Waits for the tool, its timeout or an abort, whichever comes first; the tool's own signal is aborted with the latter two. */
async function executeInTime(
  tool: Tool,
  input: JsonValue,
  call: ToolCallBlock,
  options: ToolCallsOptions,
): Promise<ToolOutput> {
  if (options.signal.aborted) throw new Error('The run was aborted before the tool ran.');
  const stop = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stopWith = (message: string) => {
    const reason = new Error(message);
    stop.abort(reason);
    reject(reason);
  };
  const onAbort = () => stopWith('The run was aborted while the tool was running.');
  const timer = setTimeout(() => stopWith(`The tool took longer than ${tool.timeoutMs} ms.`), tool.timeoutMs);
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const context = { signal: stop.signal, toolCallId: call.id, idempotencyKey: options.idempotencyKey(call) };
    return await Promise.race([tool.execute(input, context), stopped]);
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', onAbort);
  }
}

/** Plain values, as a tool expects them; `call.arguments` may hold numbers kept as text for replay. */
function parseArguments(argumentsText: string): JsonValue | undefined {
  if (argumentsText.trim() === '') return {};
  try {
    return JSON.parse(argumentsText);
  } catch {
    return undefined;
  }
}

function outputText(output: ToolOutput): string {
  return typeof output === 'string' ? output : (JSON.stringify(output) ?? '');
}

/** A result the model reads as a failure. */
export function errorResult(call: ToolCallBlock, text: string): ToolResultBlock {
  return textResult(call, text, true);
}

function textResult(call: ToolCallBlock, text: string, isError: boolean): ToolResultBlock {
  const content = text === '' ? [] : [{ type: 'text', text } as const];
  return { type: 'tool-result', toolCallId: call.id, toolName: call.name, content, isError };
}
