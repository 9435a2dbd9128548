import type { TokenCounts } from '../token-counts.ts';

/**
 * What a response says of its bill beside its token counts.
 *
 * Owns: the words for it, and dollars → money.
 * Leaves to `read-billing.ts`: reading it. To `price.ts`: what it comes to.
 */
export interface Billing {
  /** The runs of a model within the response, where the vendor counts each; in its order. */
  readonly iterations?: readonly BilledIteration[];
  /** The counts by lifetime are partly a conclusion: the vendor's own split does not add up to its total. */
  readonly hasInferredLifetimes?: boolean;
  /** What the vendor says it charges for the whole response. */
  readonly cost?: ReportedCost;
  /** In the vendor's words, such as `standard` or `batch`. */
  readonly serviceTier?: string;
  /** In the vendor's words, such as `fast`. */
  readonly speed?: string;
  /** Where the model ran, in the vendor's words. */
  readonly inferenceGeo?: string;
}

/** One run of a model within a response. */
export interface BilledIteration {
  /** In the vendor's words, such as `message`, `compaction` or `advisor_message`. */
  readonly kind: string;
  /** The model that ran, where it is not told to be the response's own. */
  readonly model?: string;
  readonly tokens: TokenCounts;
  /** Whether the response's own counts hold these. */
  readonly isInTokens: boolean;
}

export interface ReportedCost {
  readonly picoUsd: bigint;
  /** Where the vendor says so, such as `OpenRouter: usage.cost`. */
  readonly source: string;
}

const PICO_DIGITS = 12;

/**
 * A wire's dollars as whole picoUsd, by the shortest decimal that means the number; what is finer is rounded, half up. `undefined` for
 * anything but a finite number of at least 0.
 */
export function picoUsdOf(dollars: unknown): bigint | undefined {
  if (typeof dollars !== 'number' || !Number.isFinite(dollars) || dollars < 0) return undefined;
  const [digits = '', exponent = '0'] = String(dollars).split('e');
  const [whole = '', fraction = ''] = digits.split('.');
  const shift = PICO_DIGITS + Number(exponent) - fraction.length;
  const units = BigInt(whole + fraction);
  if (shift >= 0) return units * 10n ** BigInt(shift);
  const scale = 10n ** BigInt(-shift);
  return (units + scale / 2n) / scale;
}
