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
