import type { CheckpointStore, SessionId, SessionRecord } from '@reprise/checkpoint';
import type { ReportRenderer, ReportScope } from './audit-report.ts';
import { createReportCollector } from './collect-report.ts';
import { auditedSession } from './visit-sessions.ts';

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
  'listSessions' | 'readBlobs' | 'readEntries' | 'readLedger' | 'readSession' | 'readTurns'
>;

/**
 * A report on a store that is open, piece by piece as it is asked for: one session is in memory at a time. What is committed meanwhile may be
 * among it. Rejects with `audit/unreadable-row`, and with what the store rejects with. Nothing is written.
 */
export async function* reportOnStore(
  store: ReportedStore,
  { scope, renderer, sessionPrefix, nameOf = (sessionId) => sessionId, allowPartial = false }: StoreReportOptions,
): AsyncGenerator<string, void, undefined> {
  const { since, until, madeAt: asOf, sources } = scope;
  const source = sources[0]?.path ?? '';
  const collector = createReportCollector(scope.by, { allowPartial });
  yield* renderer.begin();
  for await (const record of sessionsOf(store, scope.sessionIds, sessionPrefix)) {
    const read = await auditedSession(store, record, { source, since, until, asOf, allowPartial });
    if (read.statement.turnCount === 0) continue;
    const session = { ...read, sessionId: nameOf(record.id) };
    collector.add(session);
    yield* renderer.session(session);
  }
  yield* renderer.end({ ...collector.report(), scope, imports: [] });
}

async function* sessionsOf(
  store: ReportedStore,
  sessionIds: readonly SessionId[] | undefined,
  prefix: string | undefined,
): AsyncGenerator<SessionRecord, void, undefined> {
  for (const sessionId of sessionIds ?? []) {
    const record = await store.readSession(sessionId);
    if (record) yield record;
  }
  for (let after: string | null | undefined = sessionIds ? null : undefined; after !== null; ) {
    const query = {
      limit: 200,
      ...(prefix === undefined ? {} : { prefix }),
      ...(after === undefined ? {} : { after }),
    };
    const page: Awaited<ReturnType<CheckpointStore['listSessions']>> = await store.listSessions(query);
    yield* page.items;
    after = page.next;
  }
}
