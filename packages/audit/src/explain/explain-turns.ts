/**
 * For every turn whether it read what the turn before it had made possible, and if not, why.
 *
 * Owns: which turns fell short, and by how much.
 * Leaves to `find-causes.ts`: why. To `known-caches.ts`: what the vendors' rules make of the requests.
 *
 * X1. A turn whose vendor said nothing of cache reads gets no verdict, and no miss is claimed of it (I11).
 * X2. Money is the price list's: of a turn without a known price what it lost is not known.
 */

import type { priceTurn } from '@reprise/providers';
import type { RecordedTurn } from '../replay/recorded-turns.ts';
import type { Break, TurnExplanation } from './break.ts';
import { expectedReads, fellShort } from './expected-reads.ts';
import { findCauses } from './find-causes.ts';
import { createKnownCaches, type Looked, rulesOf } from './known-caches.ts';
import { lostPicoUsd } from './lost-money.ts';
import { vendorOpinion } from './vendor-opinion.ts';

export interface ExplainOptions {
  /** The price list; `priceTurn` unless told otherwise. */
  readonly price?: typeof priceTurn;
  /** The branch whose turns are explained; the others are known of, as they share its caches. Default: every turn is. */
  readonly branch?: string;
}

/** Explains turns in the order of their start, each given once, whatever branches they are of. Keeps of each branch its last turn. */
export function* explainTurns(
  turns: Iterable<RecordedTurn>,
  { price, branch }: ExplainOptions = {},
): Generator<TurnExplanation, void, undefined> {
  const caches = createKnownCaches();
  const branches = new Map<string, RecordedTurn | 'unreported'>();
  let number = 0;
  for (const turn of turns) {
    const looked = caches.look(turn);
    if (branch === undefined || turn.branch === branch) {
      number += 1;
      yield explainTurn({ turn, number, looked, before: branches.get(turn.branch), price });
    }
    branches.set(turn.branch, isReported(turn) ? turn : (branches.get(turn.branch) ?? 'unreported'));
    caches.keep(turn);
  }
}

/** Why a request read less than the one before it had made possible; `undefined` if it did not. */
export function explainMiss(
  before: RecordedTurn,
  after: RecordedTurn,
  { price }: Pick<ExplainOptions, 'price'> = {},
): Break | undefined {
  const [, explained] = explainTurns([before, { ...after, branch: before.branch }], price ? { price } : {});
  return explained?.break;
}

function isReported({ row: { tokens } }: RecordedTurn): boolean {
  return tokens.cacheRead !== 'not-reported';
}

interface TurnToExplain {
  readonly turn: RecordedTurn;
  readonly number: number;
  readonly looked: Looked | undefined;
  /** The last turn of the branch whose vendor reported reads. */
  readonly before: RecordedTurn | 'unreported' | undefined;
  readonly price: typeof priceTurn | undefined;
}

function explainTurn(asked: TurnToExplain): TurnExplanation {
  const { id, family, model, startedAt } = asked.turn.row;
  return { number: asked.number, id, family, model, startedAt, ...verdictOn(asked) };
}

function verdictOn(asked: TurnToExplain): Pick<TurnExplanation, 'break' | 'verdict'> {
  const { turn, looked, before } = asked;
  const readTokens = turn.row.tokens.cacheRead;
  if (readTokens === 'not-reported') return { verdict: 'silent' };
  if (before === 'unreported') return { verdict: 'unmeasured' };
  if (before === undefined) return firstVerdict(asked, readTokens);
  const expected = expectedReads(before, rulesOf(before));
  if (!expected) return { verdict: 'unmeasured' };
  if (!fellShort(expected, readTokens, rulesOf(turn))) return { verdict: 'complete' };
  const causes = findCauses({ before, after: turn, expected, readTokens, looked });
  const isEstimated = causes[0].why === 'model-changed' || !expected.wasKept;
  const shortfall = { comparedWith: before.row.id, expectedTokens: expected.tokens, readTokens, isEstimated };
  return { verdict: 'break', break: breakOf(asked, shortfall, causes) };
}

/** A conversation's first turn can have missed only what another was writing at that moment. */
function firstVerdict(asked: TurnToExplain, readTokens: number): Pick<TurnExplanation, 'break' | 'verdict'> {
  const expectedTokens = asked.looked?.readIfSettled ?? 0;
  if (expectedTokens <= Math.max(readTokens, asked.looked?.read ?? 0)) return { verdict: 'first' };
  const shortfall = { comparedWith: undefined, expectedTokens, readTokens, isEstimated: true };
  return { verdict: 'break', break: breakOf(asked, shortfall, [{ why: 'not-yet-visible' }]) };
}

function breakOf(
  { turn, number, price }: TurnToExplain,
  shortfall: Pick<Break, 'comparedWith' | 'expectedTokens' | 'isEstimated' | 'readTokens'>,
  causes: Break['causes'],
): Break {
  const missedTokens = shortfall.expectedTokens - shortfall.readTokens;
  const { diagnostics } = turn;
  return {
    turn: number,
    turnId: turn.row.id,
    ...shortfall,
    causes,
    missedTokens,
    lostPicoUsd: lostPicoUsd(turn.row, missedTokens, price),
    vendor: diagnostics && { verdict: diagnostics, opinion: vendorOpinion(diagnostics, causes[0]) },
  };
}
