import type { Agent } from '@reprise/agent';
import type { Folder } from '../folder.ts';
import { createLibrarian } from '../session/librarian-agent.ts';
import type { ModelChoice } from '../session/protocol.ts';

/** The agents that a client can choose between, by name. Throws what `resolveModel` throws. */
export function servedAgents(folder: Folder, model: ModelChoice): Readonly<Record<string, Agent>> {
  return {
    librarian: createLibrarian(folder, model),
    'asking-librarian': createLibrarian(folder, model, { asksBeforeReading: true }),
  };
}
