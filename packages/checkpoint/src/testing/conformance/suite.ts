import { afterEach, beforeEach, expect } from 'vitest';
import type { CheckpointErrorCode } from '../../errors.ts';
import type { Page } from '../../page.ts';
import type { SessionRecord, SnapshotContent } from '../../session.ts';
import type { CheckpointStore } from '../../store.ts';
import type { NewSession, TurnCommitResult } from '../../writes.ts';
import { turnCommit } from '../builders.ts';

/** Where a store under test keeps its data. It can be opened again, and more than once at the same time. */
export interface StorePlace {
  /** Opens the store with this clock for its leases. */
  open(options: { readonly clock: () => number }): CheckpointStore | Promise<CheckpointStore>;
  /** Takes the place away, after every store in it was closed. */
  remove(): void | Promise<void>;
}

export type CreatePlace = () => StorePlace | Promise<StorePlace>;

/** What each test of the suite has: an empty place with a store open in it, and the time. */
export interface StoreSuite {
  readonly store: () => CheckpointStore;
  /** Opens another store in the same place. */
  readonly open: () => Promise<CheckpointStore>;
  /** Opens a store in another place. */
  readonly elsewhere: () => Promise<CheckpointStore>;
  readonly clock: { now: number };
}

export const CREATED_AT = 1_760_000_000_000;

/** A place may have to start a server first. */
const START_MS = 60_000;

/** Opens a store in a place of its own before each test, and closes whatever was opened after it. */
export function storeSuite(createPlace: CreatePlace): StoreSuite {
  const clock = { now: CREATED_AT };
  const places: StorePlace[] = [];
  const opened: CheckpointStore[] = [];
  let place: StorePlace;
  let store: CheckpointStore;

  const openIn = async (here: StorePlace) => {
    const another = await here.open({ clock: () => clock.now });
    opened.push(another);
    return another;
  };
  const newPlace = async () => {
    const created = await createPlace();
    places.push(created);
    return created;
  };

  beforeEach(async () => {
    clock.now = CREATED_AT;
    place = await newPlace();
    store = await openIn(place);
  }, START_MS);

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
    for (const each of places.splice(0)) await each.remove();
  }, START_MS);

  return {
    store: () => store,
    open: () => openIn(place),
    elsewhere: async () => openIn(await newPlace()),
    clock,
  };
}

/** Rejects unless the call, which is `what`, was refused with this code. */
export async function expectRefusal(call: Promise<unknown>, code: CheckpointErrorCode, what = ''): Promise<void> {
  await expect(call, what).rejects.toMatchObject({ name: 'CheckpointError', code });
}

export function createSession(
  store: CheckpointStore,
  id: string,
  given: Partial<NewSession> = {},
): Promise<SessionRecord> {
  return store.createSession({ createdAt: CREATED_AT, ...given, id });
}

/** Commits turns `turn-<name>` with snapshots `snapshot-<name>` at the session's tip, one after the other. */
export async function commitTurns(
  store: CheckpointStore,
  sessionId: string,
  names: readonly string[],
): Promise<readonly TurnCommitResult[]> {
  const committed: TurnCommitResult[] = [];
  for (const name of names) {
    const turnNumber = ((await store.readLastSnapshot(sessionId))?.turnCount ?? 0) + 1;
    const expectedTip = await tipOf(store, sessionId);
    committed.push(await store.commitTurn(turnCommit({ sessionId, expectedTip }, { name, turnNumber })));
  }
  return committed;
}

export async function tipOf(store: CheckpointStore, sessionId: string): Promise<string> {
  return (await store.readSession(sessionId))?.tip ?? '';
}

/** What a rewind names the place it leaves with. */
export function leaving(id: string): SnapshotContent & { readonly id: string } {
  return turnCommit({ sessionId: '', expectedTip: '' }, { name: id, turnNumber: 9 }).snapshot;
}

/** Everything a store tells of a session, for a test that nothing has changed. */
export async function everythingIn(store: CheckpointStore, sessionId: string): Promise<unknown> {
  const turns = await store.readTurns(sessionId);
  return {
    session: await store.readSession(sessionId),
    entries: await store.readEntries(sessionId),
    turns,
    lastTurn: await store.readLastTurn(sessionId),
    ledger: await store.readLedger(sessionId),
    snapshots: await store.readSnapshots(sessionId),
    lastSnapshot: await store.readLastSnapshot(sessionId),
    made: (await store.listSnapshots(sessionId)).items,
    toolCalls: await Promise.all(turns.map(({ id }) => store.readToolCalls(id))),
    pending: await store.readPendingTurn(sessionId),
    dump: await store.dumpSession(sessionId),
  };
}

/** Every page of a list, from the first to the last. */
export async function pagesOf<Item, Query extends object>(
  list: (query: Query & { readonly after?: string }) => Promise<Page<Item>>,
  query: Query,
): Promise<readonly (readonly Item[])[]> {
  const read: (readonly Item[])[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page: Page<Item> = await list(after === undefined ? query : { ...query, after });
    read.push(page.items);
    after = page.next;
  }
  return read;
}

/** The ids and texts of a branch, for a test of which of them are there. */
export async function branchOf(store: CheckpointStore, sessionId: string) {
  return {
    entries: (await store.readEntries(sessionId)).map(({ payload }) => JSON.parse(payload).text),
    turns: (await store.readTurns(sessionId)).map(({ id }) => id),
    lastTurn: (await store.readLastTurn(sessionId))?.id,
    snapshots: (await store.readSnapshots(sessionId)).map(({ id }) => id),
    lastSnapshot: (await store.readLastSnapshot(sessionId))?.id,
  };
}
