import { InvalidArgumentError } from 'commander';
import { CANDIDATES } from '../what-if/advise.ts';
import { readScenario, type Scenario, type ScenarioInput } from '../what-if/scenario.ts';

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
    return [readScenario(value.trimStart().startsWith('{') ? JSON.parse(value) : scenarioOf(value))];
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function scenarioOf(value: string): ScenarioInput {
  const parts = value.split(',').map((part) => part.trim());
  // `readScenario` refuses what is no policy and no lifetime.
  return Object.assign({}, ...parts.map(readPart)) as Scenario;
}

function readPart(part: string): Readonly<Record<string, unknown>> {
  const [name = '', value] = part.split(/=(.*)/s, 2);
  if (value === undefined) return part === 'no-cache' ? { cache: false } : { policy: part };
  switch (name) {
    case 'policy':
    case 'ttl':
      return { [name]: value };
    case 'keep-warm':
      return { keepWarm: readKeepWarm(value) };
    case 'model':
      return { model: readModel(value) };
    default:
      throw new InvalidArgumentError(`'${name}' is no part of a plan; expected a policy, ttl, keep-warm or model.`);
  }
}

function readKeepWarm(value: string): { readonly everyMs: number; readonly atMost?: number } {
  const [, count, unit, times] = /^(\d{1,4}(?:\.\d{1,2})?)([sm])(?:x(\d{1,4}))?$/.exec(value) ?? [];
  if (count === undefined)
    throw new InvalidArgumentError(`'${value}' is no pause; expected one such as 5m, 270s or 5mx3.`);
  const everyMs = Math.round(Number(count) * (unit === 'm' ? 60_000 : 1000));
  return { everyMs, ...(times === undefined ? {} : { atMost: Number(times) }) };
}

function readModel(value: string): { readonly family: string; readonly model: string } {
  const [, family, model] = /^([^/]+)\/(.+)$/.exec(value) ?? [];
  if (family === undefined || model === undefined) {
    throw new InvalidArgumentError(
      `'${value}' is no model; expected FAMILY/NAME, such as anthropic/claude-sonnet-4-5.`,
    );
  }
  return { family, model };
}
