import type { Entry, SessionDump, TurnRow } from '@reprise/checkpoint';
import { asObject } from '@reprise/providers';
import { findingAt, type LedgerFinding } from './finding.ts';

/** Whether every answer of a model has its row and every row its answer, and both are of the same response (I6). */
export function checkEntries({
  session,
  entries,
  turns,
}: Pick<SessionDump, 'entries' | 'session' | 'turns'>): readonly LedgerFinding[] {
  const rowOf = new Map(turns.map((row) => [row.entryId, row]));
  const entryOf = new Map(entries.map((entry) => [entry.id, entry]));
  const unpaid = entries.filter((entry) => !rowOf.has(entry.id) && responseIdOf(entry) !== undefined);
  return [
    ...unpaid.map((entry) => ({
      sessionId: session.id,
      turnId: undefined,
      ordinal: undefined,
      kind: 'missing' as const,
      message: `Session '${session.id}' holds response '${responseIdOf(entry)}' as entry ${entry.id}, and no row of the ledger is of it.`,
    })),
    ...turns.flatMap((row) => checkAnswer(row, entryOf.get(row.entryId))),
  ];
}

function checkAnswer(row: TurnRow, entry: Entry | undefined): readonly LedgerFinding[] {
  if (!entry) return [findingAt(row, 'missing', `the entry of its answer, ${row.entryId}, is gone`)];
  const answered = responseIdOf(entry);
  const isSame = answered === undefined || row.responseId === null || answered === row.responseId;
  return isSame
    ? []
    : [findingAt(row, 'swapped', `it is of response '${row.responseId}', and its answer of '${answered}'`)];
}

/** The vendor's id of the response that an entry holds; `undefined` for entries that no model wrote, or whose vendor named none. */
function responseIdOf({ kind, payload }: Entry): string | undefined {
  if (kind !== 'assistant-message') return undefined;
  const id = asObject(asObject(parse(payload))?.['message'])?.['responseId'];
  return typeof id === 'string' ? id : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
