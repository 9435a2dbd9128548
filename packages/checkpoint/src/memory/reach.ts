import type { BlobHash } from '../blob.ts';
import type { FileBackup } from '../file-backup.ts';
import type { PendingTurn, RequestColumns, TurnRow } from '../ledger.ts';
import type { SessionRecord, Snapshot } from '../session.ts';
import type { DumpedEntry } from '../session-dump.ts';
import type { MemoryData, Numbered } from './memory-data.ts';
import { madeBy } from './snapshot-records.ts';

/** What makes a session up, on every branch it has been on: what lives as long as it does. */
export interface Reach {
  readonly entries: ReadonlySet<DumpedEntry>;
  readonly turns: ReadonlySet<TurnRow>;
  readonly snapshots: ReadonlySet<Numbered<Snapshot>>;
}

export function reach(data: MemoryData, { id, tip, tipTurn }: SessionRecord): Reach {
  const made = madeBy(data, id);
  const lastTurns = [
    tipTurn,
    ...(data.ledgers.get(id) ?? []).map((turn) => turn.id),
    ...made.map(({ item }) => item.turnId),
  ];
  const turns = allPaths(lastTurns, data.turns, ({ parentId }) => parentId);
  const ofTurns = [...turns].flatMap((turn) => data.snapshots.get(data.turnSnapshots.get(turn.id) ?? '') ?? []);
  const snapshots = new Set([...made, ...ofTurns]);
  const lastEntries = [tip, ...[...turns].map(({ entryId }) => entryId), ...made.map(({ item }) => item.entryId)];
  return { entries: allPaths(lastEntries, data.entries, ({ parent }) => parent), turns, snapshots };
}

/** The blobs that these records name. */
export function blobsOf(records: {
  readonly entries: readonly DumpedEntry[];
  readonly turns: readonly RequestColumns[];
  readonly fileBackups: readonly FileBackup[];
  readonly pendingTurn: PendingTurn | null;
}): ReadonlySet<BlobHash> {
  const requests = [...records.turns, ...(records.pendingTurn === null ? [] : [records.pendingTurn])];
  const named = [
    ...records.entries.flatMap(({ blobs }) => blobs),
    ...requests.flatMap(({ systemHash, toolsHash }) => [systemHash, toolsHash]),
    ...records.fileBackups.map(({ blobHash }) => blobHash),
  ];
  return new Set(named.filter((hash) => hash !== null));
}

/** Every item on the way to one of the ends. */
function allPaths<Item>(
  ends: readonly (string | null)[],
  items: ReadonlyMap<string, Item>,
  parentOf: (item: Item) => string | null,
): ReadonlySet<Item> {
  const found = new Set<Item>();
  for (const end of ends) {
    for (let item = items.get(end ?? ''); item && !found.has(item); item = items.get(parentOf(item) ?? ''))
      found.add(item);
  }
  return found;
}
