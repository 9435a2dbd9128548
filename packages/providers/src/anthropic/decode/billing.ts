import { asObject } from '../../json.ts';
import type { Billing } from '../../price/billing.ts';
import { hasInferredLifetimes, readIterations, tokensFromAnthropic } from './decode-usage.ts';

/** What an Anthropic usage object says of its bill beside the counts of its top level. */
export function anthropicBilling(usage: unknown): Billing {
  const reported = asObject(usage) ?? {};
  const iterations = readIterations(reported).map(({ kind, model, usage: counters, isInTopLevel }) => ({
    kind,
    ...(model === undefined ? {} : { model }),
    tokens: tokensFromAnthropic(counters),
    isInTokens: isInTopLevel,
  }));
  return {
    ...(iterations.length === 0 ? {} : { iterations }),
    ...(hasInferredLifetimes(reported) ? { hasInferredLifetimes: true } : {}),
    ...term('serviceTier', reported['service_tier']),
    ...term('speed', reported['speed']),
    ...term('inferenceGeo', reported['inference_geo']),
  };
}

function term(name: 'serviceTier' | 'speed' | 'inferenceGeo', value: unknown): Billing {
  return typeof value === 'string' && value !== '' ? { [name]: value } : {};
}
