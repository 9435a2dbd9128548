import { corrupt } from '../../sql/rows.ts';

/** The tables of format 1 without their content. */
export interface Format1Outline {
  readonly entries: readonly OldEntry[];
  readonly sessions: readonly OldSession[];
  readonly turns: readonly OldTurn[];
}

interface OldEntry {
  readonly seq: number;
  readonly id: string;
  readonly parent: string | null;
  readonly createdAt: number;
}

interface OldSession {
  readonly id: string;
  readonly tip: string;
  readonly forkSessionId: string | null;
  readonly forkEntryId: string | null;
  readonly createdAt: number;
}

interface OldTurn {
  readonly id: string;
  readonly entryId: string;
  readonly sessionId: string;
}

/** A turn with the one before it, and its place among those of its session. */
export interface PlannedTurn extends OldTurn {
  readonly parentId: string | null;
  readonly ordinal: number;
  readonly entry: number;
  readonly root: number;
}

export interface PlannedSession {
  readonly id: string;
  readonly root: number;
  readonly tip: number;
  readonly tipTurnId: string | null;
  readonly updatedAt: number;
  readonly turnsCommitted: number;
}

/** Where everything goes; each turn comes after the one before it. Throws `checkpoint/corrupt` for a branch that does not hang together. */
export function planFromFormat1(outline: Format1Outline): {
  readonly sessions: readonly PlannedSession[];
  readonly turns: readonly PlannedTurn[];
} {
  const index = indexOf(outline);
  const branches = outline.sessions.map((session) => ({ session, steps: branchOf(session, index) }));
  const turns = branches.flatMap(({ session, steps }) => ownTurns(session, steps));
  const planned = new Set(turns.map(({ id }) => id));
  const lost = outline.turns.find(({ id }) => !planned.has(id));
  if (lost !== undefined) throw corrupt(`turn '${lost.id}' of entry ${lost.entryId} is on no branch of its session`);
  return {
    sessions: branches.map(({ session, steps }) => planSession(session, steps)),
    turns: turns.toSorted((a, b) => a.entry - b.entry),
  };
}

/** An entry on a branch, and the turn that the branch has there. */
interface Step {
  readonly entry: OldEntry;
  readonly turn: OldTurn | undefined;
}

interface Index {
  readonly entries: ReadonlyMap<string, OldEntry>;
  readonly sessions: ReadonlyMap<string, OldSession>;
  /** By entry and session. */
  readonly turns: ReadonlyMap<string, OldTurn>;
}

function indexOf({ entries, sessions, turns }: Format1Outline): Index {
  return {
    entries: new Map(entries.map((entry) => [entry.id, entry])),
    sessions: new Map(sessions.map((session) => [session.id, session])),
    turns: new Map(turns.map((turn) => [placeOf(turn.entryId, turn.sessionId), turn])),
  };
}

/**
 * From the root to the tip. A branch has the turns of the session that it belongs to, and from the entry of a fork on, towards the root,
 * those of the session that was forked.
 */
function branchOf(session: OldSession, { entries, sessions, turns }: Index): readonly Step[] {
  const steps: Step[] = [];
  let owner = session;
  for (let id: string | null = session.tip; id !== null; ) {
    const entry = entries.get(id);
    const child = steps.at(-1)?.entry;
    if (entry === undefined || (child !== undefined && entry.seq >= child.seq)) {
      throw corrupt(`entry ${id} of session '${session.id}' is missing`);
    }
    if (owner.forkEntryId === id) owner = sessions.get(owner.forkSessionId ?? '') ?? owner;
    steps.push({ entry, turn: turns.get(placeOf(id, owner.id)) });
    id = entry.parent;
  }
  return steps.reverse();
}

function ownTurns(session: OldSession, steps: readonly Step[]): readonly PlannedTurn[] {
  const root = rootOf(steps);
  const turns = turnsOf(steps);
  const isOwn = ({ turn }: { readonly turn: OldTurn }) => turn.sessionId === session.id;
  const before = turns.findIndex(isOwn);
  return turns.flatMap(({ entry, turn }, index) => {
    if (turn.sessionId !== session.id) return [];
    return {
      ...turn,
      parentId: turns[index - 1]?.turn.id ?? null,
      ordinal: index - before + 1,
      entry: entry.seq,
      root,
    };
  });
}

function planSession(session: OldSession, steps: readonly Step[]): PlannedSession {
  const turns = turnsOf(steps);
  const tip = steps.at(-1)?.entry;
  // The tip of a session that has not appended anything was not moved since it was created.
  const wasMoved = tip !== undefined && tip.parent !== null && tip.id !== session.forkEntryId;
  return {
    id: session.id,
    root: rootOf(steps),
    tip: tip?.seq ?? 0,
    tipTurnId: turns.at(-1)?.turn.id ?? null,
    updatedAt: wasMoved ? tip.createdAt : session.createdAt,
    turnsCommitted: turns.filter(({ turn }) => turn.sessionId === session.id).length,
  };
}

function turnsOf(steps: readonly Step[]): readonly { readonly entry: OldEntry; readonly turn: OldTurn }[] {
  return steps.flatMap(({ entry, turn }) => (turn === undefined ? [] : { entry, turn }));
}

function rootOf(steps: readonly Step[]): number {
  return steps[0]?.entry.seq ?? 0;
}

function placeOf(entryId: string, sessionId: string): string {
  return JSON.stringify([entryId, sessionId]);
}
