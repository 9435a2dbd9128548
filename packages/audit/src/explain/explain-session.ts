import { setImmediate } from 'node:timers/promises';
import type { CheckpointStore, SessionId } from '@reprise/checkpoint';
import { mergeTurns } from '../replay/merge-turns.ts';
import { type ReadTurnsOptions, readRecordedTurns } from '../replay/recorded-turns.ts';
import type { Break, TurnExplanation } from './break.ts';
import { type ExplainOptions, explainTurns } from './explain-turns.ts';

export interface ExplainSessionOptions extends ReadTurnsOptions, Pick<ExplainOptions, 'price'> {
  /**
   * Other sessions of the store that shared its caches, such as its forks or the runs of a batch: what they kept alive, and what they were
   * writing at the same time, is then known. Default: none.
   */
  readonly beside?: readonly SessionId[];
}

export interface SessionExplanation {
  /** Of the branch that ends at the session's tip, oldest first. */
  readonly turns: readonly TurnExplanation[];
  readonly breaks: readonly Break[];
  /** Over all breaks. */
  readonly missedTokens: number;
  /** Over the breaks of turns whose price is known; `undefined` when there are some, and none of them has a price. */
  readonly lostPicoUsd: bigint | undefined;
  /** Breaks of which nobody knows what they cost. */
  readonly unpricedBreaks: number;
}

/**
 * What broke a session's cache: for every turn that read less than the one before it had made possible, where the requests part, or the reason
 * that is not a difference. Reads only. Rejects with `audit/session-missing` and `audit/unreadable-row`, and with whatever the store rejects with.
 */
export async function explainSession(
  store: Pick<CheckpointStore, 'readBlobs' | 'readEntries' | 'readSession' | 'readTurns'>,
  sessionId: SessionId,
  { models = [], beside = [], price }: ExplainSessionOptions = {},
): Promise<SessionExplanation> {
  const branches = await Promise.all([sessionId, ...beside].map((id) => readRecordedTurns(store, id, { models })));
  const turns = mergeTurns(branches);
  const explained: TurnExplanation[] = [];
  for (const turn of explainTurns(turns, { branch: sessionId, ...(price ? { price } : {}) })) {
    explained.push(turn);
    // Thousands of turns take seconds, which a service has other things to do in.
    if (explained.length % TURNS_AT_ONCE === 0) await setImmediate();
  }
  return summarise(explained);
}

const TURNS_AT_ONCE = 20;

function summarise(turns: readonly TurnExplanation[]): SessionExplanation {
  const breaks = turns.flatMap((turn) => turn.break ?? []);
  const losses = breaks.flatMap(({ lostPicoUsd }) => lostPicoUsd ?? []);
  const isPriced = breaks.length === 0 || losses.length > 0;
  return {
    turns,
    breaks,
    missedTokens: breaks.reduce((sum, { missedTokens }) => sum + missedTokens, 0),
    lostPicoUsd: isPriced ? losses.reduce((sum, lost) => sum + lost, 0n) : undefined,
    unpricedBreaks: breaks.length - losses.length,
  };
}
