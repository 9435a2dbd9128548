import { type CheckpointStore, itemsOf, type SessionId, type TurnId, type TurnRow } from '@reprise/checkpoint';
import { asObject, parseExactJson, type TokenCounts } from '@reprise/providers';
import { AgentError } from '../errors.ts';
import { readTokenColumns } from '../session/ledger-row.ts';
import { addUsage, NO_USAGE, type Usage, usageOfCounts } from './usage.ts';

/** One model call as the ledger has it: who made it, when, with what, and what it cost. */
export interface UsageEntry {
  readonly sessionId: SessionId;
  readonly turnId: TurnId;
  /** Epoch milliseconds at which it was made. */
  readonly at: number;
  readonly family: string;
  readonly model: string;
  readonly stopReason: string;
  readonly tokens: TokenCounts;
  /** 10⁻¹² US dollars, by the prices of the time; `undefined` where none was known. */
  readonly picoUsd: bigint | undefined;
}

export interface UsageQuery {
  /** Whose calls. Default: those of every session in the store. */
  readonly sessionId?: SessionId;
  /** Epoch milliseconds; calls made before that are left out. */
  readonly from?: number;
  /** Epoch milliseconds; calls made then or later are left out. */
  readonly to?: number;
}

type LedgerStore = Pick<CheckpointStore, 'readLedger' | 'listSessions'>;

/**
 * The usage log: every model call that the sessions of a store have made, each once, on branches they were rewound from, too. Of one session
 * in order; a fork's calls are its own, not those it inherited. Throws `agent/unreadable-entry` for a damaged row, or a `CheckpointError`.
 */
export async function* usageEntries(
  store: LedgerStore,
  { sessionId, from = 0, to = Number.POSITIVE_INFINITY }: UsageQuery = {},
): AsyncGenerator<UsageEntry, void, undefined> {
  const sessions = sessionId === undefined ? sessionIds(store) : [sessionId];
  for await (const id of sessions) {
    for (const row of await store.readLedger(id)) {
      if (row.startedAt >= from && row.startedAt < to) yield usageEntry(row);
    }
  }
}

/** What these calls used together. */
export async function totalUsage(entries: Iterable<UsageEntry> | AsyncIterable<UsageEntry>): Promise<Usage> {
  let total = NO_USAGE;
  for await (const { tokens, picoUsd } of entries) total = addUsage(total, usageOfCounts(tokens, picoUsd));
  return total;
}

async function* sessionIds(store: LedgerStore): AsyncGenerator<SessionId, void, undefined> {
  for await (const { id } of itemsOf((page) => store.listSessions(page))) yield id;
}

function usageEntry(row: TurnRow): UsageEntry {
  const { sessionId, id: turnId, startedAt: at, family, model, stopReason, costPicoUsd } = row;
  return {
    sessionId,
    turnId,
    at,
    family,
    model,
    stopReason,
    tokens: { ...readTokenColumns(row.tokens), serverTools: readServerTools(row) },
    picoUsd: costPicoUsd ?? undefined,
  };
}

function readServerTools({ id, serverTools }: TurnRow): TokenCounts['serverTools'] {
  const counters = asObject(parseExactJson(serverTools));
  const requests: Record<string, number> = {};
  for (const [tool, value] of Object.entries(counters ?? { '': serverTools })) {
    if (typeof value === 'number') requests[tool] = value;
    else
      throw new AgentError('agent/unreadable-entry', `The server tools of turn ${id} are no JSON object of numbers.`);
  }
  return requests;
}
