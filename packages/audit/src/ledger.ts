import type { NewTurn } from '@reprise/checkpoint';
import {
  asObject,
  type Billing,
  billingFromUsage,
  type Count,
  type Family,
  type TokenCounts,
} from '@reprise/providers';
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
  /** What the vendor said of the bill beside the counts; absent where nothing is known of it. */
  readonly billing?: Billing;
  /** The cost recorded with the response; `undefined` when its price was unknown then. */
  readonly recordedPicoUsd: bigint | undefined;
}

/** A stored ledger row as the audit sees it. Throws `audit/unreadable-row`; a row is never skipped. */
export function ledgerRow(row: NewTurn): LedgerRow {
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
    billing: { ...serviceTier(row), ...billingFromUsage(row.family, decodeRawUsage(row)) },
    recordedPicoUsd: row.costPicoUsd ?? undefined,
  };
}

function count(column: number | null): Count {
  return column ?? 'not-reported';
}

/** Named beside the usage object by some vendors. */
function serviceTier({ serviceTier: tier }: NewTurn): Billing {
  return tier === null ? {} : { serviceTier: tier };
}

function decodeServerTools({ id, serverTools }: NewTurn): Readonly<Record<string, number>> {
  const counters = asObject(parse(serverTools));
  if (counters === undefined) throw unreadable(id, 'server tools are not a JSON object of numbers');
  const requests: Record<string, number> = {};
  for (const [tool, value] of Object.entries(counters)) {
    if (typeof value !== 'number') throw unreadable(id, 'server tools are not a JSON object of numbers');
    requests[tool] = value;
  }
  return requests;
}

function decodeRawUsage({ id, rawUsage }: NewTurn): unknown {
  if (rawUsage === null) return undefined;
  const usage = parse(rawUsage);
  if (usage === undefined) throw unreadable(id, 'raw usage is not JSON');
  return usage;
}

/** `undefined` for what is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(id: string, fault: string): AuditError {
  return new AuditError('audit/unreadable-row', `Ledger row "${id}" is damaged: its ${fault}.`);
}
