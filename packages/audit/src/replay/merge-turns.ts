import type { RecordedTurn } from './recorded-turns.ts';

/**
 * The turns of several branches in the order in which they were sent, each once: a fork shows its origin's turns as well. What each branch
 * gives has to come in order, and can be asked for again. Which of two branches was first within a millisecond is not known.
 */
export function mergeTurns(branches: readonly Iterable<RecordedTurn>[]): Iterable<RecordedTurn> {
  return { [Symbol.iterator]: () => merged(branches) };
}

function* merged(branches: readonly Iterable<RecordedTurn>[]): Generator<RecordedTurn, void, undefined> {
  const seen = new Set<string>();
  const heads = branches.map((branch) => {
    const turns = branch[Symbol.iterator]();
    return { turns, next: turns.next() };
  });
  while (true) {
    let earliest: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (!head.next.done && (!earliest || startOf(head.next) < startOf(earliest.next))) earliest = head;
    }
    if (!earliest || earliest.next.done) return;
    const turn = earliest.next.value;
    earliest.next = earliest.turns.next();
    if (seen.has(turn.row.id)) continue;
    seen.add(turn.row.id);
    yield turn;
  }
}

function startOf(result: IteratorResult<RecordedTurn, void>): number {
  return result.done ? Number.POSITIVE_INFINITY : result.value.row.startedAt;
}
