/**
 * One round of tool calls.
 *
 * Owns: the order of check, intent, execution and outcome of each call.
 * Leaves to `session/repair.ts`: which calls run. To the recorder: what durable means.
 *
 * T1. A failure of the tool or of its input is a result that the model sees; a failure of the recorder ends the run.
 * T2. Intent is durable before a tool runs, its outcome before the next call is looked at. So is what its files are.
 */

import type { JsonValue, ToolCallBlock, ToolResultBlock } from '@reprise/providers';
import type { ToolEndEvent, ToolStartEvent } from './agent-event.ts';
import { hasCode } from './errors.ts';
import type { Ports } from './ports.ts';
import type { Recorder } from './recorder.ts';
import { type CallCircumstances, type PlannedCall, planCall } from './session/repair.ts';
import { DEFAULT_TOOL_TIMEOUT_MS, type PreparedCall, type Tool, ToolInputError, type ToolOutput } from './tool.ts';
import { blocksOf } from './tool-blocks.ts';
import { errorResult, textResult } from './tool-result.ts';

export interface ToolCallsOptions extends CallCircumstances {
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
  readonly ports: Ports;
}

/** Results by call. By the call itself and not by its id, which models repeat. */
export type ToolResults = Map<ToolCallBlock, ToolResultBlock>;

type ToolEvents = AsyncGenerator<ToolStartEvent | ToolEndEvent, void, undefined>;

/** Does what is planned, one call after the other, and adds each result to `results` as it is known. An abort leaves calls without one. */
export async function* runToolCalls(
  calls: readonly PlannedCall[],
  results: ToolResults,
  options: ToolCallsOptions,
): ToolEvents {
  for (const planned of calls) {
    if (options.signal.aborted) return;
    yield* answerCall(planned, results, options);
  }
}

async function* answerCall(planned: PlannedCall, results: ToolResults, options: ToolCallsOptions): ToolEvents {
  const { call, step } = planned;
  if (step === 'answer') results.set(call, planned.result);
  else if (step === 'reconcile') results.set(call, await reconcile(planned, options));
  else {
    yield { type: 'tool-start', call };
    const startedAt = options.ports.clock();
    const result = await runCall(planned, options);
    results.set(call, result);
    yield { type: 'tool-end', call, result, durationMs: options.ports.clock() - startedAt };
  }
}

async function runCall(planned: PlannedCall, options: ToolCallsOptions): Promise<ToolResultBlock> {
  const { call, position } = planned;
  const checked = await checkCall(call, options);
  if ('result' in checked) return checked.result;
  const { recorder, ports } = options;
  const { tool, prepared } = checked;
  const refusal = await keepFiles(call, prepared, recorder);
  if (refusal) return refusal;
  if (options.signal.aborted) return planned.result;
  ports.onFaultPoint?.('agent/call-checked');
  try {
    await recorder.startToolCall({ position, call, effect: tool.effect, again: planned.step === 'run-again' });
  } catch (error) {
    if (hasCode(error, 'checkpoint/tool-call-started')) return resultFromElsewhere(planned, options);
    throw error;
  }
  ports.onFaultPoint?.('agent/intent-written');
  const result = await execute(call, tool, prepared, recorder.idempotencyKey(position), options);
  ports.onFaultPoint?.('agent/tool-ran');
  await recorder.finishToolCall(position, result);
  ports.onFaultPoint?.('agent/outcome-written');
  return result;
}

/** The result of a call that another session, forked off at its turn, was faster to start. */
async function resultFromElsewhere(planned: PlannedCall, options: ToolCallsOptions): Promise<ToolResultBlock> {
  const { call, position } = planned;
  const journal = await options.recorder.journaledCalls();
  const again = planCall(call, position, journal.get(position), options);
  return again.step === 'reconcile' ? reconcile(again, options) : again.result;
}

/** Has the owner find out what came of a call, and keeps the answer as its outcome. */
async function reconcile(planned: PlannedCall, options: ToolCallsOptions): Promise<ToolResultBlock> {
  const { onUnknownOutcome, recorder } = options;
  const { call, position } = planned;
  if (typeof onUnknownOutcome !== 'function') return planned.result;
  const idempotencyKey = recorder.idempotencyKey(position);
  try {
    const timeoutMs = toolOf(call, options)?.timeoutMs ?? DEFAULT_TOOL_TIMEOUT_MS;
    const found = await inTime(
      timeoutMs,
      options.signal,
      async (signal) => onUnknownOutcome(call, { idempotencyKey, signal }),
      `onUnknownOutcome for ${call.name}`,
    );
    const result = typeof found === 'string' ? textResult(call, found) : found;
    await recorder.finishToolCall(position, result);
    return result;
  } catch (error) {
    if (options.signal.aborted) return planned.result;
    throw error;
  }
}

type CheckedCall =
  | { readonly tool: Tool; readonly prepared: PreparedCall }
  | {
      /** Why the call cannot run. */
      readonly result: ToolResultBlock;
    };

async function checkCall(call: ToolCallBlock, options: ToolCallsOptions): Promise<CheckedCall> {
  const tool = toolOf(call, options);
  if (!tool) return { result: errorResult(call, `There is no tool named ${call.name}.`) };
  const input = parseArguments(call.argumentsText);
  if (input === undefined) {
    return { result: errorResult(call, `The arguments are not valid JSON: ${call.argumentsText}`) };
  }
  try {
    return { tool, prepared: await inTime(tool.timeoutMs, options.signal, () => tool.prepare(input)) };
  } catch (error) {
    return { result: failure(call, error) };
  }
}

/** Keeps the files that the tool is about to change. A result if it may not change one of them. */
async function keepFiles(
  call: ToolCallBlock,
  { touches }: PreparedCall,
  recorder: Recorder,
): Promise<ToolResultBlock | undefined> {
  try {
    await recorder.keepFiles(touches);
    return undefined;
  } catch (error) {
    if (hasCode(error, 'checkpoint/path-refused')) return failure(call, error);
    throw error;
  }
}

/** Never throws. */
async function execute(
  call: ToolCallBlock,
  tool: Tool,
  prepared: PreparedCall,
  idempotencyKey: string,
  options: ToolCallsOptions,
): Promise<ToolResultBlock> {
  try {
    const output = await inTime(tool.timeoutMs, options.signal, (signal) =>
      prepared.run({ signal, toolCallId: call.id, idempotencyKey }),
    );
    return outputResult(call, output);
  } catch (error) {
    return failure(call, error);
  }
}

function failure(call: ToolCallBlock, error: unknown): ToolResultBlock {
  const message = error instanceof Error ? error.message : String(error);
  const prefix = error instanceof ToolInputError ? 'The arguments do not fit the schema: ' : '';
  return errorResult(call, `${prefix}${message || 'The tool failed without a message.'}`);
}

/** Waits for the work, its timeout or an abort, whichever comes first; the work's own signal is aborted with the latter two. */
async function inTime<Result>(
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
  what = 'The tool',
): Promise<Result> {
  if (signal.aborted) throw new Error('The run was aborted before the tool ran.');
  const stop = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stopWith = (message: string) => {
    const reason = new Error(message);
    stop.abort(reason);
    reject(reason);
  };
  const onAbort = () => stopWith('The run was aborted while the tool was running.');
  const timer = setTimeout(() => stopWith(`${what} took longer than ${timeoutMs} ms.`), timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([stopped, work(stop.signal)]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function toolOf(call: ToolCallBlock, { tools }: ToolCallsOptions): Tool | undefined {
  return tools.find(({ definition }) => definition.name === call.name);
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

function outputResult(call: ToolCallBlock, output: ToolOutput): ToolResultBlock {
  const content = blocksOf(output);
  if (content) return { ...textResult(call, ''), content };
  return textResult(call, typeof output === 'string' ? output : (JSON.stringify(output) ?? ''));
}
