/**
 * Sessions as clients see them, a page at a time.
 *
 * What a page costs does not grow with the store: two sums over the ledger and one list of runs for the whole page, and of each session its
 * last snapshot.
 */

import { auditStore, type StoreSums } from '@reprise/audit';
import type { RunRecord, SessionId, SessionRecord } from '@reprise/checkpoint';
import { tenantOf } from './caller.ts';
import { decodeMetadata } from './metadata.ts';
import type { SessionBody, SessionState, SpentBody } from './schemas/session.ts';
import type { HttpService } from './service.ts';
import { agentName, shownId, withSession } from './sessions.ts';

type Reads = Pick<HttpService, 'agents' | 'store'>;

export async function describeSession(service: Reads, record: SessionRecord): Promise<SessionBody> {
  const [body] = await describeSessions(service, [record]);
  // One record makes one body.
  return body as SessionBody;
}

export async function describeSessions(
  service: Reads,
  records: readonly SessionRecord[],
): Promise<readonly SessionBody[]> {
  const [spent, models, live] = await Promise.all([
    readSpent(service, records),
    readModels(service, records),
    readLiveRuns(service, records),
  ]);
  return Promise.all(
    records.map(async (record): Promise<SessionBody> => {
      const { forkedFrom } = record;
      const { lastPrompt, state } = await readBranchEnd(service, record, live.get(record.id) ?? []);
      return {
        id: shownId(record),
        tenant: tenantOf(record.id),
        agent: agentName(service, record),
        createdAt: record.createdAt,
        updatedAt: record.updatedAt,
        metadata: decodeMetadata(record).metadata,
        forkedFrom: forkedFrom && {
          session: shownId({ id: forkedFrom.sessionId }),
          snapshotId: forkedFrom.snapshotId,
        },
        state,
        lastPrompt,
        models: models.get(record.id) ?? [],
        spent: spent.get(record.id) ?? NOTHING_SPENT,
      };
    }),
  );
}

const NOTHING_SPENT: SpentBody = {
  turnCount: 0,
  silentTurns: 0,
  unpricedTurns: 0,
  tokens: { fresh: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 },
  hitRatio: null,
  paidPicoUsd: null,
  savedPicoUsd: null,
};

async function readSpent(
  { store }: Reads,
  records: readonly SessionRecord[],
): Promise<ReadonlyMap<SessionId, SpentBody>> {
  if (records.length === 0) return new Map();
  const sessionIds = records.map(({ id }) => id);
  const { groups } = await auditStore(store, { by: 'session', sessionIds, allowPartial: true });
  return new Map(groups.map(({ key: { session = '' }, sums }) => [session, spentBody(sums)]));
}

function spentBody({ turnCount, silentTurns, unpricedTurns, tokens, money, covered, hitRatio }: StoreSums): SpentBody {
  return {
    turnCount,
    silentTurns,
    unpricedTurns,
    tokens: {
      fresh: tokens.fresh.tokens,
      cacheRead: tokens.cacheRead.tokens,
      cacheWrite: tokens.cacheWrite.tokens,
      output: tokens.output.tokens,
      reasoning: tokens.reasoning.tokens,
    },
    hitRatio: hitRatio ?? null,
    paidPicoUsd: money ? `${money.paidPicoUsd}` : null,
    savedPicoUsd: covered.turnCount > 0 ? `${covered.money.savedPicoUsd}` : null,
  };
}

async function readModels(
  { store }: Reads,
  records: readonly SessionRecord[],
): Promise<ReadonlyMap<SessionId, readonly string[]>> {
  const models = new Map<SessionId, string[]>();
  if (records.length === 0) return models;
  const sums = await store.sumTurns({ by: ['sessionId', 'model'], sessionIds: records.map(({ id }) => id) });
  for (const { key } of sums) {
    const { sessionId = '', model = '' } = key;
    models.set(sessionId, [...(models.get(sessionId) ?? []), model].toSorted());
  }
  return models;
}

/** Of one session its own; of a page all that are live in its tenants, of which there are few. */
async function readLiveRuns(
  { store }: Reads,
  records: readonly SessionRecord[],
): Promise<ReadonlyMap<SessionId, readonly RunRecord[]>> {
  const [first] = records;
  if (!first) return new Map();
  const isOne = records.length === 1;
  const tenants = new Set(records.map(({ id }) => tenantOf(id)));
  const range = isOne ? { sessionId: first.id } : tenants.size === 1 ? { sessionPrefix: `${tenantOf(first.id)}/` } : {};
  const runs: RunRecord[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page: Awaited<ReturnType<typeof store.listRuns>> = await store.listRuns({
      ...range,
      states: ['waiting', 'going'],
      limit: 1000,
      ...(after === undefined ? {} : { after }),
    });
    runs.push(...page.items);
    after = page.next;
  }
  return Map.groupBy(runs, ({ sessionId }) => sessionId);
}

interface BranchEnd {
  readonly lastPrompt: string | null;
  readonly state: SessionState;
}

async function readBranchEnd(service: Reads, record: SessionRecord, live: readonly RunRecord[]): Promise<BranchEnd> {
  const isRunning = live.some(({ state }) => state === 'going');
  const runState = isRunning ? 'running' : live.length > 0 ? 'waiting' : undefined;
  if (record.tipTurn === null) return { lastPrompt: null, state: runState ?? 'idle' };
  const snapshot = await service.store.readLastSnapshot(record.id);
  const lastPrompt = snapshot?.promptPreview ?? null;
  if (runState) return { lastPrompt, state: runState };
  // Requests for approval come behind the turn that made the calls.
  const mayWait = snapshot?.entryId !== record.tip && (await asksForApproval(service, record));
  return { lastPrompt, state: mayWait ? 'waiting-for-approval' : 'idle' };
}

/** Reads the branch only where its last turn called tools: behind it are their results, or what they wait for. */
async function asksForApproval(service: Reads, record: SessionRecord): Promise<boolean> {
  const last = await service.store.readLastTurn(record.id);
  if (last?.stopReason !== 'tool-use') return false;
  return withSession(service, record, async (session) =>
    (await session.approvals()).some(({ state }) => state === 'waiting'),
  );
}
