/**
 * The one order in which a session's records are dumped, whichever store they come from and in whatever order they came into it.
 *
 * Owns: the order of a `SessionDump`. Pure. A store hands in the records it found; its own snapshots and backups as they were written.
 *
 * O1. Turns: those of other sessions first, each after its parent, then the session's own by ordinal.
 * O2. Entries: those on the way to each turn, then to each snapshot, then to the tip, each after its parent.
 * O3. Snapshots: those of other sessions first, by turn, then the session's own as they were written. So are file backups.
 * O4. Tool calls by turn and position. Blobs, and the blobs of an entry, by hash.
 */

import type { TurnRow } from './ledger.ts';
import type { Snapshot } from './session.ts';
import type { DumpedEntry, SessionDump } from './session-dump.ts';

/** The same records in the order of a dump, but for entries that lead to nothing: these are left out. */
export function orderDump(dump: SessionDump): SessionDump {
  const turns = orderTurns(dump.turns, dump.session.id);
  const places = new Map(turns.map(({ id }, index) => [id, index]));
  const placeOf = (turnId: string) => places.get(turnId) ?? turns.length;
  const isOwn = ({ sessionId }: Snapshot) => sessionId === dump.session.id;
  const inherited = dump.snapshots.filter((snapshot) => !isOwn(snapshot));
  const snapshots = [
    ...inherited.sort((a, b) => placeOf(a.turnId) - placeOf(b.turnId)),
    ...dump.snapshots.filter(isOwn),
  ];
  return {
    ...dump,
    entries: orderEntries({ ...dump, snapshots }, turns),
    turns,
    snapshots,
    toolCalls: dump.toolCalls.toSorted((a, b) => placeOf(a.turnId) - placeOf(b.turnId) || a.position - b.position),
    blobs: dump.blobs.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)),
  };
}

function orderTurns(turns: readonly TurnRow[], sessionId: string): readonly TurnRow[] {
  const own = turns.filter((turn) => turn.sessionId === sessionId).toSorted((a, b) => a.ordinal - b.ordinal);
  const inherited = turns.filter((turn) => turn.sessionId !== sessionId);
  const ids = inherited.map(({ id }) => id);
  return [...pathsTo(ids, inherited, ({ parentId }) => parentId), ...own];
}

function orderEntries({ entries, snapshots, session }: SessionDump, turns: readonly TurnRow[]): readonly DumpedEntry[] {
  const ends = [...turns.map(({ entryId }) => entryId), ...snapshots.map(({ entryId }) => entryId), session.tip];
  const ordered = pathsTo(ends, entries, ({ parent }) => parent);
  return ordered.map((entry) => ({ ...entry, blobs: entry.blobs.toSorted() }));
}

/** Every record on the way to one of the ends, in the order of the ends, each after its parent and once. */
function pathsTo<Item extends { readonly id: string }>(
  ends: readonly string[],
  items: readonly Item[],
  parentOf: (item: Item) => string | null,
): readonly Item[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const seen = new Set<Item>();
  return ends.flatMap((end) => {
    const path: Item[] = [];
    for (let item = byId.get(end); item !== undefined && !seen.has(item); item = byId.get(parentOf(item) ?? '')) {
      seen.add(item);
      path.push(item);
    }
    return path.reverse();
  });
}
