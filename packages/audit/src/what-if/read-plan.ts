import { AuditError } from '../errors.ts';
import { readScenario, type Scenario, type ScenarioInput } from './scenario.ts';

/**
 * The plan that a text names: parts with commas between, such as `auto,ttl=1h`, `keep-warm=5mx3`, `no-cache` or `model=openai/gpt-5.2`; or a
 * scenario as JSON. Throws `audit/invalid-scenario`.
 */
export function readPlan(text: string): Scenario {
  return readScenario(text.trimStart().startsWith('{') ? parsed(text) : scenarioOf(text));
}

function parsed(text: string): Scenario {
  try {
    // `readScenario` looks at what it is.
    return JSON.parse(text) as Scenario;
  } catch (cause) {
    throw new AuditError('audit/invalid-scenario', `A plan that begins with { is JSON, and this is none.`, { cause });
  }
}

function scenarioOf(text: string): ScenarioInput {
  const parts = text.split(',').map((part) => part.trim());
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
      throw invalid(`'${name}' is no part of a plan; expected a policy, ttl, keep-warm or model.`);
  }
}

function readKeepWarm(value: string): { readonly everyMs: number; readonly atMost?: number } {
  const [, count, unit, times] = /^(\d{1,4}(?:\.\d{1,2})?)([sm])(?:x(\d{1,4}))?$/.exec(value) ?? [];
  if (count === undefined) throw invalid(`'${value}' is no pause; expected one such as 5m, 270s or 5mx3.`);
  const everyMs = Math.round(Number(count) * (unit === 'm' ? 60_000 : 1000));
  return { everyMs, ...(times === undefined ? {} : { atMost: Number(times) }) };
}

function readModel(value: string): { readonly family: string; readonly model: string } {
  const [, family, model] = /^([^/]+)\/(.+)$/.exec(value) ?? [];
  if (family === undefined || model === undefined) {
    throw invalid(`'${value}' is no model; expected FAMILY/NAME, such as anthropic/claude-sonnet-4-5.`);
  }
  return { family, model };
}

function invalid(message: string): AuditError {
  return new AuditError('audit/invalid-scenario', message);
}
