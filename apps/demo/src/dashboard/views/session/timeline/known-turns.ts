import type { TurnBody, TurnPageBody } from '@reprise/service/client';
import { readsLess } from './turn-bars.ts';

/** A part of a branch's turns that ends with its last one. */
export interface KnownTurns {
  readonly turns: readonly TurnBody[];
  /** The place of the first on the branch, from 0. */
  readonly start: number;
}

export const NO_TURNS: KnownTurns = { turns: [], start: 0 };

/** What a page holds that was asked for without any being known. */
export function fromPage({ items, previous }: Pick<TurnPageBody, 'items' | 'previous'>): KnownTurns {
  return { turns: items, start: Number(previous ?? 0) };
}

/**
 * The turns with a page that begins with the last of them. `undefined` where it does not: the branch is another one, as after a rewind, or ends
 * before it.
 */
export function withLater(
  known: KnownTurns,
  { items, total }: Pick<TurnPageBody, 'items' | 'total'>,
): KnownTurns | undefined {
  const [first, ...later] = items;
  const isSame = first !== undefined && first.id === known.turns.at(-1)?.id;
  if (!isSame || total < known.start + known.turns.length) return undefined;
  return later.length === 0 ? known : { ...known, turns: [...known.turns, ...later] };
}

/** The turns with the page that goes before them. */
export function withEarlier(known: KnownTurns, page: Pick<TurnPageBody, 'items' | 'previous'>): KnownTurns {
  return { turns: [...page.items, ...known.turns], start: Number(page.previous ?? 0) };
}

/** The last of the turns that read less than it could have, if one of them did: up to which the explanation has to be known. */
export function lastDoubt(turns: readonly TurnBody[]): string | undefined {
  const at = turns.findLastIndex((turn, index) => {
    const before = turns[index - 1];
    return before !== undefined && readsLess(before, turn);
  });
  return turns[at]?.id;
}
