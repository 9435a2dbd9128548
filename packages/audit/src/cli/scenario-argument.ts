import { InvalidArgumentError } from 'commander';
import { CANDIDATES } from '../what-if/advise.ts';
import { readPlan } from '../what-if/read-plan.ts';
import type { Scenario } from '../what-if/scenario.ts';

/** How a plan is named on the command line, for help. */
export const PLAN_HELP = `
Plans for --what-if, parts separated by commas:
  auto, none, automatic, system_and_tools, tools_only, last_2_user_messages, …   a policy
  ttl=1h                     every marked prefix kept for 5m, 30m, 1h or 12h
  keep-warm=5m, keep-warm=5mx3   each pause bridged by refreshes, three at most
  model=FAMILY/NAME          another model, such as model=anthropic/claude-sonnet-4-5
  no-cache                   every prompt token fresh
  all                        everything that --advise compares
  {"policy": …}              a scenario as JSON`;

/** The plans that an argument names. Throws commander's `InvalidArgumentError`. */
export function readPlans(value: string): readonly Scenario[] {
  if (value === 'all') return CANDIDATES;
  try {
    return [readPlan(value)];
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
