import type { PromptCounts } from './priced-counts.ts';
import type { Scenario } from './scenario.ts';

/** What recorded turns would have cost under other plans. */
export interface WhatIf {
  readonly turnCount: number;
  /** Turns whose requests are known and whose prompts were counted. Of the others each row has what was reported. */
  readonly replayedTurns: number;
  /** What was paid as reported; `undefined` where no price is known. */
  readonly reportedPicoUsd: bigint | undefined;
  /** The plan that was in use, replayed. */
  readonly recorded: WhatIfRow;
  /** Every prompt token fresh. */
  readonly noCache: WhatIfRow;
  /** What was asked for, in its order. */
  readonly rows: readonly WhatIfRow[];
  /** What the replay of the plan in use differs by from what was reported. */
  readonly residual: Residual;
  /** What all this takes for granted, a sentence each. */
  readonly assumptions: readonly string[];
}

/** One plan's sums over all turns. */
export interface WhatIfRow {
  readonly name: string;
  readonly scenario: Scenario;
  /** Prompt tokens, those of refreshes among them. What was not reported counts 0: see `replayedTurns`. */
  readonly tokens: { readonly fresh: number; readonly cacheRead: number; readonly cacheWrite: number };
  /** Over the turns with a known price; `undefined` when no turn of some has one. */
  readonly paidPicoUsd: bigint | undefined;
  readonly unpricedTurns: number;
  /** Paid beyond the replay of the plan in use, negative for less; `undefined` where the two are not over the same priced turns. */
  readonly differencePicoUsd: bigint | undefined;
  /** What keeping warm took; it is among what was paid. */
  readonly refreshes: { readonly count: number; readonly picoUsd: bigint };
  /** Replayed turns that this plan changes nothing of: their vendor takes no marks, or not these. */
  readonly unaffectedTurns: number;
  /** The turn, counted from 1, from which on this plan has been cheaper than no cache to the end; `undefined` if it never was. */
  readonly breakEvenTurn: number | undefined;
  /** Whether counts were carried over to another model, or a price is estimated. */
  readonly isEstimated: boolean;
}

/** What the replay of the plan in use differs by from what vendors reported. */
export interface Residual {
  /** Turns that were compared. */
  readonly checkedTurns: number;
  /** Turns that could not be: content, marks or counters are not known. */
  readonly uncheckedTurns: number;
  /** Replayed less reported, summed up: differences of both signs cancel. */
  readonly tokens: PromptCounts<number>;
  readonly picoUsd: PromptCounts<bigint>;
  /** The differences of each turn without their signs: the most that the replay can be wrong by. */
  readonly absolute: { readonly tokens: number; readonly picoUsd: bigint };
  /** The turns that differ, in order. */
  readonly turns: readonly ResidualTurn[];
}

export interface ResidualTurn {
  /** Counted from 1. */
  readonly number: number;
  readonly id: string;
  readonly tokens: PromptCounts<number>;
  /** 0 where the price is not known. */
  readonly picoUsd: bigint;
}
