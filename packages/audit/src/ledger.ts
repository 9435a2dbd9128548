import type { NewTurn } from '@reprise/checkpoint';
import {
  asObject,
  type Billing,
  billingFromUsage,
  type CacheParameters,
  type Count,
  type Family,
  type PlannedMark,
  type PrefixBlock,
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
  /** Epoch milliseconds at which the response had arrived; absent where nobody knows. */
  readonly endedAt?: number;
  /**
   * What `startedAt` is where a log does not say when the request was sent: `logged`, a time at or after it, that of the log's first word of
   * the response; `file`, the time of the file, which tells nothing of the order.
   */
  readonly timeBasis?: 'logged' | 'file';
  /** The session as its log names it; absent where none is named. */
  readonly sessionId?: string;
  /** The conversation within the session, such as a sub-agent's; absent for the session's own. */
  readonly conversationId?: string;
  /** The vendor's id of the response; absent where the log has none. */
  readonly responseId?: string;
  /** The vendor's id of the request; absent where the log has none. */
  readonly requestId?: string;
  /** What was worked on, such as the folder that an agent was started in; absent where the log does not say. */
  readonly project?: string;
  /** What the log says of the response beside the rest, by name; absent for nothing. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The request as the blocks its cache matches; absent where its content is not known, or was not asked for. */
  readonly prefix?: readonly PrefixBlock[];
  /** The settings of the request that decide what may be read of its prefix; absent where they are not known. */
  readonly parameters?: CacheParameters;
  /** The cache marks that the request carried, in render order; absent where nobody knows. */
  readonly marks?: readonly PlannedMark[];
  /** Where the response was read; absent for a store's. */
  readonly source?: LogPlace;
}

/** A line of a log. */
export interface LogPlace {
  readonly path: string;
  /** From 1; of several lines the first. */
  readonly line: number;
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

/** A row's requests to the vendor's own tools. Throws `audit/unreadable-row`. */
export function decodeServerTools({
  id,
  serverTools,
}: Pick<NewTurn, 'id' | 'serverTools'>): Readonly<Record<string, number>> {
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
