/**
 * Which plan to use, from what recorded turns would have cost under each.
 *
 * Owns: the choice, and when there is none.
 * Leaves to `what-if.ts`: the costs.
 *
 * V1. No plan is recommended for less than the replay may be wrong by.
 * V2. What is recommended can be done: no refresh ends because somebody knows that no turn follows.
 */

import { type MarkLifetime, NAMED_POLICIES } from '@reprise/providers';
import type { RecordedTurn } from '../replay/recorded-turns.ts';
import { readScenario, type Scenario, type ScenarioInput } from './scenario.ts';
import { finish, type Steps } from './steps.ts';
import type { WhatIf, WhatIfRow } from './table.ts';
import { type WhatIfOptions, whatIfInSteps } from './what-if.ts';

export interface AdviseOptions extends WhatIfOptions {
  /** The plans to choose from, beside the one in use. Default: `CANDIDATES`. */
  readonly candidates?: readonly ScenarioInput[];
}

export interface Advice {
  /**
   * - `switch`: `best` would have cost less than the plan in use, by more than the replay may be wrong by.
   * - `stay`: no candidate would have cost less than the plan in use.
   * - `too-close`: `best` would have cost less, but not by more than the replay may be wrong by.
   * - `unknown`: no price is known, or no turn could be replayed and checked.
   */
  readonly verdict: 'switch' | 'stay' | 'too-close' | 'unknown';
  /** The cheapest plan, the one in use among them; `undefined` where nothing can be compared. */
  readonly best: WhatIfRow | undefined;
  /** The cheapest plan but one that costs something else than `best`. */
  readonly runnerUp: WhatIfRow | undefined;
  /** What `best` would have cost less than the plan in use. */
  readonly savesPicoUsd: bigint;
  /** What `best` would have cost less than `runnerUp`; `undefined` without one. */
  readonly marginPicoUsd: bigint | undefined;
  /** The most that the replay may be wrong by: what it differs by from what was reported, turn by turn. */
  readonly residualPicoUsd: bigint;
  /** All that was compared. */
  readonly table: WhatIf;
  /** What the advice takes for granted, a sentence each. */
  readonly assumptions: readonly string[];
}

const LONGER: readonly MarkLifetime[] = ['1h', '12h'];

const MINUTE_MS = 60_000;

/** Every policy, those that keep whole conversations for longer too, a stable part for longer, and `auto` kept warm over a pause. */
export const CANDIDATES: readonly Scenario[] = [
  ...NAMED_POLICIES.map((policy) => ({ policy })),
  ...LONGER.flatMap((ttl) => [
    { policy: 'auto' as const, ttl },
    { policy: 'system_and_tools' as const, ttl },
    { policy: { breakpoints: [{ at: 'system' as const, ttl }, 'last' as const] } },
  ]),
  ...[1, 3, 12].map((atMost) => ({ policy: 'auto' as const, keepWarm: { everyMs: 4.5 * MINUTE_MS, atMost } })),
];

/** The cheapest plan over recorded turns; see `whatIf` for `turns`. Throws `audit/invalid-scenario`. */
export function advise(turns: Iterable<RecordedTurn>, options: AdviseOptions = {}): Advice {
  return finish(adviseInSteps(turns, options));
}

/** As `advise`, a turn a step: for who has something else to do meanwhile, or may have to stop. Throws at once what `advise` does. */
export function adviseInSteps(
  turns: Iterable<RecordedTurn>,
  { candidates = CANDIDATES, ...options }: AdviseOptions = {},
): Steps<Advice> {
  const scenarios = candidates.map(readScenario);
  return takeSteps();

  function* takeSteps(): Steps<Advice> {
    return adviceOn(yield* whatIfInSteps(turns, scenarios, options));
  }
}

function adviceOn(table: WhatIf): Advice {
  const { recorded, residual } = table;
  const ranked = rankedRows(table);
  const [best, ...others] = ranked;
  const runnerUp = others.find(({ differencePicoUsd }) => differencePicoUsd !== best?.differencePicoUsd);
  const residualPicoUsd = residual.absolute.picoUsd;
  const savesPicoUsd = -(best?.differencePicoUsd ?? 0n);
  const shared = { runnerUp, residualPicoUsd, table, assumptions: assumptionsOf(table, best) };
  if (!best || residual.checkedTurns === 0) {
    return { ...shared, verdict: 'unknown', best, savesPicoUsd: 0n, marginPicoUsd: undefined };
  }
  const marginPicoUsd = runnerUp && differenceOf(runnerUp) - differenceOf(best);
  const verdict = best === recorded ? 'stay' : savesPicoUsd > residualPicoUsd ? 'switch' : 'too-close';
  return { ...shared, verdict, best, savesPicoUsd, marginPicoUsd };
}

/** Cheapest first; of equals the plan in use, then the order of asking. */
function rankedRows({ recorded, rows }: WhatIf): readonly WhatIfRow[] {
  const comparable = [recorded, ...rows].filter(({ differencePicoUsd }) => differencePicoUsd !== undefined);
  return comparable.toSorted((a, b) => compare(differenceOf(a), differenceOf(b)));
}

function differenceOf({ differencePicoUsd = 0n }: WhatIfRow): bigint {
  return differencePicoUsd;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

function assumptionsOf({ assumptions }: WhatIf, best: WhatIfRow | undefined): readonly string[] {
  return [
    ...assumptions,
    'The next turns are like these.',
    ...(best?.scenario.model ? [`${best.scenario.model.model} answers well enough.`] : []),
  ];
}
