import type { NewEntry, RunRecord } from '../../src/index.ts';

/**
 * What a store promises, written the obvious way: a fork copies everything, and every record says what it would show.
 * Nothing in it is clever, so that it can be read beside the contract.
 */
export interface Model {
  readonly sessions: Map<string, ModelSession>;
  /** In the order in which they were made. */
  readonly snapshots: Map<string, ModelSnapshot>;
  /** By turn and position. */
  readonly calls: Map<string, ModelCall>;
  /** In the order in which they were asked for. */
  readonly runs: Map<string, ModelRun>;
  /** Ids that sessions had which were deleted. */
  readonly deletedIds: Set<string>;
  now: number;
}

export interface ModelSession {
  readonly id: string;
  branch: Branch;
  /** Every turn it committed, with the branch that ended there. */
  readonly ledger: { readonly turn: ModelTurn; readonly branch: Branch }[];
  /** Tips that it has had. */
  readonly tips: string[];
  pending: string | undefined;
  lease: ModelLease | undefined;
}

export interface Branch {
  readonly tip: string;
  readonly entries: readonly NewEntry[];
  readonly turns: readonly ModelTurn[];
}

export interface ModelTurn {
  readonly id: string;
  readonly sessionId: string;
  readonly snapshotId: string;
  readonly fresh: number;
  readonly costPicoUsd: bigint;
}

export interface ModelSnapshot {
  readonly id: string;
  readonly sessionId: string;
  readonly reason: 'turn' | 'rewind';
  readonly branch: Branch;
  label: string | null;
}

export type ModelRun = Omit<RunRecord, 'lastEvent'> & { readonly events: readonly string[] };

interface ModelCall {
  readonly effect: 'pure' | 'idempotent' | 'effect';
  attempts: number;
  outcome: string | null;
}

interface ModelLease {
  readonly fence: number;
  isHeld: boolean;
  expiresAt: number;
}

export function emptyModel(): Model {
  const records = { sessions: new Map(), snapshots: new Map(), calls: new Map(), runs: new Map() };
  return { ...records, deletedIds: new Set(), now: 1000 };
}

export function newSession(id: string, branch: Branch): ModelSession {
  return { id, branch, ledger: [], tips: [branch.tip], pending: undefined, lease: undefined };
}

export function lastTurn(branch: Branch): ModelTurn | undefined {
  return branch.turns.at(-1);
}

/** The snapshots of a branch's turns that were not deleted. */
export function branchSnapshots(model: Model, branch: Branch): readonly string[] {
  return branch.turns.map(({ snapshotId }) => snapshotId).filter((id) => model.snapshots.has(id));
}

export function madeBy(model: Model, sessionId: string): readonly ModelSnapshot[] {
  return [...model.snapshots.values()].filter((snapshot) => snapshot.sessionId === sessionId);
}

/** Every turn of every branch that the session is on, committed on or can go back to. */
function turnsOf(model: Model, session: ModelSession): ReadonlySet<string> {
  const left = madeBy(model, session.id).map(({ branch }) => branch);
  const branches = [session.branch, ...session.ledger.map(({ branch }) => branch), ...left];
  return new Set(branches.flatMap(({ turns }) => turns.map(({ id }) => id)));
}

/** Whether sessions that are left keep a turn which a session of this id committed. */
export function isIdKept(model: Model, sessionId: string): boolean {
  const branches = [...model.sessions.values()].flatMap((session) => [
    session.branch,
    ...session.ledger.map(({ branch }) => branch),
    ...madeBy(model, session.id).map(({ branch }) => branch),
  ]);
  return branches.some(({ turns }) => turns.some((turn) => turn.sessionId === sessionId));
}

/** Takes the runs of a session away. */
export function forgetRuns(model: Model, sessionId: string): void {
  for (const run of [...model.runs.values()]) if (run.sessionId === sessionId) model.runs.delete(run.id);
}

/** Takes the session away, with its runs, and with the snapshots and calls that no other keeps. */
export function forget(model: Model, session: ModelSession): void {
  model.sessions.delete(session.id);
  model.deletedIds.add(session.id);
  forgetRuns(model, session.id);
  const kept = new Set([...model.sessions.values()].flatMap((each) => [...turnsOf(model, each)]));
  for (const { id, sessionId, reason, branch } of [...model.snapshots.values()]) {
    const isKept = reason === 'turn' && kept.has(lastTurn(branch)?.id ?? '');
    if (!model.sessions.has(sessionId) && !isKept) model.snapshots.delete(id);
  }
  for (const place of [...model.calls.keys()]) {
    if (!kept.has(turnIdOf(place))) model.calls.delete(place);
  }
}

/** Whether the snapshot holds the counters at a tip, or at a place that was left and is not among those deleted with it. */
export function isNeeded(model: Model, snapshot: ModelSnapshot, doomed: ReadonlySet<string>): boolean {
  if (snapshot.reason === 'rewind') return false;
  const turnId = lastTurn(snapshot.branch)?.id;
  const tips = [...model.sessions.values()].map(({ branch }) => branch);
  const left = [...model.snapshots.values()].filter(({ id, reason }) => reason === 'rewind' && !doomed.has(id));
  return [...tips, ...left.map(({ branch }) => branch)].some((branch) => lastTurn(branch)?.id === turnId);
}

export function callPlace(turnId: string, position: number): string {
  return `${turnId}#${position}`;
}

function turnIdOf(place: string): string {
  return place.slice(0, place.lastIndexOf('#'));
}
