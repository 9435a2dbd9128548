import { type CheckpointStore, itemsOf, type SessionId, type SessionRecord, type TurnRow } from '@reprise/checkpoint';
import type { ReportRenderer, ReportScope } from './audit-report.ts';
import { createReportCollector, type ReportCollector } from './collect-report.ts';
import { auditedRows, auditedSession } from './visit-sessions.ts';

export interface StoreReportOptions {
  readonly scope: ReportScope;
  readonly renderer: ReportRenderer;
  /** Only sessions whose ids begin with this. Default: all, or those of the scope. */
  readonly sessionPrefix?: string | undefined;
  /** What a session is called in the report. Default: its id. */
  readonly nameOf?: (sessionId: SessionId) => string;
  /** Give ratios over the covered turns even if some turns have no known price. */
  readonly allowPartial?: boolean;
}

type ReportedStore = Pick<
  CheckpointStore,
  'listSessions' | 'readBlobs' | 'readEntries' | 'readLedger' | 'readSession' | 'readTurns' | 'streamTurns' | 'sumTurns'
>;

/**
 * A report on a store that is open, piece by piece as it is asked for: one session is in memory at a time. What is committed meanwhile may be
 * among it. Throws at once for a time zone that nobody knows; rejects with `audit/unreadable-row`, and with what the store rejects with.
 * Nothing is written.
 */
export function reportOnStore(
  store: ReportedStore,
  options: StoreReportOptions,
): AsyncGenerator<string, void, undefined> {
  const { allowPartial = false, scope } = options;
  return piecesOf(store, options, createReportCollector(scope.by, { allowPartial, timeZone: scope.timeZone }));
}

async function* piecesOf(
  store: ReportedStore,
  { scope, renderer, sessionPrefix, nameOf = (sessionId) => sessionId, allowPartial = false }: StoreReportOptions,
  collector: ReportCollector,
): AsyncGenerator<string, void, undefined> {
  const { since, until, models, madeAt: asOf, sources } = scope;
  const options = { source: sources[0]?.path ?? '', since, until, models, asOf, allowPartial };
  yield* renderer.begin();
  for await (const { record, rows } of sessionsOf(store, scope, sessionPrefix)) {
    const read = rows ? auditedRows(rows, record, options) : await auditedSession(store, record, options);
    if (read.statement.turnCount === 0) continue;
    const session = { ...read, sessionId: nameOf(record.id) };
    collector.add(session);
    yield* renderer.session(session);
  }
  yield* renderer.end({ ...collector.report(), scope, imports: [], leftOut: [] });
}

interface FoundSession {
  readonly record: Pick<SessionRecord, 'id' | 'metadata'>;
  /** Of a session that is gone: what is left of its ledger. */
  readonly rows?: readonly TurnRow[];
}

async function* sessionsOf(
  store: ReportedStore,
  scope: ReportScope,
  sessionPrefix: string | undefined,
): AsyncGenerator<FoundSession, void, undefined> {
  const seen = new Set<SessionId>();
  for await (const record of recordsOf(store, scope.sessionIds, sessionPrefix)) {
    seen.add(record.id);
    yield { record };
  }
  // A fork keeps rows of a session that is gone, and every sum over the store has them.
  const { since, until, models, sessionIds } = scope;
  for (const { key } of await store.sumTurns({ since, until, models, sessionIds, sessionPrefix, by: ['sessionId'] })) {
    const { sessionId: id } = key;
    if (id === undefined || seen.has(id)) continue;
    yield { record: { id, metadata: '{}' }, rows: await Array.fromAsync(store.streamTurns({ sessionIds: [id] })) };
  }
}

async function* recordsOf(
  store: ReportedStore,
  sessionIds: readonly SessionId[] | undefined,
  prefix: string | undefined,
): AsyncGenerator<SessionRecord, void, undefined> {
  if (!sessionIds) return yield* itemsOf((page) => store.listSessions({ ...page, prefix }));
  for (const sessionId of sessionIds) {
    const record = await store.readSession(sessionId);
    if (record) yield record;
  }
}
