import type { WhatIfBody, WhatIfRowBody } from '@reprise/service/client';
import { moneyText, percentText, tokenText, turnsText } from '../../../data/format.ts';

/** A plan as it is shown beside the others. */
export interface PlanRow {
  readonly key: string;
  readonly name: string;
  /** What it does, in words. */
  readonly meaning: string;
  readonly cost: string;
  /** What it would have cost beyond the plan in use, such as `+$0.10`; of the plan in use nothing. */
  readonly difference: string;
  readonly differenceShare: string;
  /** Whether it would have cost less than the plan in use, more, or as much; `unknown` without a price. */
  readonly verdict: 'less' | 'more' | 'same' | 'unknown';
  /** Its cost as a share of the dearest plan's, from 0 to 1. */
  readonly share: number;
  readonly isInUse: boolean;
  /** Whether the advice is to use it. */
  readonly isAdvised: boolean;
  readonly notes: readonly string[];
}

/** All plans, the cheapest first; of equals the plan in use, then the order of the service. Unknown prices come last. */
export function planRows(table: WhatIfBody): readonly PlanRow[] {
  const { recorded, noCache, rows, advice, replayedTurns } = table;
  const others = rows.some(({ scenario }) => scenario['cache'] === false) ? rows : [...rows, noCache];
  const all = [recorded, ...others].toSorted((one, other) => compare(costOf(one), costOf(other)));
  const most = all.reduce((dearest, { paidPicoUsd }) => max(dearest, BigInt(paidPicoUsd ?? 0)), 0n);
  const advised = advice.verdict === 'switch' ? advice.best : advice.verdict === 'stay' ? recorded.name : null;
  return all.map((row, index): PlanRow => {
    const isInUse = row === recorded;
    return {
      key: `${index} ${row.name}`,
      name: isInUse ? 'as it was' : row.name,
      meaning: isInUse ? 'what was done, replayed' : planMeaning(row),
      cost: costText(row),
      ...differenceOf(row, recorded),
      share: most === 0n ? 0 : Number((BigInt(row.paidPicoUsd ?? 0) * 1000n) / most) / 1000,
      isInUse,
      isAdvised: row.name === advised,
      notes: notesOf(row, isInUse ? 0 : replayedTurns),
    };
  });
}

function compare(one: bigint | undefined, other: bigint | undefined): number {
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
  return one < other ? -1 : Number(one > other);
}

function costOf({ paidPicoUsd }: WhatIfRowBody): bigint | undefined {
  return paidPicoUsd === null ? undefined : BigInt(paidPicoUsd);
}

function max(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

function costText({ paidPicoUsd, unpricedTurns, isEstimated }: WhatIfRowBody): string {
  const mark = paidPicoUsd === null ? '' : unpricedTurns > 0 ? '≥ ' : isEstimated ? '≈ ' : '';
  return mark + moneyText(paidPicoUsd);
}

function differenceOf(
  { differencePicoUsd }: WhatIfRowBody,
  recorded: WhatIfRowBody,
): Pick<PlanRow, 'difference' | 'differenceShare' | 'verdict'> {
  if (differencePicoUsd === null) return { difference: 'not known', differenceShare: '–', verdict: 'unknown' };
  const difference = BigInt(differencePicoUsd);
  if (difference === 0n) return { difference: 'no difference', differenceShare: '–', verdict: 'same' };
  const sign = difference > 0n ? '+' : '';
  const paid = BigInt(recorded.paidPicoUsd ?? 0);
  const share = paid === 0n ? undefined : Number((difference * 100_000n) / paid) / 100_000;
  return {
    difference: sign + moneyText(differencePicoUsd),
    differenceShare: share === undefined ? '–' : sign + percentText(share),
    verdict: difference > 0n ? 'more' : 'less',
  };
}

function notesOf(
  { refreshes, unaffectedTurns, unpricedTurns, isEstimated }: WhatIfRowBody,
  replayed: number,
): string[] {
  return [
    ...(replayed > 0 && unaffectedTurns === replayed ? ['its vendor takes no such plan: nothing changes'] : []),
    ...(refreshes.count > 0 ? [`${tokenText(refreshes.count)} refreshes, ${moneyText(refreshes.picoUsd)} of it`] : []),
    ...(unpricedTurns > 0 ? [`${turnsText(unpricedTurns)} without a known price`] : []),
    ...(isEstimated ? ['estimated'] : []),
  ];
}

const POLICIES: Readonly<Record<string, string>> = {
  auto: 'marks the stable part and the end of each request',
  none: 'marks nothing',
  automatic: 'lets the vendor mark the end',
  system_and_tools: 'keeps the tools and the system prompt alone',
  tools_only: 'keeps the tools alone',
  last_user_message: 'marks the last user message',
  last_2_user_messages: 'marks the last two user messages',
  last_3_user_messages: 'marks the last three user messages',
};

function planMeaning({ scenario }: WhatIfRowBody): string {
  const { cache, policy, ttl, keepWarm } = scenario;
  if (cache === false) return 'every prompt token is paid as fresh';
  return [
    ...(typeof policy === 'string' ? [POLICIES[policy] ?? ''] : policy ? ['marks the places that are named'] : []),
    ...(ttl ? [`what is marked is kept for ${ttl}`] : []),
    ...(keepWarm ? ['pauses are bridged by sending the last request again'] : []),
  ]
    .filter((words) => words !== '')
    .join('; ');
}

/** The advice in words, a sentence or two. */
export function adviceText({ advice, turnCount, recorded }: WhatIfBody): string {
  const { verdict, best, runnerUp, savesPicoUsd, marginPicoUsd, residualPicoUsd } = advice;
  const saves = moneyText(savesPicoUsd);
  const next = runnerUp && marginPicoUsd ? ` Next best: ${runnerUp}, ${moneyText(marginPicoUsd)} dearer.` : '';
  switch (verdict) {
    case 'switch': {
      const paid = BigInt(recorded.paidPicoUsd ?? 0);
      const share = paid === 0n ? '' : ` (${percentText(Number((BigInt(savesPicoUsd) * 1000n) / paid) / 1000)})`;
      return `Use “${best}”: it would have cost ${saves}${share} less over ${turnsText(turnCount)}, and the replay may be wrong by ${moneyText(residualPicoUsd)}.${next}`;
    }
    case 'stay':
      return `Stay with what was done: none of these plans would have cost less.${next}`;
    case 'too-close':
      return `Too close to tell: “${best}” would have cost ${saves} less, but the replay may be wrong by ${moneyText(residualPicoUsd)}.`;
    case 'unknown':
      return 'No advice: no price is known, or no turn could be replayed and compared with what was reported.';
  }
}

/** How far the comparison can be trusted, and what it takes for granted: a sentence each. `selectedTurns` are those of the statement. */
export function planTerms(
  { residual, sessions, turnCount, assumptions }: WhatIfBody,
  selectedTurns: number,
): readonly string[] {
  const left = selectedTurns - turnCount;
  return [
    residualText(residual),
    ...(sessions.replayed < sessions.selected
      ? [
          `Replayed are ${tokenText(sessions.replayed)} of ${tokenText(sessions.selected)} sessions: those that were used last.`,
        ]
      : []),
    ...(left > 0
      ? [
          `${turnsText(left)} of the statement ${left === 1 ? 'is' : 'are'} in no plan: of sessions that are not replayed, or left by a rewind.`,
        ]
      : []),
    'Of sessions that go on beyond the selection all turns are replayed, and those of the selection are added up.',
    ...assumptions,
  ];
}

function residualText({ checkedTurns, turns, absolute }: WhatIfBody['residual']): string {
  if (checkedTurns === 0) return 'The replay could not be compared with what was reported.';
  if (turns.length === 0) return `Replayed, what was done costs what was reported, for ${turnsText(checkedTurns)}.`;
  return `Replayed, what was done differs from what was reported in ${turns.length} of ${turnsText(checkedTurns)}, by ${moneyText(absolute.picoUsd)} altogether.`;
}
