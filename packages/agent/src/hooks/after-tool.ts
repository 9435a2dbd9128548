import type { ToolCallBlock, ToolResultBlock } from '@reprise/providers';
import type { AgentState } from '../state.ts';
import { errorResult } from '../tools/tool-result.ts';
import { resultOf } from './before-tools.ts';
import { callHook, type Heard } from './call-hook.ts';
import type { HookVerdictEvent, ResultVerdict } from './hook.ts';
import type { HookSettings } from './hook-options.ts';

/** A tool's result after all hooks have looked at it. */
export interface HeardResult {
  readonly result: ToolResultBlock;
  readonly verdicts: readonly HookVerdictEvent[];
  /** Why the run ends, once the result is durable: an `agent/hook-failed`. */
  readonly failure?: Error;
}

export interface AfterToolOptions extends HookSettings {
  readonly state: AgentState;
  readonly signal: AbortSignal;
}

/** A call that has run. */
export interface RanCall {
  readonly call: ToolCallBlock;
  readonly result: ToolResultBlock;
  readonly durationMs: number;
}

/**
 * Shows each hook a result that is not durable yet. Never rejects: that the tool has run must be noted in any case. A result that a hook
 * could not look at is withheld, since it may have been about to take something out.
 */
export async function askAfterTool(ran: RanCall, options: AfterToolOptions): Promise<HeardResult> {
  const { call } = ran;
  const verdicts: HookVerdictEvent[] = [];
  let { result } = ran;
  const point = 'afterTool';
  for (const hook of options.hooks) {
    if (!hook.afterTool) continue;
    let heard: Heard<ResultVerdict> | undefined;
    try {
      const { state, signal, hookTimeoutMs: timeoutMs } = options;
      const about = { ...ran, result, state };
      const ask = (own: AbortSignal) => hook.afterTool?.({ ...about, signal: own });
      heard = await callHook<ResultVerdict>({ hook: hook.name, point }, ask, { signal, timeoutMs });
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      return { result: withheld(call, `hook ${hook.name} failed to look at it.`), verdicts, failure };
    }
    if (!heard) {
      const why = `the run was aborted before hook ${hook.name} had looked at it.`;
      return { result: withheld(call, why), verdicts };
    }
    const { verdict } = heard;
    if (!verdict) continue;
    verdicts.push({ type: 'hook-verdict', hook: hook.name, point, verdict, call });
    result = resultOf(call, verdict.result);
  }
  return { result, verdicts };
}

function withheld(call: ToolCallBlock, why: string): ToolResultBlock {
  return errorResult(call, `The tool was run, and its result is withheld: ${why}`);
}
