import type { CheckpointErrorCode, CheckpointStore } from '../../src/index.ts';
import { expectRefusal } from '../../src/testing/store-conformance.ts';
import type { Model, ModelSession } from './session-model.ts';

/** A store, and what it should hold. */
export interface Game {
  store: CheckpointStore;
  readonly model: Model;
  /** Opens the store's place again. */
  readonly open: () => Promise<CheckpointStore>;
}

/** One thing that is done to a session of the game. */
export interface Play {
  readonly game: Game;
  readonly session: ModelSession;
  /** Which of what there is, where there is a choice. */
  readonly pick: number;
  readonly choice: number;
  /** Whose right to write it claims. */
  readonly claim: 'right' | 'none' | 'stale';
  /** Unlike that of any other step. */
  readonly name: string;
  readonly index: number;
}

/** Does it, unless one of these refusals is due: then the store has to refuse it, and nothing changes. */
export async function attempt<Result>(
  call: () => Promise<Result>,
  refusals: readonly (CheckpointErrorCode | false | undefined)[],
  apply: (result: Result) => void,
): Promise<void> {
  const due = refusals.find((code) => code !== undefined && code !== false);
  if (due) await expectRefusal(call(), due);
  else apply(await call());
}

/** The fence that a step claims, and what the store has to say to it. */
export function rightOf({ game, session, claim }: Play): {
  readonly fenced: { readonly fence?: number };
  readonly refusal: CheckpointErrorCode | undefined;
} {
  const { lease } = session;
  if (claim === 'stale') return { fenced: { fence: (lease?.fence ?? 1) - 1 }, refusal: 'checkpoint/lease-lost' };
  if (claim === 'right' && lease?.isHeld) return { fenced: { fence: lease.fence }, refusal: undefined };
  const isLive = lease?.isHeld && game.model.now < lease.expiresAt;
  return { fenced: {}, refusal: isLive ? 'checkpoint/session-busy' : undefined };
}
