import type { SessionCountsBody, SessionState } from '@reprise/service/client';

/** Which sessions are shown. */
export interface SessionFilter {
  /** Empty: any. */
  readonly search: string;
  /** None: any. */
  readonly states: readonly SessionState[];
}

/** In the order in which they want somebody. */
export const STATES: readonly SessionState[] = ['running', 'waiting', 'waiting-for-approval', 'broken', 'idle'];

/** The filter that an address holds; what it does not know is left out. */
export function filterOf({ search = '', state = '' }: Readonly<Record<string, string>>): SessionFilter {
  const named = state.split(',');
  return { search, states: STATES.filter((each) => named.includes(each)) };
}

/** Where the sessions of a filter are found. */
export function addressOf({ search, states }: SessionFilter): string {
  const query = new URLSearchParams({
    ...(search === '' ? {} : { search }),
    ...(states.length === 0 ? {} : { state: states.join(',') }),
  });
  return query.size === 0 ? '/' : `/?${query}`;
}

/** The filter with a state more, or without one it has. */
export function toggled(filter: SessionFilter, state: SessionState): SessionFilter {
  const isIn = (each: SessionState) => filter.states.includes(each) !== (each === state);
  return { ...filter, states: STATES.filter(isIn) };
}

/** How many sessions there are in all states together. */
export function countOfAll(counts: SessionCountsBody): number {
  return STATES.reduce((sum, state) => sum + counts[state], 0);
}
