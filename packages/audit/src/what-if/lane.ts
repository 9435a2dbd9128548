/**
 * One plan's replay, turn after turn.
 *
 * Owns: what the plan's cache makes of each turn and of its refreshes.
 * Leaves to `keep-warm.ts`: when refreshes are sent. To `lane-sums.ts`: the sums.
 *
 * L1. A turn that cannot be served has the counts that were reported of it, at the price of the model that is asked.
 */

import { type CachedRequest, type TokenCounts, tokenCounts } from '@reprise/providers';
import { createReplayedCache, type ReplayedCache, type ServedRequest } from '../replay/cache-replay.ts';
import type { RecordedTurn } from '../replay/recorded-turns.ts';
import { createWarmer } from './keep-warm.ts';
import { createLaneSums } from './lane-sums.ts';
import {
  type PricedCounts,
  type PriceList,
  priceCounts,
  rateTerms,
  servedCounts,
  type Terms,
} from './priced-counts.ts';
import { type OtherModel, type PlannedRequest, planRequest, type Scenario, scenarioName } from './scenario.ts';
import { modelKey, type Survey } from './survey.ts';
import type { WhatIfRow } from './table.ts';
import type { TurnFacts } from './turn-facts.ts';

/** What a plan makes of one turn. */
export interface LaneTurn {
  readonly counts: PricedCounts;
  readonly paidPicoUsd: bigint | undefined;
  /** Whether its counts are the replay's; else they are those that were reported. */
  readonly isServed: boolean;
}

export interface Lane {
  /** The next turn; `uncachedPicoUsd` is what it costs without a cache. */
  take(facts: TurnFacts, uncachedPicoUsd?: bigint): LaneTurn;
  /** The sums, with the refreshes that follow the last turn. */
  finish(): Omit<WhatIfRow, 'differencePicoUsd'>;
}

export interface LaneOptions {
  readonly survey: Survey;
  readonly price: PriceList;
  /** Another plan for some turns. Default: the lane's, for each. */
  readonly planOf?: (facts: TurnFacts) => Scenario;
}

/** What a refresh sends again. */
interface SentTurn extends Pick<TurnFacts, 'isCounted'> {
  readonly request: CachedRequest;
  readonly planned: PlannedRequest;
  readonly turn: RecordedTurn;
}

export function createLane(scenario: Scenario, { survey, price, planOf = () => scenario }: LaneOptions): Lane {
  const caches = new Map<string, ReplayedCache>();
  const sums = createLaneSums();
  const warmer = scenario.keepWarm && createWarmer(scenario.keepWarm, refresh);

  function take(facts: TurnFacts, uncachedPicoUsd?: bigint): LaneTurn {
    warmer?.refreshBefore(facts.turn.row.startedAt);
    const served = scenario.cache === false ? uncached(facts) : serve(facts);
    const counts = served ?? reportedCounts(facts);
    const beside = scenario.model ? 0n : facts.besidePicoUsd;
    const paidPicoUsd = counts.picoUsd === undefined ? undefined : counts.picoUsd + beside;
    if (facts.isCounted) sums.addTurn({ number: facts.number, counts, paidPicoUsd }, uncachedPicoUsd);
    return { counts, paidPicoUsd, isServed: served !== undefined };
  }

  /** What was reported, at the price of the model that is asked. */
  function reportedCounts({ turn: { row }, reported }: TurnFacts): PricedCounts {
    return scenario.model ? priceCounts(row.tokens, termsOf(row, scenario.model), price) : reported;
  }

  function uncached({ turn: { row }, promptTokens }: TurnFacts): PricedCounts | undefined {
    if (promptTokens === undefined) return undefined;
    const tokens = servedCounts(row, { fresh: promptTokens, read: 0, written: {} });
    return priceCounts(tokens, termsOf(row, row), price);
  }

  function serve(facts: TurnFacts): PricedCounts | undefined {
    const { turn, request, isReplayed, isCounted } = facts;
    if (!request) return undefined;
    const planned = planRequest(turn, request.prefix.blocks, planOf(facts), survey.habitsOf(turn));
    if (planned.marks === undefined) return undefined;
    if (isReplayed && isCounted && planned.isUnaffected) sums.addUnaffected();
    const { blocks, at, keepAlive } = request;
    const cached: CachedRequest = { blocks, at, keepAlive, marks: planned.marks };
    const served = cacheOf(planned).serve(cached, turn.visibleAt);
    warmer?.keep(
      {
        branch: turn.branch,
        lastAt: survey.lastStartOf(turn.branch),
        sent: { request: cached, planned, turn, isCounted },
      },
      at,
    );
    if (!isReplayed) return undefined;
    const tokens = servedCounts(turn.row, { ...served, fresh: served.fresh + request.besideTokens });
    return priceCounts(tokens, termsOf(turn.row, scenario.model ?? turn.row), price);
  }

  function cacheOf({ asked, rules }: PlannedRequest): ReplayedCache {
    const key = modelKey(asked);
    const cache = caches.get(key) ?? createReplayedCache(rules);
    caches.set(key, cache);
    return cache;
  }

  function refresh({ request, planned, turn, isCounted }: SentTurn, at: number): void {
    const served = cacheOf(planned).serve({ ...request, at }, at);
    const terms = { ...termsOf(turn.row, scenario.model ?? turn.row), at };
    if (isCounted) sums.addRefresh(priceCounts(refreshCounts(served), terms, price));
  }

  function termsOf(row: RecordedTurn['row'], { family, model }: OtherModel): Terms {
    return { family, model, at: row.startedAt, billing: scenario.model ? {} : rateTerms(row) };
  }

  function finish(): Omit<WhatIfRow, 'differencePicoUsd'> {
    warmer?.refreshBefore(Number.POSITIVE_INFINITY);
    const { isEstimated, ...row } = sums.row();
    return { name: scenarioName(scenario), scenario, ...row, isEstimated: isEstimated || scenario.model !== undefined };
  }

  return { take, finish };
}

function refreshCounts({ fresh, read, written }: ServedRequest): TokenCounts {
  return tokenCounts({ fresh, cacheRead: read, cacheWrite: written, output: 1, reasoning: 0 });
}
