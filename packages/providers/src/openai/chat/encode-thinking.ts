import type { JsonObject } from '../../json.ts';
import type { ModelRequest, ThinkLevel } from '../../request.ts';
import { isAskedEffort, nearestEffort, openaiModelRules } from '../models.ts';
import type { ThinkRule } from '../vendor.ts';
import type { ChatVendor } from '../vendors.ts';

/** Tells that a field of the request was dropped or changed. */
export type Warn = (field: string, outcome: 'ignored' | 'adapted', message: string) => void;

/** How much the model thinks, and the temperature it takes while it does. */
export function encodeThinking(request: ModelRequest, model: string, vendor: ChatVendor, warn: Warn): JsonObject {
  const rule = thinkRule(model, vendor);
  const effort = chooseEffort(request.think, model, rule, warn);
  const thinking = effort === undefined || !rule ? {} : THINK_FIELDS[rule.by](effort, rule);
  return { ...encodeTemperature(request, model, vendor, effort, warn), ...thinking };
}

/** A model without a rule does not think. */
function thinkRule(model: string, vendor: ChatVendor): ThinkRule | undefined {
  if (vendor.think) return vendor.think.find(({ models }) => models.test(model));
  const { efforts, thinksUnasked } = openaiModelRules(model);
  if (efforts.length === 0 && !thinksUnasked) return undefined;
  // Chat Completions refuses `max` of models whose Responses takes it (2026-11).
  return { models: /(?:)/, by: 'reasoning_effort', efforts: efforts.filter((effort) => effort !== 'max') };
}

function chooseEffort(
  think: ThinkLevel | undefined,
  model: string,
  rule: ThinkRule | undefined,
  warn: Warn,
): string | undefined {
  if (think === undefined) return undefined;
  const effort = nearestEffort(think, rule?.efforts ?? []);
  if (effort === undefined) {
    const isMet = think === 'off' && !rule;
    if (!isMet) warn('think', 'ignored', `think is "${think}", and ${model} cannot be told how much to think.`);
  } else if (!isAskedEffort(think, effort)) {
    warn('think', 'adapted', `think is "${think}", and the nearest effort that ${model} takes is "${effort}".`);
  }
  return effort;
}

const THINK_FIELDS: Readonly<Record<ThinkRule['by'], (effort: string, rule: ThinkRule) => JsonObject>> = {
  reasoning_effort: (effort) => ({ reasoning_effort: effort }),
  'reasoning.effort': (effort) => ({ reasoning: { effort } }),
  'reasoning.enabled': (effort) => ({ reasoning: { enabled: effort !== 'none' } }),
  thinking: (effort, { efforts }) => ({
    thinking: { type: effort === 'none' ? 'disabled' : 'enabled' },
    ...(effort === 'none' || efforts.length <= SWITCH_LENGTH ? {} : { reasoning_effort: effort }),
  }),
  enable_thinking: (effort) => ({ enable_thinking: effort !== 'none' }),
  template: (effort) => ({ chat_template_kwargs: { enable_thinking: effort !== 'none' } }),
};

/** Off and on. */
const SWITCH_LENGTH = 2;

function encodeTemperature(
  { temperature, vendorOptions }: ModelRequest,
  model: string,
  vendor: ChatVendor,
  chosenEffort: string | undefined,
  warn: Warn,
): JsonObject {
  if (temperature === undefined) return {};
  const effort = vendorOptions?.['reasoning_effort'] ?? chosenEffort;
  if (takesTemperature(model, vendor, effort)) return { temperature };
  warn('temperature', 'ignored', `temperature is ${temperature}, and ${model} takes none here; it was not sent.`);
  return {};
}

function takesTemperature(model: string, vendor: ChatVendor, effort: unknown): boolean {
  if (vendor.refusesTemperature) return !vendor.refusesTemperature.test(model);
  if (vendor.think) return true;
  const rules = openaiModelRules(model);
  const thinks = effort === undefined ? rules.thinksUnasked : effort !== 'none';
  return rules.temperature === 'always' || (rules.temperature === 'without-thinking' && !thinks);
}
