/**
 * One tool call, from its check to its outcome.
 *
 * Owns: the order of check, intent, execution and outcome.
 * Leaves to `session/repair.ts`: whether it runs. To the recorder: what durable means. To `run-tool-calls.ts`: what runs beside it.
 *
 * T1. A failure of the tool or of its input is a result that the model sees; a failure of the recorder ends the run.
 * T2. Intent is durable before a tool runs, and so is what its files are; its outcome is durable before anybody hears of it. A `pure` tool,
 *     which a crash may have run again, needs neither: see the recorder.
 */

import { asObject, type ToolCallBlock, type ToolResultBlock, type WarningEvent } from '@reprise/providers';
import type { ToolEndEvent, ToolStartEvent } from '../agent-event.ts';
import { contentFault } from '../content-blocks.ts';
import { AgentError, hasCode } from '../errors.ts';
import { isHandedOver } from '../hand-over.ts';
import type { HeardResult, RanCall } from '../hooks/after-tool.ts';
import type { HookVerdictEvent } from '../hooks/hook.ts';
import type { Ports } from '../ports.ts';
import type { Recorder, ToolOutcome } from '../recorder.ts';
import { type CallCircumstances, type PlannedCall, planCall } from '../session/repair.ts';
import { type CheckedCall, type CheckOptions, checkCall, effectOf, failed, toolOf } from './check-call.ts';
import { inTime } from './in-time.ts';
import { DEFAULT_TOOL_TIMEOUT_MS, type PreparedCall, type Tool } from './tool.ts';
import { errorResult, outputOutcome, textResult } from './tool-result.ts';

export interface RunCallOptions extends CallCircumstances, CheckOptions {
  readonly recorder: Recorder;
  readonly ports: Ports;
  /** As the recorder's, with its turn awaited. */
  readonly keepFiles: Recorder['keepFiles'];
  /** Shows hooks a result before it is durable; see `askAfterTool`. */
  readonly afterTool?: (ran: RanCall, signal: AbortSignal) => Promise<HeardResult>;
  /** Calls that were checked already, for their approval: what was approved is what runs. */
  readonly checked?: ReadonlyMap<ToolCallBlock, CheckedCall>;
}

interface CallOutcome extends ToolOutcome {
  /** Why the tool failed: what it threw, or that its time was up. Absent where it did not, or where the model is to blame. */
  readonly failure?: Error;
  /** What was odd before the tool ran. */
  readonly warnings?: readonly WarningEvent[];
  /** What hooks have said of the result. */
  readonly verdicts?: readonly HookVerdictEvent[];
  /** Whether the listener has heard of the result. */
  readonly isTold?: true;
}

/** Outcomes by call. By the call itself and not by its id, which models repeat. */
export type CallOutcomes = Map<ToolCallBlock, CallOutcome>;

/** What a listener hears of calls. */
export type ToolEvent = ToolStartEvent | ToolEndEvent | HookVerdictEvent | WarningEvent;
export type ToolEvents = AsyncGenerator<ToolEvent, void, undefined>;

/** Does what is planned, and adds the outcome to `outcomes` once it is durable. */
export async function* answerCall(planned: PlannedCall, outcomes: CallOutcomes, options: RunCallOptions): ToolEvents {
  const { call, step } = planned;
  if (step === 'answer') outcomes.set(call, outcomeOf(planned));
  else if (step === 'reconcile') outcomes.set(call, await reconcile(planned, options));
  else {
    const told = { call, ...effectOf(call, options) };
    yield { type: 'tool-start', ...told };
    const startedAt = options.ports.clock();
    const outcome = await runCall(planned, options);
    outcomes.set(call, { ...outcome, isTold: true });
    yield* outcome.warnings ?? [];
    yield* outcome.verdicts ?? [];
    yield { type: 'tool-end', ...told, result: outcome.result, durationMs: options.ports.clock() - startedAt };
  }
}

/** What a call comes to if nothing is done. */
export function outcomeOf({ result, isStop = false }: PlannedCall): ToolOutcome {
  return { result, isStop };
}

async function runCall(planned: PlannedCall, options: RunCallOptions): Promise<CallOutcome> {
  const { call, position } = planned;
  const checked = options.checked?.get(call) ?? (await checkCall(call, options));
  if (options.signal.aborted) return outcomeOf(planned);
  if ('result' in checked) return { ...checked, isStop: false };
  const { recorder, ports } = options;
  const { tool, prepared } = checked;
  const kept = await keepFiles(call, prepared, options);
  if ('result' in kept) return { ...kept, isStop: false };
  if (options.signal.aborted) return outcomeOf(planned);
  ports.onFaultPoint?.('agent/call-checked');
  try {
    await recorder.startToolCall({ position, call, effect: tool.effect, again: planned.step === 'run-again' });
  } catch (error) {
    if (hasCode(error, 'checkpoint/tool-call-started')) return outcomeFromElsewhere(planned, options);
    throw error;
  }
  ports.onFaultPoint?.('agent/intent-written');
  const startedAt = ports.clock();
  const ran = await execute(call, tool, prepared, recorder.idempotencyKey(position), options);
  ports.onFaultPoint?.('agent/tool-ran');
  // Whoever goes on elsewhere finds the call as after a crash, and does what its effect class says.
  if (ran.isCutOff && isHandedOver(options.signal)) return outcomeOf(planned);
  const durationMs = ports.clock() - startedAt;
  const heard = await options.afterTool?.({ call, result: ran.result, durationMs }, options.signal);
  const outcome = { ...ran, ...kept, ...(heard ? { result: heard.result, verdicts: heard.verdicts } : {}) };
  await recorder.finishToolCall(position, outcome);
  ports.onFaultPoint?.('agent/outcome-written');
  // Only now: that the tool has run is known, whatever became of the hook.
  if (heard?.failure) throw heard.failure;
  return outcome;
}

/** Keeps the files that the tool is about to change, and warns of those that cannot be. A result if it may not change one of them. */
async function keepFiles(
  call: ToolCallBlock,
  { touches }: PreparedCall,
  options: RunCallOptions,
): Promise<{ readonly result: ToolResultBlock } | { readonly warnings?: readonly WarningEvent[] }> {
  if (touches.length === 0) return {};
  try {
    const tooLarge = await options.keepFiles(touches);
    return tooLarge.length === 0 ? {} : { warnings: tooLarge.map(notKept) };
  } catch (error) {
    if (hasCode(error, 'checkpoint/path-refused')) return { result: errorResult(call, error.message) };
    throw error;
  }
}

function notKept(path: string): WarningEvent {
  const message = `File '${path}' is larger than what is kept: what it was before this change cannot be given back.`;
  return { type: 'warning', code: 'files/not-kept', message };
}

/** Never rejects. */
async function execute(
  call: ToolCallBlock,
  tool: Tool,
  prepared: PreparedCall,
  idempotencyKey: string,
  { signal }: RunCallOptions,
): Promise<CallOutcome & { readonly isCutOff?: boolean }> {
  try {
    const run = (own: AbortSignal) => prepared.run({ signal: own, toolCallId: call.id, idempotencyKey });
    return outputOutcome(call, await inTime(tool.timeoutMs, signal, run));
  } catch (error) {
    return { ...failed(call, error, signal), isStop: false, isCutOff: signal.aborted };
  }
}

/** The outcome of a call that another session, forked off at its turn, was faster to start. */
async function outcomeFromElsewhere(planned: PlannedCall, options: RunCallOptions): Promise<ToolOutcome> {
  const { call, position } = planned;
  const journal = await options.recorder.journaledCalls();
  const again = planCall(call, position, journal.get(position), options);
  return again.step === 'reconcile' ? reconcile(again, options) : outcomeOf(again);
}

/** Has the owner find out what came of a call, and keeps the answer as its outcome. */
async function reconcile(planned: PlannedCall, options: RunCallOptions): Promise<ToolOutcome> {
  const { onUnknownOutcome, recorder } = options;
  const { call, position } = planned;
  if (typeof onUnknownOutcome !== 'function') return outcomeOf(planned);
  const idempotencyKey = recorder.idempotencyKey(position);
  try {
    const timeoutMs = toolOf(call, options)?.timeoutMs ?? DEFAULT_TOOL_TIMEOUT_MS;
    const found = await inTime(
      timeoutMs,
      options.signal,
      async (signal) => onUnknownOutcome(call, { idempotencyKey, signal }),
      `onUnknownOutcome for ${call.name}`,
    );
    const outcome = {
      result: typeof found === 'string' ? textResult(call, found) : foundResult(call, found),
      isStop: false,
    };
    await recorder.finishToolCall(position, outcome);
    return outcome;
  } catch (error) {
    if (options.signal.aborted) return outcomeOf(planned);
    throw error;
  }
}

/** What an owner has found, which may not have been checked by a compiler: what is no block would be in every later request. */
function foundResult({ name }: ToolCallBlock, found: ToolResultBlock): ToolResultBlock {
  const fault = contentFault(asObject(found)?.['content'], ['text', 'image']);
  if (fault === undefined) return found;
  throw new AgentError('agent/invalid-option', `The content of what onUnknownOutcome found for ${name} ${fault}.`);
}
