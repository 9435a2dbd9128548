import type { CheckpointStore, RunRecord, SessionId, SessionRecord } from '../../src/index.ts';

/** What a store hands out of everything it holds, session by session, as plain JSON. */
export async function readEverything(store: CheckpointStore): Promise<Readonly<Record<SessionId, unknown>>> {
  const sessions = await listedSessions(store);
  const read = await Promise.all(sessions.map((session) => readSession(store, session)));
  return plain(Object.fromEntries(sessions.map(({ id }, index) => [id, read[index]])));
}

/** Money as text that ends with `n`, bytes as base64. */
export function plain<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value, toPlain));
}

async function listedSessions(store: CheckpointStore): Promise<readonly SessionRecord[]> {
  const { items, next } = await store.listSessions({ limit: 100 });
  if (next !== null) throw new Error('More sessions than a test has.');
  return items;
}

async function readSession(store: CheckpointStore, listed: SessionRecord): Promise<unknown> {
  const { id } = listed;
  const dump = await store.dumpSession(id);
  const first = dump.snapshots[0]?.id;
  const runs = (await store.listRuns({ sessionId: id, limit: 100 })).items;
  return {
    listed,
    session: await store.readSession(id),
    entries: await store.readEntries(id),
    turns: await store.readTurns(id),
    lastTurn: await store.readLastTurn(id),
    ledger: await store.readLedger(id),
    snapshots: await store.readSnapshots(id),
    lastSnapshot: await store.readLastSnapshot(id),
    made: (await store.listSnapshots(id, { limit: 100 })).items,
    named: await Promise.all(dump.snapshots.map((snapshot) => store.readSnapshot(snapshot.id))),
    toolCalls: await Promise.all(dump.turns.map((turn) => store.readToolCalls(turn.id))),
    pending: await store.readPendingTurn(id),
    lease: await store.readLease(id),
    backups: first === undefined ? [] : await store.readFileBackups({ sessionId: id, snapshotId: first }),
    dump,
    // Formats from before there were runs have none.
    ...(runs.length > 0 && { runs: await Promise.all(runs.map((run) => readRun(store, run))) }),
  };
}

async function readRun(store: CheckpointStore, listed: RunRecord): Promise<unknown> {
  const { id } = listed;
  return { listed, run: await store.readRun(id), events: await store.readRunEvents(id) };
}

function toPlain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  // JSON writes a Buffer its own way before it asks.
  if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value) {
    return Array.isArray(value.data) ? Buffer.from(value.data).toString('base64') : value;
  }
  return value;
}
