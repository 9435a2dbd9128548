import type { SessionId } from '../session.ts';

/** What is gone of a ledger whose rows should be numbered from 1 to `turnsCommitted`, a message a gap. */
export function lostTurns(
  sessionId: SessionId,
  ordinals: readonly number[],
  turnsCommitted: number,
): readonly string[] {
  const ends = [...ordinals.toSorted((a, b) => a - b), turnsCommitted + 1];
  return ends.flatMap((end, index) => {
    const [first, last] = [(ends[index - 1] ?? 0) + 1, end - 1];
    if (first > last) return [];
    return first === last
      ? [`turn ${first} of the ledger of session '${sessionId}' is missing`]
      : [`turns ${first} to ${last} of the ledger of session '${sessionId}' are missing`];
  });
}
