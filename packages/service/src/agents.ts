import type { Agent } from '@reprise/agent';
import { ServiceError } from './errors.ts';

/** One agent, or several by name. */
export type Agents = Agent | Readonly<Record<string, Agent>>;

/** The name of the only agent of a service that was given one. */
export const ONLY_AGENT = 'agent';

/** The agents by name; the first is the one that sessions get unless told. Throws `service/invalid-option` if there is none. */
export function namedAgents(agents: Agents): ReadonlyMap<string, Agent> {
  const named = new Map(isAgent(agents) ? [[ONLY_AGENT, agents]] : Object.entries(agents));
  if (named.size > 0) return named;
  throw new ServiceError('service/invalid-option', 'There is no agent; give one as `agent`, or several by name.');
}

function isAgent(agents: Agents): agents is Agent {
  return typeof agents['openSession'] === 'function';
}
