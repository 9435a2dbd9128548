/**
 * How much a model is asked to think, and how long its answer may be: thoughts count toward `max_tokens`.
 *
 * Owns: the fields `thinking`, `output_config.effort` and `max_tokens`.
 * Leaves to `models.ts`: what each model takes.
 *
 * T1. What a model cannot do is adapted with a warning that names what was asked and what was sent.
 * T2. A budget is at least 1 024 tokens and below `max_tokens`; where that allows, as much is left for the answer.
 * T3. A cap that nobody asked for is never above the model's own, and leaves room for thoughts beside the answer.
 */

import { refuseRequest } from '../../check-request.ts';
import type { JsonObject } from '../../json.ts';
import type { ModelRequest, ThinkLevel } from '../../request.ts';
import type { WarningEvent } from '../../stream-event.ts';
import type { AnthropicModelRules, Effort } from '../models.ts';
import { adapted, ignored } from '../request-warnings.ts';

export interface PlannedThinking {
  readonly thinking?: JsonObject;
  readonly effort?: Effort;
  readonly maxTokens: number;
  readonly warnings: readonly WarningEvent[];
}

type Planned = Omit<PlannedThinking, 'maxTokens'>;
type Asked = Exclude<ThinkLevel, 'off'>;

// The API demands a cap. This one leaves a long answer room on every model sold since 2025.
const ANSWER_TOKENS = 16_000;
const SMALLEST_BUDGET = 1024;

/** Tokens for thoughts by level: as a budget where the model takes one, else as room under `max_tokens`. */
const BUDGETS: Readonly<Record<Asked, number>> = { low: 2048, medium: 8192, high: 16_384, max: 32_000 };

/** Throws `provider/invalid-request` if `maxTokens` leaves no room for the smallest budget. */
export function planThinking(request: ModelRequest, model: string, rules: AnthropicModelRules): PlannedThinking {
  const cap = capTokens(request, model, rules);
  const planned = planLevel(request, cap.maxTokens, model, rules);
  return { ...planned, maxTokens: cap.maxTokens, warnings: [...cap.warnings, ...planned.warnings] };
}

function capTokens(
  { maxTokens, think }: ModelRequest,
  model: string,
  { maxOutputTokens = Number.POSITIVE_INFINITY, thinking }: AnthropicModelRules,
): Pick<PlannedThinking, 'maxTokens' | 'warnings'> {
  if (maxTokens === undefined) {
    const thoughts = think === undefined || think === 'off' || thinking.length === 0 ? 0 : BUDGETS[think];
    return { maxTokens: Math.min(ANSWER_TOKENS + thoughts, maxOutputTokens), warnings: [] };
  }
  if (maxTokens <= maxOutputTokens) return { maxTokens, warnings: [] };
  const message = `maxTokens is ${maxTokens}; ${model} writes ${maxOutputTokens} at most, and that was sent.`;
  return { maxTokens: maxOutputTokens, warnings: [adapted('maxTokens', message)] };
}

function planLevel(request: ModelRequest, maxTokens: number, model: string, rules: AnthropicModelRules): Planned {
  const { think } = request;
  if (think === undefined) return { warnings: [] };
  if (rules.thinking.length === 0) return planWithout(think, model);
  if (think === 'off') return planOff(model, rules);
  if (rules.thinking.includes('adaptive')) return planAdaptive(think, rules);
  if (request.maxTokens !== undefined) return planBudget(think, maxTokens, model);
  // Under a cap of our own, which leaves room for both, nothing the caller said is cut short.
  const { maxOutputTokens = Number.POSITIVE_INFINITY } = rules;
  return { ...planBudget(think, maxOutputTokens, model), warnings: [] };
}

function planWithout(think: ThinkLevel, model: string): Planned {
  if (think === 'off') return { warnings: [] };
  return { warnings: [ignored('think', `think is '${think}', but ${model} does not think; it was not asked to.`)] };
}

function planOff(model: string, { thinking, efforts }: AnthropicModelRules): Planned {
  if (thinking.includes('disabled')) return { thinking: { type: 'disabled' }, warnings: [] };
  if (thinking.includes('between_tools')) {
    const message = `think is 'off', but ${model} can only be asked to think between its tool calls alone; that was sent.`;
    return { thinking: { type: 'between_tools' }, warnings: [adapted('think', message)] };
  }
  const [effort = 'low'] = efforts;
  const message = `think is 'off', but ${model} always thinks; effort '${effort}' was sent instead.`;
  return { effort, warnings: [adapted('think', message)] };
}

/** A caller who says how much to think is shown the thoughts, which newer models keep to themselves unless asked. */
function planAdaptive(think: Asked, { hidesThoughts }: AnthropicModelRules): Planned {
  // Every model that decides for itself how long to think takes these four efforts.
  return {
    thinking: { type: 'adaptive', ...(hidesThoughts ? { display: 'summarized' } : {}) },
    effort: think,
    warnings: [],
  };
}

function planBudget(think: Asked, maxTokens: number, model: string): Planned {
  if (maxTokens <= SMALLEST_BUDGET) {
    refuseRequest(
      `maxTokens is ${maxTokens}, and think is '${think}': ${model} thinks ${SMALLEST_BUDGET} tokens or more, and they count toward maxTokens. Raise maxTokens, or leave think out.`,
    );
  }
  const budget = Math.min(BUDGETS[think], Math.max(SMALLEST_BUDGET, Math.floor(maxTokens / 2)));
  const message = `think is '${think}', ${BUDGETS[think]} tokens; under maxTokens ${maxTokens} there is room for ${budget}.`;
  return {
    thinking: { type: 'enabled', budget_tokens: budget },
    warnings: budget === BUDGETS[think] ? [] : [adapted('think', message)],
  };
}
