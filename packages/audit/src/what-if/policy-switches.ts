import { isDeepStrictEqual } from 'node:util';
import { type CachePolicy, priceTurn } from '@reprise/providers';
import type { RecordedTurn } from '../replay/recorded-turns.ts';
import { createLane } from './lane.ts';
import { surveyTurns } from './survey.ts';
import { turnFacts } from './turn-facts.ts';
import type { WhatIfOptions } from './what-if.ts';

/** A turn that was asked with another cache policy than the one before it on its branch. */
export interface PolicySwitch {
  /** Counted from 1, among all turns. */
  readonly number: number;
  readonly id: string;
  readonly from: CachePolicy;
  readonly to: CachePolicy;
  /** What that turn cost beyond what it would have with the policy kept, negative for less; `undefined` without a known price. */
  readonly turnPicoUsd: bigint | undefined;
  /** The same of that turn and all that follow it on its branch up to the next switch. */
  readonly totalPicoUsd: bigint | undefined;
}

/** Every change of policy within a branch, and what it cost. A turn that named no policy asked for `auto`. See `whatIf` for `turns`. */
export function policySwitches(
  turns: Iterable<RecordedTurn>,
  { price = priceTurn }: WhatIfOptions = {},
): readonly PolicySwitch[] {
  const switches = findSwitches(turns);
  if (switches.length === 0) return [];
  const survey = surveyTurns(turns);
  const recorded = createLane({}, { survey, price });
  const kept = switches.map((found) => ({
    found,
    sums: { turn: 0n, total: 0n, isKnown: true },
    lane: createLane(
      {},
      { survey, price, planOf: ({ turn, number }) => (holds(found, turn, number) ? { policy: found.from } : {}) },
    ),
  }));
  let number = 0;
  for (const turn of turns) {
    number += 1;
    const facts = turnFacts(turn, number, { survey, price });
    const actual = recorded.take(facts).paidPicoUsd;
    for (const { found, sums, lane } of kept) {
      const stayed = lane.take(facts).paidPicoUsd;
      if (!holds(found, turn, number)) continue;
      if (actual === undefined || stayed === undefined) sums.isKnown = false;
      const extra = (actual ?? 0n) - (stayed ?? 0n);
      sums.total += extra;
      if (number === found.number) sums.turn = extra;
    }
  }
  return kept.map(({ found: { number: at, id, from, to }, sums: { turn, total, isKnown } }) => ({
    number: at,
    id,
    from,
    to,
    turnPicoUsd: isKnown ? turn : undefined,
    totalPicoUsd: isKnown ? total : undefined,
  }));
}

interface FoundSwitch extends Pick<PolicySwitch, 'from' | 'id' | 'number' | 'to'> {
  readonly branch: string;
  /** The number of the branch's next switch. */
  end: number;
}

function holds({ branch, number: start, end }: FoundSwitch, turn: RecordedTurn, number: number): boolean {
  return turn.branch === branch && number >= start && number < end;
}

function findSwitches(turns: Iterable<RecordedTurn>): readonly FoundSwitch[] {
  const switches: FoundSwitch[] = [];
  const last = new Map<string, { readonly policy: CachePolicy; readonly open: FoundSwitch | undefined }>();
  let number = 0;
  for (const { branch, marks, policy, row } of turns) {
    number += 1;
    // Without marks nobody knows what was asked for.
    if (marks === undefined) continue;
    const to = policy ?? 'auto';
    const before = last.get(branch);
    if (before && isDeepStrictEqual(before.policy, to)) continue;
    const open = before && { branch, number, id: row.id, from: before.policy, to, end: Number.POSITIVE_INFINITY };
    if (before?.open) before.open.end = number;
    if (open) switches.push(open);
    last.set(branch, { policy: to, open });
  }
  return switches;
}
