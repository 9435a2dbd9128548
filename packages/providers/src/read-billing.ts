import { anthropicBilling } from './anthropic/decode/billing.ts';
import type { Family } from './message.ts';
import { openaiBilling, readReportedCost } from './openai/billing.ts';
import type { Billing } from './price/billing.ts';

/**
 * What a vendor's usage object says of its bill beside the token counts; empty where it says nothing. `vendor` is a name such as
 * `openrouter`; without it the object's own fields have to tell who speaks.
 */
export function billingFromUsage(
  family: Family,
  rawUsage: unknown,
  { vendor }: { readonly vendor?: string } = {},
): Billing {
  switch (family) {
    case 'anthropic': {
      const cost = readReportedCost(rawUsage, vendor);
      return { ...anthropicBilling(rawUsage), ...(cost === undefined ? {} : { cost }) };
    }
    case 'openai-chat':
    case 'openai-responses':
      return openaiBilling(rawUsage, vendor === undefined ? {} : { vendor });
    default:
      return {};
  }
}
