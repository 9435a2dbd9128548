/**
 * The calls of a turn, as hooks see them before any of them runs.
 *
 * H1. A hook hears of a call only if it could run: answered calls, unknown tools and arguments that do not fit are none of its business.
 * H2. A result that a hook gives is durable before anything follows from it, like a tool's own.
 */

import type { JsonValue, ToolCallBlock, ToolResultBlock } from '@reprise/providers';
import type { Conversation } from '../conversation.ts';
import { hasCode } from '../errors.ts';
import type { PlannedCall } from '../session/repair.ts';
import { type CheckOptions, checkCall } from '../tools/check-call.ts';
import { notRun, textResult } from '../tools/tool-result.ts';
import { callHook } from './call-hook.ts';
import type { CallVerdict, Hook, HookResult, HookVerdictEvent } from './hook.ts';
import type { HookSettings } from './hook-options.ts';

export interface BeforeToolsOptions extends HookSettings, Omit<CheckOptions, 'signal'> {}

/** What is to become of the calls after all. Once the run is aborted nobody is asked any more. Rejects with `agent/hook-failed`. */
export async function* askBeforeTools(
  planned: readonly PlannedCall[],
  conversation: Conversation,
  options: BeforeToolsOptions,
): AsyncGenerator<HookVerdictEvent, readonly PlannedCall[], undefined> {
  const hooks = options.hooks.filter((hook) => hook.beforeTool);
  if (hooks.length === 0) return planned;
  const decided: PlannedCall[] = [];
  for (const call of planned) decided.push(yield* askAbout(call, hooks, conversation, options));
  return decided;
}

async function* askAbout(
  planned: PlannedCall,
  hooks: readonly Hook[],
  conversation: Conversation,
  options: BeforeToolsOptions,
): AsyncGenerator<HookVerdictEvent, PlannedCall, undefined> {
  const { call, position, step } = planned;
  if (step !== 'run' && step !== 'run-again') return planned;
  const { recorder, state, signal } = conversation;
  if (signal.aborted) return planned;
  const checked = await checkCall(call, { ...options, signal });
  if ('result' in checked) return planned;
  const about = { call, input: inputOf(call), tool: checked.tool, idempotencyKey: recorder.idempotencyKey(position) };
  const point = 'beforeTool';
  for (const hook of hooks) {
    if (signal.aborted) return planned;
    const heard = await callHook<CallVerdict>(
      { hook: hook.name, point },
      (own) => hook.beforeTool?.({ ...about, state, signal: own }),
      { signal, timeoutMs: options.hookTimeoutMs },
    );
    if (!heard?.verdict) continue;
    yield { type: 'hook-verdict', hook: hook.name, point, verdict: heard.verdict, call };
    return follow(planned, heard.verdict, conversation);
  }
  return planned;
}

async function follow(planned: PlannedCall, verdict: CallVerdict, conversation: Conversation): Promise<PlannedCall> {
  const { recorder } = conversation;
  const { call, position, step } = planned;
  if ('refuse' in verdict) return { ...planned, step: 'answer', result: notRun(call, verdict.refuse) };
  const result = resultOf(call, verdict.result);
  try {
    // Nothing runs, whatever the tool would do: what the hook gives is the outcome, and is durable before it is told.
    await recorder.startToolCall({ position, call, effect: 'idempotent', again: step === 'run-again' });
  } catch (error) {
    // Another session, forked off at this turn, was faster: its outcome holds.
    if (hasCode(error, 'checkpoint/tool-call-started')) return planned;
    throw error;
  }
  conversation.pass('agent/intent-written');
  await recorder.finishToolCall(position, { result, isStop: false });
  conversation.pass('agent/outcome-written');
  return { ...planned, step: 'answer', result };
}

/** A result that a hook gives, as that of the call. */
export function resultOf(call: ToolCallBlock, given: HookResult): ToolResultBlock {
  if (typeof given === 'string') return textResult(call, given);
  return { ...textResult(call, ''), content: given.content, isError: given.isError ?? false };
}

/** Checked already: it is JSON, or nothing. */
function inputOf({ argumentsText }: ToolCallBlock): JsonValue {
  return argumentsText.trim() === '' ? {} : JSON.parse(argumentsText);
}
