import type { StatementBody, StatementGroupBody, StatementKey, SumsBody } from '@reprise/service/client';
import { moneyText, percentText } from '../../data/format.ts';

/** How many groups are shown at first, and how many more each time. */
export const SHOWN_GROUPS = 100;

/** Days in their order, everything else by what was paid: what is dear stands first. */
export function groupsInOrder({ groups }: StatementBody, by: StatementKey): readonly StatementGroupBody[] {
  if (by === 'day') return groups;
  return groups.toSorted((one, other) => compare(paidOf(other), paidOf(one)));
}

function paidOf({ sums }: StatementGroupBody): bigint {
  return BigInt(sums.money?.paidPicoUsd ?? -1);
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : Number(one > other);
}

/** What a group is called. A session of one of many tenants is called after both. */
export function groupName({ key }: StatementGroupBody, by: StatementKey): string {
  const name = key[by] ?? '';
  return by === 'session' && key.tenant !== undefined ? `${key.tenant} / ${name}` : name;
}

/** Money of sums as it is to be read: at least so much where some turn has no known price, and never 0 for unknown. */
export interface MoneyTexts {
  readonly paid: string;
  readonly baseline: string;
  readonly saved: string;
  readonly savedShare: string;
}

export function moneyTexts({ money, covered, turnCount, unpricedTurns, savedRatio }: SumsBody): MoneyTexts {
  const atLeast = unpricedTurns > 0 && money ? '≥ ' : '';
  const isCovered = covered.turnCount > 0 || turnCount === 0;
  const isWhole = covered.turnCount === turnCount;
  return {
    paid: atLeast + moneyText(money?.paidPicoUsd),
    baseline: atLeast + moneyText(money?.baselinePicoUsd),
    saved: isCovered ? moneyText(covered.money.savedPicoUsd) : 'not known',
    savedShare: isWhole ? percentText(savedRatio ?? undefined) : 'not of all turns',
  };
}

/** For drawing alone: sums are made of the texts. `null` for an unknown price. */
export function dollarsOf(picoUsd: string | null | undefined): number | null {
  return picoUsd === null || picoUsd === undefined ? null : Number(BigInt(picoUsd) / 1_000_000n) / 1_000_000;
}
