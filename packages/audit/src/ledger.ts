import type { TurnRow } from '@reprise/checkpoint';
import { asObject, type Count, type Family, type TokenCounts } from '@reprise/providers';
import { AuditError } from './errors.ts';

/** One model response as the audit sees it, whatever it came from. */
export interface LedgerRow {
  readonly id: string;
  readonly family: Family;
  readonly model: string;
  /** Epoch milliseconds at which the request was sent. */
  readonly startedAt: number;
  /** How much of the vendor's usage report arrived. */
  readonly usageState: 'final' | 'partial' | 'none';
  readonly tokens: TokenCounts;
  /** The cost recorded with the response; `undefined` when its price was unknown then. */
  readonly recordedPicoUsd: bigint | undefined;
}

/** A stored ledger row as the audit sees it. Throws `audit/unreadable-row`; a row is never skipped. */
export function ledgerRow(row: TurnRow): LedgerRow {
  const { tokens } = row;
  return {
    id: row.id,
    family: row.family,
    model: row.model,
    startedAt: row.startedAt,
    usageState: row.usageState,
    tokens: {
      fresh: count(tokens.fresh),
      cacheRead: count(tokens.cacheRead),
      cacheWrite: {
        '5m': count(tokens.cacheWrite5m),
        '1h': count(tokens.cacheWrite1h),
        '30m': count(tokens.cacheWrite30m),
        '12h': count(tokens.cacheWrite12h),
        unknown: count(tokens.cacheWriteUnknown),
      },
      output: count(tokens.output),
      reasoning: count(tokens.reasoning),
      serverTools: decodeServerTools(row),
    },
    recordedPicoUsd: row.costPicoUsd ?? undefined,
  };
}

function count(column: number | null): Count {
  return column ?? 'not-reported';
}

function decodeServerTools({ id, serverTools }: TurnRow): Readonly<Record<string, number>> {
  const requests: Record<string, number> = {};
  for (const [tool, value] of Object.entries(parseObject(id, serverTools))) {
    if (typeof value !== 'number') throw unreadable(id);
    requests[tool] = value;
  }
  return requests;
}

function parseObject(id: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const object = asObject(JSON.parse(text));
    if (object !== undefined) return object;
  } catch (cause) {
    throw unreadable(id, cause);
  }
  throw unreadable(id);
}

function unreadable(id: string, cause?: unknown): AuditError {
  const message = `The server tools of ledger row "${id}" are not a JSON object of numbers.`;
  return new AuditError('audit/unreadable-row', message, { cause });
}
