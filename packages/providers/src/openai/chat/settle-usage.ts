/**
 * Counters that disagree, settled.
 *
 * Owns: what a vendor's total proves of its other counters, and which rule said so.
 * Leaves to `decode-usage.ts`: where the counters stand. To `vendors.ts`: what a vendor is known to count differently.
 *
 * G1. A count is right or not reported. It is never negative, and nothing throws.
 * G2. Where the numbers do not settle which count is off, every count they put in doubt is not reported; the raw usage has them all.
 * G3. Each rule that bends or drops a count is a finding, unless the vendor is known to count so.
 */

import { addCounts, type Count, countOrZero, type GrossCount, netOfCache } from '../../token-counts.ts';
import type { ChatVendor } from '../vendors.ts';

export interface UsageCounters {
  readonly prompt: GrossCount | 'not-reported';
  readonly completion: Count;
  readonly total: Count;
  readonly cached: Count;
  readonly written: Count;
  readonly reasoning: Count;
  readonly promptAudio: Count;
}

/**
 * What was odd about a usage object:
 * - `usage/reasoning-added`: its total shows reasoning outside the output; it was added
 * - `usage/audio-outside-prompt`: its total shows audio outside the prompt; it was added
 * - `usage/cache-outside-prompt`: more was read from the cache than the prompt holds, so the prompt was taken as what is beside it
 * - `usage/counted-net`: it has Anthropic's shape, so its input was taken as what is beside the cache
 * - `usage/total-disagrees`: its total is not the sum of its parts; the counts in doubt are not reported
 * - `usage/parts-exceed-prompt`: reads and writes together exceed the prompt; the fresh part is not reported
 * - `usage/reasoning-exceeds-output`: there is more reasoning than output, and no total to settle it; the output is not reported
 * - `usage/two-shapes`: OpenAI's and Anthropic's names are both there and say different things; those counts are not reported
 */
export type UsageFindingCode =
  | 'usage/reasoning-added'
  | 'usage/audio-outside-prompt'
  | 'usage/cache-outside-prompt'
  | 'usage/counted-net'
  | 'usage/total-disagrees'
  | 'usage/parts-exceed-prompt'
  | 'usage/reasoning-exceeds-output'
  | 'usage/two-shapes';

export interface UsageFinding {
  readonly code: UsageFindingCode;
  readonly message: string;
}

export interface SettledCounts {
  readonly fresh: Count;
  readonly output: Count;
  readonly findings: readonly UsageFinding[];
}

/** The fresh and output counts, as far as the vendor's total confirms or corrects the others. */
export function settleUsage(counters: UsageCounters, vendor: ChatVendor): SettledCounts {
  const { prompt, output, finding } = settleTotal(counters, vendor);
  const fresh = settleFresh(prompt, counters);
  return {
    fresh: fresh.count,
    output,
    findings: [finding, fresh.finding].filter((one) => one !== undefined),
  };
}

interface SettledTotal {
  readonly prompt: GrossCount | 'not-reported';
  readonly output: Count;
  readonly finding?: UsageFinding | undefined;
}

function settleTotal(counters: UsageCounters, vendor: ChatVendor): SettledTotal {
  const { prompt, completion, reasoning } = counters;
  if (prompt === 'not-reported' || completion === 'not-reported') return { prompt, output: completion };
  // A total of nothing is a placeholder.
  const total = counters.total === 0 ? 'not-reported' : counters.total;
  if (total === 'not-reported' && vendor.completionLacks === 'reasoning') {
    return { prompt, output: completion + countOrZero(reasoning) };
  }
  const excess = total === 'not-reported' ? 0 : total - prompt.gross - completion;
  if (excess > 0) return settleExcess(excess, counters, vendor);
  // A total may leave the cache out; one that is smaller yet is no sum of these parts.
  const isWithoutCache = excess === -(countOrZero(counters.cached) + countOrZero(counters.written));
  if (excess === 0 || isWithoutCache) return settleOutput(prompt, completion, counters, vendor);
  const finding = totalDisagrees(counters, 'the fresh part and the output');
  return { prompt: 'not-reported', output: 'not-reported', finding };
}

function settleOutput(
  prompt: GrossCount,
  output: number,
  { reasoning }: UsageCounters,
  { estimatesReasoning }: ChatVendor,
): SettledTotal {
  if (reasoning === 'not-reported' || reasoning <= output || estimatesReasoning) return { prompt, output };
  const message = `The vendor reports ${reasoning} reasoning tokens in ${output} of output; the output is not reported.`;
  return { prompt, output: 'not-reported', finding: { code: 'usage/reasoning-exceeds-output', message } };
}

/** `excess`: how much larger the total is than prompt and completion. */
function settleExcess(excess: number, counters: UsageCounters, vendor: ChatVendor): SettledTotal {
  const { prompt, completion, cached, written, reasoning, promptAudio } = counters;
  if (prompt === 'not-reported') return { prompt, output: completion };
  if (excess === reasoning) {
    const finding = vendor.completionLacks === undefined ? reasoningAdded(excess) : undefined;
    return { prompt, output: addCounts(completion, excess), finding };
  }
  if (vendor.completionLacks === 'uncounted-reasoning') return { prompt, output: addCounts(completion, excess) };
  if (excess === countOrZero(cached) + countOrZero(written)) {
    // Either the prompt count leaves the cache out, or the total holds it twice.
    const isSettled = vendor.totalRepeatsCache || countOrZero(cached) > prompt.gross;
    return isSettled
      ? { prompt, output: completion }
      : { prompt: 'not-reported', output: completion, finding: totalDisagrees(counters, 'the fresh part') };
  }
  if (excess === promptAudio) {
    // Mistral keeps audio outside the prompt count (2026-11).
    const message = `The total shows ${excess} audio tokens outside the prompt; they were added to it.`;
    const finding = { code: 'usage/audio-outside-prompt', message } as const;
    return { prompt: { gross: prompt.gross + excess }, output: completion, finding };
  }
  const finding = totalDisagrees(counters, 'the fresh part and the output');
  return { prompt: 'not-reported', output: 'not-reported', finding };
}

/** More cached than prompt: the vendor keeps cached tokens outside the prompt count (Azure's Grok, 2026-11). */
function settleFresh(
  prompt: GrossCount | 'not-reported',
  { cached, written }: UsageCounters,
): { readonly count: Count; readonly finding?: UsageFinding } {
  if (prompt === 'not-reported') return { count: prompt };
  const { gross } = prompt;
  if (countOrZero(cached) > gross) {
    const message = `The vendor read ${cached} tokens from its cache for a prompt of ${gross}; the prompt was taken as what is beside them.`;
    return { count: gross, finding: { code: 'usage/cache-outside-prompt', message } };
  }
  const count = netOfCache(prompt, cached, written);
  if (count !== 'not-reported') return { count };
  const message = `The vendor read ${cached} and wrote ${written} tokens of a prompt of ${gross}; the fresh part is not reported.`;
  return { count, finding: { code: 'usage/parts-exceed-prompt', message } };
}

function reasoningAdded(reasoning: number): UsageFinding {
  const message = `The total shows ${reasoning} reasoning tokens outside the output; they were added to it.`;
  return { code: 'usage/reasoning-added', message };
}

function totalDisagrees({ prompt, completion, total }: UsageCounters, dropped: string): UsageFinding {
  const whole = prompt === 'not-reported' ? prompt : prompt.gross;
  const message = `The vendor's total of ${total} is not its prompt of ${whole} and its completion of ${completion}; not reported: ${dropped}.`;
  return { code: 'usage/total-disagrees', message };
}
