import type { SessionBody } from '@reprise/service/client';
import { moneyText, turnsText } from './format.ts';

/** What a session has cost and saved, as it is to be read. */
export interface SpentTexts {
  /** At least so much where some turn has no known price. */
  readonly cost: string;
  /** What the priced turns have saved; the others may have saved or lost. */
  readonly saved: string;
  /** What is missing in both, if anything is. */
  readonly missing: string | undefined;
}

export function spentTexts({ turnCount, unpricedTurns, paidPicoUsd, savedPicoUsd }: SessionBody['spent']): SpentTexts {
  if (turnCount === 0) return { cost: '–', saved: '–', missing: undefined };
  const atLeast = unpricedTurns > 0 && paidPicoUsd !== null ? '≥ ' : '';
  return {
    cost: atLeast + moneyText(paidPicoUsd),
    saved: moneyText(savedPicoUsd),
    missing: unpricedTurns > 0 ? `${turnsText(unpricedTurns)} without a known price` : undefined,
  };
}
