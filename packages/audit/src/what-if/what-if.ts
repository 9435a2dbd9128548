/**
 * What recorded turns would have cost under another plan.
 *
 * Owns: the comparison, and how far it can be trusted.
 * Leaves to `serveUnexplained`: what a cache makes of a request. To `scenario.ts`: plans. To `lane.ts`: one plan's replay.
 *
 * W1. The plan in use is replayed like any other. What its replay differs by from what vendors reported is the residual, and is always told.
 * W2. Differences are between replays: what the model of a cache gets wrong of both is in neither.
 * W3. Each row is over the same turns. Of a turn that cannot be replayed every row has what was reported, and says of how many.
 * W4. A turn without a known price has no money in any row, and an unknown sum is `undefined`.
 * W5. A turn that is not counted is replayed all the same, as others may read what it wrote; it is in no sum, and neither are its refreshes.
 */

import { priceTurn } from '@reprise/providers';
import type { RecordedTurn } from '../replay/recorded-turns.ts';
import { createLane, type Lane } from './lane.ts';
import type { PriceList } from './priced-counts.ts';
import { createResidual } from './residual.ts';
import { readScenario, type Scenario, type ScenarioInput } from './scenario.ts';
import { finish, type Steps } from './steps.ts';
import { type Survey, surveyInSteps } from './survey.ts';
import type { WhatIf, WhatIfRow } from './table.ts';
import { turnFacts } from './turn-facts.ts';

export interface WhatIfOptions {
  /** The price list; `priceTurn` unless told otherwise. */
  readonly price?: PriceList;
  /** Which turns the table is about (W5). Default: all. */
  readonly counts?: (turn: RecordedTurn) => boolean;
}

/**
 * Replays recorded turns under other plans. `turns` come in the order of their start (`mergeTurns`) and are read several times. Throws
 * `audit/invalid-scenario`.
 */
export function whatIf(
  turns: Iterable<RecordedTurn>,
  scenarios: ScenarioInput | readonly ScenarioInput[],
  options: WhatIfOptions = {},
): WhatIf {
  return finish(whatIfInSteps(turns, (isList(scenarios) ? scenarios : [scenarios]).map(readScenario), options));
}

/** As `whatIf`, a turn a step, of scenarios that were read. */
export function* whatIfInSteps(
  turns: Iterable<RecordedTurn>,
  scenarios: readonly Scenario[],
  { price = priceTurn, counts = () => true }: WhatIfOptions = {},
): Steps<WhatIf> {
  const survey = yield* surveyInSteps(turns);
  const lane = (scenario: Scenario) => createLane(scenario, { survey, price });
  const [recorded, noCache, others] = [lane({}), lane({ cache: false }), scenarios.map(lane)];
  const residual = createResidual();
  const sums = yield* replay(turns, { survey, price, counts, recorded, noCache, others, residual });
  const base = recorded.finish();
  const row = (one: Lane) => withDifference(one.finish(), base);
  const rows = others.map(row);
  const table = { ...sums, recorded: row(recorded), noCache: row(noCache), rows, residual: residual.sum() };
  return { ...table, assumptions: assumptionsOf(table) };
}

function isList(scenarios: ScenarioInput | readonly ScenarioInput[]): scenarios is readonly ScenarioInput[] {
  return Array.isArray(scenarios);
}

interface Replay extends Required<WhatIfOptions> {
  readonly survey: Survey;
  readonly recorded: Lane;
  readonly noCache: Lane;
  readonly others: readonly Lane[];
  readonly residual: ReturnType<typeof createResidual>;
}

/** Every plan takes each turn before any takes the next. */
function* replay(
  turns: Iterable<RecordedTurn>,
  { survey, price, counts, recorded, noCache, others, residual }: Replay,
): Steps<Pick<WhatIf, 'replayedTurns' | 'reportedPicoUsd' | 'turnCount'>> {
  let [turnCount, replayedTurns, pricedTurns, paid] = [0, 0, 0, 0n];
  for (const turn of turns) {
    const facts = turnFacts(turn, turnCount + 1, { survey, price, isCounted: counts(turn) });
    const uncached = noCache.take(facts);
    const replayed = recorded.take(facts, uncached.paidPicoUsd);
    for (const lane of others) lane.take(facts, uncached.paidPicoUsd);
    yield;
    if (!facts.isCounted) continue;
    turnCount += 1;
    residual.add(facts, replayed);
    if (facts.isReplayed) replayedTurns += 1;
    if (facts.paidPicoUsd === undefined) continue;
    pricedTurns += 1;
    paid += facts.paidPicoUsd;
  }
  return { turnCount, replayedTurns, reportedPicoUsd: turnCount > 0 && pricedTurns === 0 ? undefined : paid };
}

type UnrelatedRow = Omit<WhatIfRow, 'differencePicoUsd'>;

function withDifference(row: UnrelatedRow, base: UnrelatedRow): WhatIfRow {
  const isComparable = row.paidPicoUsd !== undefined && row.unpricedTurns === base.unpricedTurns;
  const difference = isComparable && base.paidPicoUsd !== undefined ? row.paidPicoUsd - base.paidPicoUsd : undefined;
  return { ...row, differencePicoUsd: difference };
}

function assumptionsOf({ turnCount, replayedTurns, rows, residual }: Omit<WhatIf, 'assumptions'>): readonly string[] {
  const carried = turnCount - replayedTurns;
  const isWarm = rows.some(({ scenario: { keepWarm } }) => keepWarm);
  const ignored = rows.filter(({ unaffectedTurns }) => replayedTurns > 0 && unaffectedTurns === replayedTurns);
  const stopsInTime = rows.some(({ scenario: { keepWarm } }) => keepWarm && keepWarm.atMost === undefined);
  return [
    'Requests are sent when they were, and their answers are the same.',
    'Nobody else uses these prefixes, and vendors keep their own rules.',
    ...(carried > 0
      ? [`${carried} of ${turnCount} turns could not be replayed: each plan has what was reported of them.`]
      : []),
    ...(residual.uncheckedTurns > 0
      ? [
          `Of ${residual.uncheckedTurns} turns nobody knows whether the replay is right: their marks or their cache counters were not recorded.`,
        ]
      : []),
    ...(ignored.length > 0
      ? [`Nothing changes where vendors do not take a plan: ${ignored.map(({ name }) => name).join('; ')}.`]
      : []),
    ...(isWarm ? ['A refresh is the last request again, for an answer of one token.'] : []),
    ...(stopsInTime ? ['Keeping warm ends with the last turn, which nobody knows beforehand.'] : []),
    ...(rows.some(({ scenario }) => scenario.model)
      ? ['Another model counts the same tokens and gives the same answers: no tokenizer was asked.']
      : []),
  ];
}
