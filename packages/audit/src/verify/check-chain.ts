import { hashTurn, type SessionDump, type TurnRow } from '@reprise/checkpoint';
import { findingAt, type LedgerFinding } from './finding.ts';

/** Whether each row is what its hash says, follows the row that it names, and stands where its number says. */
export function checkChain({ session, turns }: Pick<SessionDump, 'session' | 'turns'>): readonly LedgerFinding[] {
  const rows = new Map(turns.map((row) => [row.id, row]));
  const own = turns.filter(({ sessionId }) => sessionId === session.id).toSorted((a, b) => a.ordinal - b.ordinal);
  return [...turns.flatMap((row) => checkLink(row, rows)), ...own.flatMap((row, index) => checkPlace(row, index, own))];
}

function checkLink(row: TurnRow, rows: ReadonlyMap<string, TurnRow>): readonly LedgerFinding[] {
  const parent = row.parentId === null ? undefined : rows.get(row.parentId);
  if (row.parentId !== null && parent === undefined) {
    return [findingAt(row, 'missing', `it follows turn '${row.parentId}', which is gone`)];
  }
  if (hashTurn(row, parent?.hash ?? null) !== row.hash) {
    return [
      findingAt(
        row,
        'changed',
        'it is not what its hash says, or the row before it is not the one it was written after',
      ),
    ];
  }
  const isBefore = parent !== undefined && row.startedAt < parent.startedAt;
  return isBefore
    ? [findingAt(row, 'swapped', `its request was sent before that of turn '${parent.id}', which it follows`)]
    : [];
}

function checkPlace(row: TurnRow, index: number, own: readonly TurnRow[]): readonly LedgerFinding[] {
  const expected = (own[index - 1]?.ordinal ?? 0) + 1;
  if (row.ordinal === expected) return [];
  return row.ordinal > expected
    ? [{ ...findingAt({ ...row, ordinal: expected }, 'missing', 'the row before it is gone'), turnId: undefined }]
    : [findingAt(row, 'swapped', 'another row has its number')];
}
