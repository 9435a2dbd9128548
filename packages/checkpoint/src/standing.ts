import { requireText } from './checks.ts';
import { invalidWrite } from './refusals.ts';
import type { RunRecord } from './run.ts';
import type { SessionId, SessionRecord } from './session.ts';

/**
 * What sessions are doing, as far as a store can tell without reading what they hold: of each the first of these that is true.
 *
 * - `running`: a run of its own is going.
 * - `waiting`: a run of its own stands in line.
 * - `asking`: its tip is an entry, of its own, that asks somebody for something.
 * - `broken`: its last run broke, and nothing came after that. Runs are kept for a while only, and so is this.
 * - `idle`: none of these.
 */
export type Standing = 'running' | 'waiting' | 'asking' | 'broken' | 'idle';

export const STANDINGS: readonly Standing[] = ['running', 'waiting', 'asking', 'broken', 'idle'];

/** What the words mean where that depends on what entries and outcomes say, which the store does not read. */
export interface StandingTerms {
  /** The kinds of entries that ask somebody for something, as long as they are a tip. */
  readonly askingKinds: readonly string[];
  /** How the outcome of a run begins that broke. */
  readonly brokenOutcome: string;
}

/** The sessions that stand in one of these ways. */
export interface StandingFilter extends StandingTerms {
  readonly among: readonly Standing[];
}

/** Throws `checkpoint/invalid-write` for terms that are none. */
export function checkStandingTerms({ askingKinds, brokenOutcome }: StandingTerms): void {
  for (const kind of askingKinds) requireText(kind, 'A kind of entry that asks');
  requireText(brokenOutcome, 'The beginning of an outcome');
  if (brokenOutcome === '')
    throw invalidWrite('The beginning of the outcome of a broken run is empty, as that of each');
}

/** What a store finds of a session. */
export interface StandingCase {
  readonly session: Pick<SessionRecord, 'createdAt' | 'forkedFrom' | 'updatedAt'>;
  readonly tipKind: string;
  /** The session's runs, newest first. */
  readonly runs: readonly Pick<RunRecord, 'endedAt' | 'outcome' | 'state'>[];
}

/** The same as the databases say in SQL. */
export function standingOf({ session, tipKind, runs }: StandingCase, terms: StandingTerms): Standing {
  if (runs.some(({ state }) => state === 'going')) return 'running';
  if (runs.some(({ state }) => state === 'waiting')) return 'waiting';
  // The tip of a fork that nothing was done with is its origin's.
  const isOwnTip = session.forkedFrom === null || session.updatedAt > session.createdAt;
  if (isOwnTip && terms.askingKinds.includes(tipKind)) return 'asking';
  const [last] = runs;
  const hasBroken = last?.outcome?.startsWith(terms.brokenOutcome) && (last.endedAt ?? 0) >= session.updatedAt;
  return hasBroken ? 'broken' : 'idle';
}

/** Which sessions are counted. */
export interface StandingCountQuery extends StandingTerms {
  readonly prefix?: string | undefined;
}

/** Of which sessions it is asked. */
export interface StandingQuery extends StandingTerms {
  readonly sessionIds: readonly SessionId[];
}

/** Zero of each. */
export function noneStanding(): Record<Standing, number> {
  return { running: 0, waiting: 0, asking: 0, broken: 0, idle: 0 };
}
