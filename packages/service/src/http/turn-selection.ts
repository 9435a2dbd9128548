/**
 * Which of a tenant's turns a question about money is over.
 *
 * Owns: that a selection never leaves the tenant that asks.
 */

import type { TurnRange } from '@reprise/checkpoint';
import { EVERY_TENANT, sessionPrefix, storedSessionId } from './caller.ts';
import { invalidRequest } from './http-problem.ts';

export interface TurnSelection {
  /** Or `*` for all, where an operator asks. */
  readonly tenant: string;
  /** Epoch milliseconds. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** The models that answered. Default: all. */
  readonly models?: readonly string[] | undefined;
  /** The sessions that committed them, by the ids that clients know. Default: all. */
  readonly sessions?: readonly string[] | undefined;
}

/** The selection as the store and the audit take it. Throws an `HttpProblem` for sessions of no tenant. */
export function turnRange({ tenant, since, until, models, sessions }: TurnSelection): TurnRange {
  if (sessions && tenant === EVERY_TENANT) {
    throw invalidRequest('Several tenants may have a session of that id: name one tenant with the session.');
  }
  return {
    since,
    until,
    models,
    sessionPrefix: sessionPrefix(tenant),
    sessionIds: sessions?.map((id) => storedSessionId(tenant, id)),
  };
}
