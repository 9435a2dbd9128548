import { asObject } from '../json.ts';
import { type Billing, picoUsdOf, type ReportedCost } from '../price/billing.ts';
import { readCount } from '../token-counts.ts';

type Reported = Readonly<Record<string, unknown>>;

/** How one host reports what it charges for a response. */
interface CostReport {
  readonly vendor: string;
  /** Whether a usage object can only be this host's. */
  isOwn(usage: Reported): boolean;
  /** In picoUsd; `undefined` where what it reports is not the bill. */
  read(usage: Reported): bigint | undefined;
  readonly source: string;
}

/** 10¹⁰ ticks are a dollar (docs.x.ai, "Cost Tracking", November 2026). */
const PICO_USD_PER_TICK = 100n;

/** The hosts whose own figure is the bill, as seen in November 2026. The first match wins. */
const COST_REPORTS: readonly CostReport[] = [
  {
    vendor: 'xai',
    // Azure's Grok sends the field as well, always 0: what it charges is Azure's matter.
    isOwn: ({ cost_in_usd_ticks: ticks }) => typeof ticks === 'number' && ticks > 0,
    read: ({ cost_in_usd_ticks }) => {
      const ticks = readCount(cost_in_usd_ticks);
      return ticks === 'not-reported' ? undefined : BigInt(ticks) * PICO_USD_PER_TICK;
    },
    source: 'xAI: usage.cost_in_usd_ticks',
  },
  {
    vendor: 'vercel-gateway',
    isOwn: (usage) => 'market_cost' in usage,
    // With a key of the caller's own, the model's vendor sends a bill that the gateway does not see.
    read: ({ cost, is_byok }) => (is_byok === true ? undefined : picoUsdOf(cost)),
    source: 'Vercel AI Gateway: usage.cost',
  },
  {
    vendor: 'openrouter',
    isOwn: (usage) => 'is_byok' in usage || 'upstream_inference_cost' in (asObject(usage['cost_details']) ?? {}),
    read: readOpenRouterCost,
    source: 'OpenRouter: usage.cost',
  },
  {
    vendor: 'perplexity',
    isOwn: ({ cost }) => asObject(cost)?.['total_cost'] !== undefined,
    read: ({ cost }) => picoUsdOf(asObject(cost)?.['total_cost']),
    source: 'Perplexity: usage.cost.total_cost',
  },
];

/**
 * What a usage object of OpenAI's formats says of its bill beside its counts. `vendor` is a name such as `xai`; without it the object's
 * own fields have to tell. A `cost` of a host that nobody described is not taken for its bill.
 */
export function openaiBilling(usage: unknown, { vendor }: { readonly vendor?: string } = {}): Billing {
  const reported = asObject(usage) ?? {};
  const cost = readReportedCost(reported, vendor);
  const { service_tier: serviceTier } = reported;
  return {
    ...(cost === undefined ? {} : { cost }),
    ...(typeof serviceTier === 'string' && serviceTier !== '' ? { serviceTier } : {}),
  };
}

/** The price class that a response names beside its usage. `auto` is what was asked for: a response that has begun may still say so. */
export function readServiceTier({ service_tier: tier }: Reported): string | undefined {
  return typeof tier === 'string' && tier !== '' && tier !== 'auto' ? tier : undefined;
}

/** The vendor's own figure for a response, where it gives one that is its bill. Gateways give it with every format they serve. */
export function readReportedCost(usage: unknown, vendor: string | undefined): ReportedCost | undefined {
  const reported = asObject(usage) ?? {};
  const isKnown = vendor !== undefined && vendor !== 'unknown';
  const report = COST_REPORTS.find((one) => (isKnown ? one.vendor === vendor : one.isOwn(reported)));
  const picoUsd = report?.read(reported);
  return report === undefined || picoUsd === undefined ? undefined : { picoUsd, source: report.source };
}

/** With a key of the caller's own, `cost` is OpenRouter's fee alone, and the upstream vendor's charge comes on top (2026-10). */
function readOpenRouterCost({ cost, is_byok, cost_details }: Reported): bigint | undefined {
  const charged = picoUsdOf(cost);
  if (is_byok !== true || charged === undefined) return charged;
  const upstream = picoUsdOf(asObject(cost_details)?.['upstream_inference_cost']);
  return upstream === undefined ? undefined : charged + upstream;
}
