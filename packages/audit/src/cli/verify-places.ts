import { withExaminedStore } from '@reprise/checkpoint';
import { CommanderError } from 'commander';
import { csvLine } from '../render/csv.ts';
import { encodeJson } from '../render/json.ts';
import { countOf } from '../render/verdict.ts';
import { type Place, shownLocation } from '../report/visit-sessions.ts';
import type { LedgerFinding } from '../verify/finding.ts';
import { type LedgerVerification, verifyLedger } from '../verify/verify-ledger.ts';
import type { AuditRequest } from './audit-request.ts';
import type { Write } from './output.ts';
import { printable, type Terminal } from './terminal.ts';

interface VerifiedPlace extends LedgerVerification {
  readonly source: string;
}

/** Verifies the ledgers of the stores among the places, and writes what was found. Resolves to whether all are as they were written. */
export async function verifyPlaces(
  places: readonly Place[],
  { format, schema, sessionIds }: Pick<AuditRequest, 'format' | 'schema' | 'sessionIds'>,
  { terminal, write }: { readonly terminal: Terminal; readonly write: Write },
): Promise<boolean> {
  const stores = places.filter(({ kind }) => kind === 'store');
  if (stores.length === 0) {
    throw new CommanderError(
      2,
      'reprise.refused',
      'Only a store has a ledger that can be verified, and none was found.',
    );
  }
  if (stores.length < places.length) terminal.complain('note: logs have no ledger to verify, and were passed over.');
  const verified: VerifiedPlace[] = [];
  for (const { path: location } of stores) {
    const source = shownLocation(location);
    await withExaminedStore({ location, ...(schema === undefined ? {} : { schema }) }, async (store) => {
      for (const sessionId of sessionIds ?? [undefined]) {
        const onSession = (id: string) => terminal.progress(`verifying ${printable(source)}: ${printable(id)}`);
        verified.push({ source, ...(await verifyLedger(store, sessionId, { onSession })) });
      }
    });
  }
  terminal.progress('');
  await write(FORMATS[format === 'json' || format === 'csv' ? format : 'table'](verified));
  return verified.every(({ ok }) => ok);
}

const FORMATS: Readonly<Record<'table' | 'json' | 'csv', (verified: readonly VerifiedPlace[]) => string>> = {
  json: (verified) => `${encodeJson({ format: 'reprise-audit-verification/1', verified })}\n`,
  csv: (verified) =>
    [
      csvLine(['source', 'session', 'row', 'turn', 'kind', 'message']),
      ...verified.flatMap(({ source, findings }) => findings.map((finding) => csvLine(csvCells(source, finding)))),
    ].join(''),
  table: (verified) => verified.map(summary).join(''),
};

function csvCells(source: string, { sessionId, ordinal, turnId, kind, message }: LedgerFinding) {
  return [source, sessionId, ordinal === undefined ? undefined : { number: String(ordinal) }, turnId, kind, message];
}

function summary({ source, ok, sessions, rows, provenRequests, findings }: VerifiedPlace): string {
  const what = `${countOf(rows, 'row')} of ${countOf(sessions, 'session')}`;
  const verdict = ok ? 'as it was written, as far as rows and blocks tell' : 'NOT as it was written';
  const lines = findings.map(({ kind, message }) => `  ${kind}: ${printable(message)}`);
  const head = `${printable(source)}: ${verdict}. ${what} were read; ${countOf(provenRequests, 'request')} could be made again.`;
  return `${[head, ...lines].join('\n')}\n`;
}
