import type { ToolCallBlock } from '@reprise/providers';
import { errorResult, type ToolResults } from '../run-tool-calls.ts';
import type { Tool } from '../tool.ts';

/** What to do with calls that a crash left without a result. */
export interface RepairPlan {
  readonly runAgain: readonly ToolCallBlock[];
  /** Results for the calls that must not run again, telling the model so. */
  readonly knownResults: ToolResults;
}

const OUTCOME_UNKNOWN =
  'Outcome unknown: the process stopped while this tool may have been running, and it was not run again. Check what it did before going on.';

/** Pure and idempotent tools run again; any other may have done its work already, and never runs twice unasked. */
export function planRepair(calls: readonly ToolCallBlock[], tools: readonly Tool[]): RepairPlan {
  const harmful = new Set(tools.filter(({ effect }) => effect === 'effect').map(({ definition }) => definition.name));
  return {
    runAgain: calls.filter((call) => !harmful.has(call.name)),
    knownResults: new Map(
      calls.filter((call) => harmful.has(call.name)).map((call) => [call, errorResult(call, OUTCOME_UNKNOWN)]),
    ),
  };
}
