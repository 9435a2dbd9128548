/** Numbers that look random and are the same in every run. */
export interface Random {
  /** A whole number from 0 to `max`, both included. */
  upTo(max: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
}

/** Mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return {
    upTo: (max) => Math.floor(next() * (max + 1)),
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
  };
}
