/**
 * Sessions as clients see them, a page at a time.
 *
 * What a page costs does not grow with the store: two sums over the ledger and one look at what the sessions of the page are doing, and of each
 * its last snapshot.
 */

import { auditStore, type StoreSums } from '@reprise/audit';
import type { SessionId, SessionRecord, Standing } from '@reprise/checkpoint';
import { tenantOf } from './caller.ts';
import { decodeMetadata } from './metadata.ts';
import type { SessionBody, SpentBody } from './schemas/session.ts';
import type { HttpService } from './service.ts';
import { STANDING_TERMS, stateOf } from './session-state.ts';
import { agentName, shownId } from './sessions.ts';

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
  if (records.length === 0) return [];
  const [spent, models, states] = await Promise.all([
    readSpent(service, records),
    readModels(service, records),
    readStates(service, records),
  ]);
  return Promise.all(
    records.map(async (record): Promise<SessionBody> => {
      const { forkedFrom } = record;
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
        state: stateOf(states.get(record.id) ?? 'idle'),
        lastPrompt: await readLastPrompt(service, record),
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
  const sums = await store.sumTurns({ by: ['sessionId', 'model'], sessionIds: records.map(({ id }) => id) });
  for (const { key } of sums) {
    const { sessionId = '', model = '' } = key;
    models.set(sessionId, [...(models.get(sessionId) ?? []), model].toSorted());
  }
  return models;
}

async function readStates(
  { store }: Reads,
  records: readonly SessionRecord[],
): Promise<ReadonlyMap<SessionId, Standing>> {
  return store.readStandings({ ...STANDING_TERMS, sessionIds: records.map(({ id }) => id) });
}

async function readLastPrompt({ store }: Reads, { id, tipTurn }: SessionRecord): Promise<string | null> {
  if (tipTurn === null) return null;
  return (await store.readLastSnapshot(id))?.promptPreview ?? null;
}
