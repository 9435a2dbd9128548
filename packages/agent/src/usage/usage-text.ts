import { hitRate, promptTokens, type Usage } from './usage.ts';

/**
 * A usage as one line, such as `2 turns: prompt 4,143 tokens (read 2,070, written 2,070), output 12; hit rate 50.0%; $0.00123`. What is only a
 * lower bound, since a vendor left something out, begins with `≥`.
 */
export function usageText(usage: Usage): string {
  const { turns, output, reasoning, searches } = usage;
  const counted = bound(usage.uncountedTurns);
  const cached = bound(usage.silentTurns + usage.uncountedTurns);
  const rate = hitRate(usage);
  const prompt = `prompt ${counted(promptTokens(usage))} tokens (read ${cached(usage.cacheRead)}, written ${cached(usage.cacheWrite)})`;
  return [
    `${plural(turns, 'turn')}: ${prompt}, output ${counted(output)}${reasoning > 0 ? ` (reasoning ${integer(reasoning)})` : ''}`,
    ...(searches > 0 ? [plural(searches, 'search', 'searches')] : []),
    ...(rate === undefined ? [] : [`hit rate ${usage.silentTurns > 0 ? '≥ ' : ''}${(rate * 100).toFixed(1)}%`]),
    costText(usage),
  ].join('; ');
}

/** US dollars, to the last digit there is. */
export function dollarText(picoUsd: bigint): string {
  const digits = (picoUsd < 0n ? -picoUsd : picoUsd).toString().padStart(PICO_DIGITS + 1, '0');
  const fraction = digits.slice(-PICO_DIGITS).replace(/0+$/, '').padEnd(2, '0');
  return `${picoUsd < 0n ? '-' : ''}$${integer(digits.slice(0, -PICO_DIGITS))}.${fraction}`;
}

const PICO_DIGITS = 12;

function costText({ turns, unpricedTurns, picoUsd }: Usage): string {
  if (unpricedTurns === 0) return dollarText(picoUsd);
  const unpriced = `no price for ${plural(unpricedTurns, 'turn')}`;
  return unpricedTurns === turns ? unpriced : `≥ ${dollarText(picoUsd)} (${unpriced})`;
}

function bound(missing: number): (count: number) => string {
  return (count) => `${missing > 0 ? '≥ ' : ''}${integer(count)}`;
}

function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${integer(count)} ${count === 1 ? noun : nouns}`;
}

/** With a comma between thousands, whatever the locale. */
function integer(value: number | string): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
