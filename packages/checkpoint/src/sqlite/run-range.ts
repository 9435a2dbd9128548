/**
 * A range of runs as the parts of a statement. There are so few combinations of them that each is prepared once.
 *
 * Owns: which index is read. Each of them holds all that its conditions look at.
 */

import type { RunRange } from '../run.ts';
import { prefixRange } from './prefix.ts';

/** The index in which the runs of the range lie together: those that have not ended are few of all that there are. */
export function indexFor({ sessionId, sessionPrefix, states }: RunRange): string {
  if (states !== undefined && !states.includes('ended')) return 'runs_not_ended';
  return sessionId === undefined && sessionPrefix === undefined ? 'runs_by_time' : 'runs_of_session';
}

/** What is true of the runs of the range. */
export function conditionsOf({ sessionId, sessionPrefix, states }: RunRange): readonly string[] {
  return [
    ...(sessionId === undefined ? [] : ['session_id = @sessionId']),
    ...(sessionPrefix === undefined ? [] : ['session_id >= @prefix AND session_id < @prefixEnd']),
    ...(states === undefined ? [] : ['state IN (SELECT value FROM json_each(@states))']),
    // In the words of the index, which is not used otherwise.
    ...(states === undefined || states.includes('ended') ? [] : ["state <> 'ended'"]),
  ];
}

/** The values that the conditions name. */
export function valuesOf({ sessionId, sessionPrefix, states }: RunRange): Readonly<Record<string, unknown>> {
  return {
    ...(sessionId !== undefined && { sessionId }),
    ...(sessionPrefix !== undefined && prefixRange(sessionPrefix)),
    ...(states !== undefined && { states: JSON.stringify(states) }),
  };
}
