import { promptTokenCount, type TokenCounts } from '@reprise/providers';
import type { RecordedTurn } from '../replay/recorded-turns.ts';
import { type PricedCounts, type PriceList, priceCounts, rateTerms } from './priced-counts.ts';
import { hasCounts, type SizedRequest, type Survey } from './survey.ts';

/** What is known of a turn, whatever the plan. */
export interface TurnFacts {
  readonly turn: RecordedTurn;
  /** Counted from 1, among those that are counted. */
  readonly number: number;
  /** Whether it is in the sums; a turn that is not is replayed all the same. */
  readonly isCounted: boolean;
  readonly request: SizedRequest | undefined;
  /** Whether its request is known and its prompt was counted. */
  readonly isReplayed: boolean;
  /** The whole prompt, as counted; `undefined` where it was not. */
  readonly promptTokens: number | undefined;
  readonly reported: PricedCounts;
  /** What was paid; `undefined` where the price is not known. */
  readonly paidPicoUsd: bigint | undefined;
  /** The part of what was paid that is not the list price of the counts. */
  readonly besidePicoUsd: bigint;
}

/** The facts of the turn of that number. */
export function turnFacts(
  turn: RecordedTurn,
  number: number,
  {
    survey,
    price,
    isCounted = true,
  }: { readonly survey: Survey; readonly price: PriceList; readonly isCounted?: boolean },
): TurnFacts {
  const { row } = turn;
  const model = { family: row.family, model: row.model, at: row.startedAt };
  const request = survey.requestOf(turn);
  const paid = price(row.tokens, { ...model, billing: row.billing ?? {} });
  const reported = priceCounts(row.tokens, { ...model, billing: rateTerms(row) }, price);
  const isReplayed = request !== undefined && hasCounts(turn);
  const besidePicoUsd = (paid.picoUsd ?? 0n) - (reported.picoUsd ?? 0n);
  return {
    turn,
    number,
    isCounted,
    request,
    isReplayed,
    promptTokens: promptOf(row.tokens),
    reported,
    paidPicoUsd: paid.picoUsd,
    besidePicoUsd,
  };
}

function promptOf(tokens: TokenCounts): number | undefined {
  const prompt = promptTokenCount(tokens);
  return prompt === 'not-reported' ? undefined : prompt;
}
