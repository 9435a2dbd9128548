/**
 * Runs that were asked for, and the numbered events of each, for clients that come back.
 *
 * Owns: the shape of both, and who may add an event.
 * Leaves to the caller: what a request, an event and an outcome say. To the stores: where these live.
 *
 * U1. A run is waiting, then going, then ended, and never goes back.
 * U2. Its events are numbered from 1 without a gap, whichever processes write them.
 * U3. Whoever takes a run up gets a new attempt, and what an earlier attempt still adds is refused.
 * U4. Runs and their events are for the time being: they are no part of an exported session, and are deleted some time after their end.
 */

import type { Page, PageQuery } from './page.ts';
import type { SessionId } from './session.ts';

export type RunId = string;

export interface RunRecord {
  readonly id: RunId;
  readonly sessionId: SessionId;
  readonly state: RunState;
  /** What is to be done: JSON text the store does not read. */
  readonly request: string;
  /** How often it was taken up; 0 while nobody has. */
  readonly attempt: number;
  /** Who took it up last, in words of the holder's own; `null` while nobody has. */
  readonly holder: string | null;
  /** Whether somebody asked for its end. */
  readonly stopRequested: boolean;
  /** The number of its last event; 0 before the first. */
  readonly lastEvent: number;
  readonly createdAt: number;
  /** When it was first taken up. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** How it ended: JSON text the store does not read. */
  readonly outcome: string | null;
}

export type RunState = 'waiting' | 'going' | 'ended';

export interface NewRun {
  readonly id: RunId;
  readonly sessionId: SessionId;
  /** JSON text. */
  readonly request: string;
  readonly at: number;
}

/** Which runs; all of them unless told. */
export interface RunRange {
  readonly sessionId?: SessionId | undefined;
  /** Of sessions whose ids begin with this. */
  readonly sessionPrefix?: string | undefined;
  readonly states?: readonly RunState[] | undefined;
}

/** Events of one run, to be written in one go. */
export interface RunAppend {
  readonly runId: RunId;
  /** The attempt that adds them; 0 while nobody has taken the run up, so that anybody may end it. */
  readonly attempt: number;
  /** What the writer takes for the number of the last event: the first of these gets the next one. */
  readonly after: number;
  /** JSON texts. */
  readonly events: readonly string[];
  /** Ends the run after these. */
  readonly end?: { readonly outcome: string } | undefined;
  readonly at: number;
}

/** What became of one append. */
export type RunAppendResult =
  | { readonly isWritten: true; readonly stopRequested: boolean }
  /** Another attempt has the run, it has ended, or it is gone: whoever wrote this has nothing to do with it any more. */
  | { readonly isWritten: false; readonly reason: 'ended' | 'missing' | 'taken-over' };

export interface RunEvent {
  readonly number: number;
  /** JSON text, to the byte as it was added. */
  readonly event: string;
}

/** Runs need no lease: who may write to the session is settled by whoever does the run. */
export interface RunMethods {
  /** Asks for a run of a session. Rejects with `checkpoint/run-exists` if the id is taken. */
  createRun(run: NewRun): Promise<RunRecord>;

  /** The run, or `undefined` if there is none of that id, or none any more. */
  readRun(runId: RunId): Promise<RunRecord | undefined>;

  /** Runs, newest first. A session that does not exist has none. Rejects with `checkpoint/invalid-write` for a query that is none. */
  listRuns(query?: RunRange & Omit<PageQuery, 'search'>): Promise<Page<RunRecord>>;

  /** How many runs there are in each state. */
  countRuns(range?: Omit<RunRange, 'states'>): Promise<Readonly<Record<RunState, number>>>;

  /**
   * Takes a run up, or takes it over: it is going, with the next attempt. Rejects with `checkpoint/run-missing`, and with
   * `checkpoint/run-ended`.
   */
  takeUpRun(taking: { readonly runId: RunId; readonly holder: string; readonly at: number }): Promise<RunRecord>;

  /**
   * Adds events to runs, in one transaction; what is refused of one run keeps nothing from another. The results are in the order of the
   * appends. Rejects with `checkpoint/invalid-write`, and writes nothing, for an append whose `after` is not the number of the last event
   * although its attempt is the last, for a run that is named twice, and for what a store cannot keep.
   */
  appendRunEvents(appends: readonly RunAppend[]): Promise<readonly RunAppendResult[]>;

  /** Events after that number (default 0), oldest first, at most `limit` (default 1000). Rejects with `checkpoint/run-missing`. */
  readRunEvents(
    runId: RunId,
    range?: { readonly after?: number; readonly limit?: number },
  ): Promise<readonly RunEvent[]>;

  /** Asks for the run's end; one that has ended stays as it is. Rejects with `checkpoint/run-missing`. */
  requestRunStop(runId: RunId): Promise<RunRecord>;

  /** Deletes runs that ended before that time, with their events. Resolves to how many. */
  deleteRuns(deletion: { readonly endedBefore: number }): Promise<number>;

  /**
   * Calls `onChange` soon after a run was created, got events, ended, was asked to stop or went with its session, in any process; without an
   * id when it cannot tell which, and any may have. Resolves once it watches; `signal` ends it.
   */
  watchRuns(watch: {
    readonly onChange: (runId: RunId | undefined) => void;
    readonly signal: AbortSignal;
  }): Promise<void>;
}
