import type { BlobHash } from '../blob.ts';
import type { SessionId } from '../session.ts';
import type { SessionDump } from '../session-dump.ts';

/**
 * What a fork of the dumped session, made at its tip under this id, would be dumped as: the branch it is on, whose turns stay the dumped
 * session's. What a fork does not have is left out: other branches, file backups and a pending turn.
 */
export function forkOfDump(dump: SessionDump, id: SessionId): SessionDump {
  const { session } = dump;
  const onBranch = new Set([
    ...pathTo(session.tip, dump.entries, ({ parent }) => parent),
    ...pathTo(session.tipTurn, dump.turns, ({ parentId }) => parentId),
  ]);
  const entries = dump.entries.filter((entry) => onBranch.has(entry.id));
  const turns = dump.turns.filter((turn) => onBranch.has(turn.id));
  const snapshots = dump.snapshots.filter(({ reason, turnId }) => reason === 'turn' && onBranch.has(turnId));
  const origin = snapshots.find(({ turnId }) => turnId === session.tipTurn);
  const named = new Set<BlobHash | null>([
    ...entries.flatMap(({ blobs }) => blobs),
    ...turns.flatMap(({ systemHash, toolsHash }) => [systemHash, toolsHash]),
  ]);
  return {
    session: {
      ...session,
      id,
      forkedFrom: origin === undefined ? session.forkedFrom : { sessionId: session.id, snapshotId: origin.id },
    },
    entries,
    turns,
    snapshots,
    toolCalls: dump.toolCalls.filter(({ turnId }) => onBranch.has(turnId)),
    fileBackups: [],
    pendingTurn: null,
    blobs: dump.blobs.filter(({ hash }) => named.has(hash)),
  };
}

function pathTo<Item extends { readonly id: string }>(
  end: string | null,
  items: readonly Item[],
  parentOf: (item: Item) => string | null,
): readonly string[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const path: string[] = [];
  for (let item = byId.get(end ?? ''); item !== undefined; item = byId.get(parentOf(item) ?? '')) path.push(item.id);
  return path;
}
