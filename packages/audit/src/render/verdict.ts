import type { CacheStatement, Money } from '../statement.ts';
import { decimalsFor, formatInteger, formatPicoUsd } from './money.ts';
import { printable } from './text.ts';

/** What caching did, in one sentence. A percentage stands in it only if the statement gives one. */
export function verdict(statement: CacheStatement): string {
  const { turnCount, covered, hitRatio } = statement;
  if (turnCount === 0) return 'No turns yet: nothing was paid and nothing was saved.';
  if (covered.turnCount === 0) {
    return `What prompt caching saved over ${countOf(turnCount, 'turn')} is unknown: ${gaps(statement)}.`;
  }
  const scope =
    covered.turnCount === turnCount
      ? `over ${countOf(turnCount, 'turn')}`
      : `on the ${formatInteger(covered.turnCount)} of ${countOf(turnCount, 'turn')} that are covered (${gaps(statement)})`;
  const reads = hitRatio === undefined ? '' : `; ${formatPercent(hitRatio)} of prompt tokens were read from cache`;
  return `${saving(covered.money, statement.savedRatio)} ${scope}${reads}.`;
}

/** What a reader should know of the figures, a sentence each. */
export function notes(statement: CacheStatement): readonly string[] {
  const { turnCount, covered, hitRatio, savedRatio, estimatedTurns, priceChangedTurns } = statement;
  const reportedTurns = statement.turns.filter(({ reportedBy }) => reportedBy !== undefined).length;
  const besidePicoUsd = statement.money?.besidePicoUsd ?? 0n;
  const isRefused = covered.turnCount > 0 && covered.turnCount < turnCount && (hitRatio ?? savedRatio) === undefined;
  return [
    ...(isRefused ? ['No percentage is given, because it would leave turns out.'] : []),
    ...(estimatedTurns > 0 ? [`The price of ${countOf(estimatedTurns, 'turn')} is estimated.`] : []),
    ...(reportedTurns > 0 ? [`What ${countOf(reportedTurns, 'turn')} paid is the vendor's own figure.`] : []),
    ...(besidePicoUsd === 0n ? [] : [besideNote(besidePicoUsd)]),
    ...(priceChangedTurns > 0
      ? [`The cost recorded with ${countOf(priceChangedTurns, 'turn')} differs from the price list used here.`]
      : []),
  ];
}

function saving({ savedPicoUsd, baselinePicoUsd, paidPicoUsd }: Money, savedRatio: number | undefined): string {
  const decimals = decimalsFor([baselinePicoUsd]);
  const dollars = (picoUsd: bigint) => formatPicoUsd(picoUsd, decimals);
  const percent = savedRatio === undefined ? '' : ` (${formatPercent(Math.abs(savedRatio))})`;
  if (savedPicoUsd === 0n) return `Prompt caching saved nothing of ${dollars(paidPicoUsd)}`;
  if (savedPicoUsd > 0n)
    return `Prompt caching saved ${dollars(savedPicoUsd)} of ${dollars(baselinePicoUsd)}${percent}`;
  const instead = `${dollars(paidPicoUsd)} instead of ${dollars(baselinePicoUsd)}${percent}`;
  return `Prompt caching cost ${dollars(-savedPicoUsd)} more than no caching, ${instead},`;
}

function besideNote(besidePicoUsd: bigint): string {
  const dollars = formatPicoUsd(besidePicoUsd, decimalsFor([besidePicoUsd]));
  return `Paid and baseline hold ${dollars} beside the list price of the counted tokens, such as compaction or an advisor.`;
}

/** Why turns are not covered. */
function gaps({ turns, silentTurns, unpricedTurns }: CacheStatement): string {
  const unpriced = turns.filter((turn) => turn.money === undefined);
  const models = [...new Set(unpriced.map((turn) => printable(turn.model, 40)))];
  const unlisted = turns.filter(
    ({ money, tokens, savingStatus }) =>
      money !== undefined && tokens.cacheRead !== 'not-reported' && savingStatus === 'unknown',
  ).length;
  const unreported = turns.filter(({ tokens }) => tokens.cacheRead === 'not-reported').length;
  return [
    ...(unpricedTurns > 0 ? [`the price of ${countOf(unpricedTurns, 'turn')} of ${models.join(', ')} is unknown`] : []),
    ...(silentTurns > 0 ? [`${countOf(silentTurns, 'turn')} reported no cache counters`] : []),
    ...(unlisted > 0 ? [`the list price of ${countOf(unlisted, 'turn')} is unknown`] : []),
    ...(unreported > silentTurns ? [`${countOf(unreported - silentTurns, 'turn')} reported no cache reads`] : []),
  ].join('; ');
}

function countOf(count: number, noun: string): string {
  return `${formatInteger(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Whole percents; what is neither nothing nor all never shows as such. */
function formatPercent(ratio: number): string {
  if (ratio > 0 && ratio < 0.005) return '<1 %';
  if (ratio < 1 && ratio >= 0.995) return '>99 %';
  return `${Math.round(ratio * 100)} %`;
}
