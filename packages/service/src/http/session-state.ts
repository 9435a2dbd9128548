import { APPROVAL_ENTRY_KINDS } from '@reprise/agent';
import type { Standing, StandingFilter, StandingTerms } from '@reprise/checkpoint';
import { BROKEN_OUTCOME } from '../runs/run-outcome.ts';
import { invalidRequest } from './http-problem.ts';
import { SESSION_STATES, type SessionCountsBody, type SessionState } from './schemas/session.ts';

/** What tells a store which sessions are doing what. */
export const STANDING_TERMS: StandingTerms = { askingKinds: APPROVAL_ENTRY_KINDS, brokenOutcome: BROKEN_OUTCOME };

const STANDINGS: Readonly<Record<SessionState, Standing>> = {
  running: 'running',
  waiting: 'waiting',
  'waiting-for-approval': 'asking',
  broken: 'broken',
  idle: 'idle',
};

export function stateOf(standing: Standing): SessionState {
  return standing === 'asking' ? 'waiting-for-approval' : standing;
}

/** The sessions in one of these states. */
export function inState(...states: readonly SessionState[]): StandingFilter {
  return { ...STANDING_TERMS, among: states.map((state) => STANDINGS[state]) };
}

/** The states that a query names, with commas between. Throws an `HttpProblem` for one that is none. */
export function statesAsked(text: string): StandingFilter {
  return inState(...text.split(',').map(requireState));
}

function requireState(text: string): SessionState {
  const state = SESSION_STATES.find((each) => each === text);
  if (state) return state;
  throw invalidRequest(`'${text.slice(0, 40)}' is no state of a session; there are: ${SESSION_STATES.join(', ')}.`);
}

export function countsBody({ asking, ...counts }: Readonly<Record<Standing, number>>): SessionCountsBody {
  return { ...counts, 'waiting-for-approval': asking };
}
