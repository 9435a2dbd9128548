import type { AuditReport } from '../report/audit-report.ts';
import type { StatementSums } from '../report/statement-sums.ts';
import type { Loss } from '../statement.ts';
import type { Money, TurnStatement } from '../turn-statement.ts';
import { decimalsFor, formatInteger, formatPicoUsd } from './money.ts';
import { printable } from './text.ts';

/** A statement, or sums whose turns are not at hand. */
export type ToldStatement = StatementSums & { readonly turns?: readonly TurnStatement[] };

/** What caching did, in one sentence. A percentage stands in it only if the statement gives one. */
export function verdict(statement: ToldStatement): string {
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
export function notes(statement: ToldStatement): readonly string[] {
  const { turnCount, covered, hitRatio, savedRatio, estimatedTurns, priceChangedTurns } = statement;
  const { wastedWrites, missedReads } = statement;
  const reportedTurns = (statement.turns ?? []).filter(({ reportedBy }) => reportedBy !== undefined).length;
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
    ...lossNote(wastedWrites, 'written to the cache and never read back'),
    ...lossNote(missedReads, 'still in the cache and not read'),
  ];
}

/** Whether there is no figure since all that there was is damaged. */
export function isNothingRead({ sums, leftOut }: Pick<AuditReport, 'leftOut' | 'sums'>): boolean {
  return sums.turnCount === 0 && leftOut.length > 0;
}

/** Which sessions are in no figure, in a sentence; nothing where all are. */
export function leftOutNotes(leftOut: AuditReport['leftOut']): readonly string[] {
  if (leftOut.length === 0) return [];
  const names = leftOut.slice(0, MAX_NAMES).map(({ sessionId }) => printable(sessionId, 60));
  const more = leftOut.length > MAX_NAMES ? `, and ${formatInteger(leftOut.length - MAX_NAMES)} more` : '';
  return [
    `${countOf(leftOut.length, 'damaged session')} ${leftOut.length === 1 ? 'is' : 'are'} left out: ${names.join(', ')}${more}.`,
  ];
}

const MAX_NAMES = 5;

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

/** Losses are parts of what was paid. */
function lossNote({ tokens, missingTurns, picoUsd, unpricedTurns }: Loss, what: string): readonly string[] {
  if (tokens === 0) return [];
  const atLeast = missingTurns > 0 ? 'At least ' : '';
  const dollars =
    picoUsd === 0n && unpricedTurns > 0
      ? 'at an unknown price'
      : `for ${formatPicoUsd(picoUsd, decimalsFor([picoUsd]))}`;
  return [
    `${atLeast}${countOf(tokens, 'token')} ${tokens === 1 ? 'was' : 'were'} ${what}, ${dollars}${unpricedTurns > 0 && picoUsd !== 0n ? ' or more' : ''}.`,
  ];
}

function besideNote(besidePicoUsd: bigint): string {
  const dollars = formatPicoUsd(besidePicoUsd, decimalsFor([besidePicoUsd]));
  return `Paid and baseline hold ${dollars} beside the list price of the counted tokens, such as compaction or an advisor.`;
}

/** Why turns are not covered. */
function gaps(statement: ToldStatement): string {
  const { turns, silentTurns, unpricedTurns, turnCount, covered } = statement;
  if (!turns) {
    const told = [
      ...(unpricedTurns > 0 ? [`the price of ${countOf(unpricedTurns, 'turn')} is unknown`] : []),
      ...(silentTurns > 0 ? [`${countOf(silentTurns, 'turn')} reported no cache counters`] : []),
    ];
    return told.length > 0 ? told.join('; ') : `${countOf(turnCount - covered.turnCount, 'turn')} cannot be told`;
  }
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

/** A number of things, such as `1 turn`. */
export function countOf(count: number, noun: string): string {
  return `${formatInteger(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Whole percents; what is neither nothing nor all never shows as such. */
export function formatPercent(ratio: number): string {
  if (ratio > 0 && ratio < 0.005) return '<1 %';
  if (ratio < 1 && ratio >= 0.995) return '>99 %';
  return `${Math.round(ratio * 100)} %`;
}
