/**
 * The turns of a stored branch with the requests they answered, made again from what the store holds.
 *
 * Owns: rows and entries → what the vendor's cache met, request by request.
 * Leaves to `request-columns.ts` and `stored-history.ts`: what stored texts mean. To `rebuild-requests.ts`: making requests again.
 *
 * T1. What is not known is `undefined`; it is never made up.
 */

import type { CheckpointStore, EntryId, SessionId, TurnRow } from '@reprise/checkpoint';
import {
  type CacheDiagnostics,
  type CacheParameters,
  type CachePolicy,
  type Model,
  type PlannedMark,
  type PrefixBlock,
  prefixHashes,
} from '@reprise/providers';
import { AuditError } from '../errors.ts';
import { type LedgerRow, ledgerRow } from '../ledger.ts';
import { cacheParametersOf } from './cache-parameters.ts';
import { rebuildRequests, type SentRequest, type StoredTurn } from './rebuild-requests.ts';
import {
  type AskedModel,
  type Replacement,
  type RequestOptions,
  readMarks,
  readRequestOptions,
} from './request-columns.ts';
import { readBytes, readHistory, type StoredHistory } from './stored-history.ts';

/** One turn, and what is known of its request. */
export interface RecordedTurn {
  readonly row: LedgerRow;
  /** The conversation it belongs to: turns of one branch follow each other. */
  readonly branch: string;
  /** The model that the request was sent to. */
  readonly asked: AskedModel;
  /** Epoch milliseconds from which other requests can read what this one wrote: when its answer began. */
  readonly visibleAt: number;
  /** The request as its vendor's cache met it; `undefined` where it cannot be made again. */
  readonly prefix: RecordedPrefix | undefined;
  /** How many blocks the request had; `undefined` where nobody knows. */
  readonly blockCount: number | undefined;
  /** First digits of the hash of the prefix that ends with each block; `undefined` for blocks of which none was kept. */
  readonly keptHashes: readonly (string | undefined)[];
  /** The cache marks that were placed, in render order; `undefined` where nobody knows. */
  readonly marks: readonly PlannedMark[] | undefined;
  /** Settings that decide what may be read; `undefined` where they are not known. */
  readonly parameters: CacheParameters | undefined;
  /** The policy that was asked for; `undefined` for the default, or where nobody knows. */
  readonly policy: CachePolicy | undefined;
  /** Ollama's `keep_alive`, as it was sent. */
  readonly keepAlive?: unknown;
  /** Whether the counts are of the prefix alone: nothing was sent with this request only, and the vendor added nothing it had found. */
  readonly isWhole: boolean;
  readonly injectedBy: readonly string[];
  readonly replacedBy: readonly Replacement[];
  /** Why the history was edited since the turn before, such as `compaction`. */
  readonly editedBy: readonly string[];
  /** The vendor's own verdict, where one was kept. */
  readonly diagnostics?: CacheDiagnostics;
}

export interface RecordedPrefix {
  readonly blocks: readonly PrefixBlock[];
  /** Of the prefix that ends with each block. */
  readonly hashes: readonly string[];
}

export interface ReadTurnsOptions {
  /** Models of your own that may have sent requests, beside those of this library's adapters. They are asked for blocks alone. */
  readonly models?: readonly Model[];
}

type TurnsStore = Pick<CheckpointStore, 'readBlobs' | 'readEntries' | 'readSession' | 'readTurns'>;

/**
 * The turns of the branch that ends at a session's tip, oldest first, those inherited from a fork's origin included. The blocks of a turn are
 * cut out while it is asked for: of a long session keep what you need of a turn, and not the turn. Rejects with `audit/session-missing` and
 * `audit/unreadable-row`, and with whatever the store rejects with.
 */
export async function readRecordedTurns(
  store: TurnsStore,
  sessionId: SessionId,
  { models = [] }: ReadTurnsOptions = {},
): Promise<Iterable<RecordedTurn>> {
  if ((await store.readSession(sessionId)) === undefined) {
    throw new AuditError('audit/session-missing', `There is no session "${sessionId}" in this store.`);
  }
  const [rows, entries] = await Promise.all([store.readTurns(sessionId), store.readEntries(sessionId)]);
  const named = rows.flatMap(({ systemHash, toolsHash }) => [systemHash, toolsHash]).filter((hash) => hash !== null);
  const [history, blobs] = await Promise.all([readHistory(store, entries), readBytes(store, [...new Set(named)])]);
  const stored = rows.map((row) => ({ row, options: readRequestOptions(row) }));
  const sent = await rebuildRequests(stored, { history, blobs, models });
  return { [Symbol.iterator]: () => cutOut(stored, sent, { history, branch: sessionId }) };
}

function* cutOut(
  stored: readonly StoredTurn[],
  sent: readonly SentRequest[],
  { history, branch }: { readonly history: StoredHistory; readonly branch: string },
): Generator<RecordedTurn, void, undefined> {
  let kept: readonly (string | undefined)[] = [];
  let before: EntryId | undefined;
  for (const [index, { row, options }] of stored.entries()) {
    const { rebuilt, body } = sent[index] ?? { rebuilt: undefined, body: undefined };
    const count = row.prefixBlocks ?? 0;
    kept = keptHashes(kept, count, options.addedHashes);
    yield {
      ...fromRow(row, options),
      branch,
      prefix: rebuilt && { blocks: rebuilt.blocks.slice(0, count), hashes: rebuilt.hashes.slice(0, count) },
      keptHashes: kept,
      parameters: rebuilt && cacheParametersOf(row.family, body, rebuilt.media, count),
      editedBy: history.editsBetween(before, row.entryId),
    };
    before = row.entryId;
  }
}

function fromRow(
  row: TurnRow,
  options: RequestOptions,
): Omit<RecordedTurn, 'branch' | 'editedBy' | 'keptHashes' | 'parameters' | 'prefix'> {
  const { policy, keepAlive, injectedBy, replacedBy, diagnostics } = options;
  return {
    row: ledgerRow(row),
    asked: options.asked ?? { family: row.family, model: row.model },
    visibleAt: row.startedAt + (row.firstTokenMs ?? row.durationMs),
    blockCount: row.prefixBlocks ?? undefined,
    marks: readMarks(row),
    policy,
    ...(keepAlive === undefined ? {} : { keepAlive }),
    isWhole: injectedBy.length === 0 && row.serverTools === '{}',
    injectedBy,
    replacedBy,
    ...(diagnostics ? { diagnostics } : {}),
  };
}

/** A row keeps the hashes of what it added to the one before it, or of all where it did not go on as that. */
function keptHashes(
  before: readonly (string | undefined)[],
  count: number,
  added: readonly string[] | undefined,
): readonly (string | undefined)[] {
  const shared = added ? Math.max(0, count - added.length) : 0;
  const known = Array.from({ length: shared }, (_, index) => before[index]);
  return added ? [...known, ...added] : Array.from({ length: count }, () => undefined);
}

/** A turn of which there is a row alone, such as an imported one. */
export function turnOfRow(row: LedgerRow): RecordedTurn {
  const { family, model, startedAt, endedAt = startedAt, sessionId = '', conversationId = '', prefix } = row;
  return {
    row,
    branch: `${sessionId}/${conversationId}`,
    asked: { family, model },
    visibleAt: endedAt,
    prefix: prefix && { blocks: prefix, hashes: prefixHashes(prefix) },
    blockCount: prefix?.length,
    keptHashes: [],
    marks: row.marks,
    parameters: row.parameters,
    policy: undefined,
    isWhole: Object.keys(row.tokens.serverTools).length === 0,
    injectedBy: [],
    replacedBy: [],
    editedBy: [],
  };
}
