import type { Agent } from '@reprise/agent';
import type { Folder } from '../folder.ts';
import { createLibrarian } from '../session/librarian-agent.ts';
import type { ModelChoice } from '../session/protocol.ts';
import type { ServedModels } from './served-models.ts';
import { trialTools } from './trial/trial-tools.ts';

/** The agents that a client can choose between, by name. Throws what `resolveModel` throws. */
export function servedAgents(folder: Folder, { main, others }: ServedModels): Readonly<Record<string, Agent>> {
  const moreTools = trialTools(folder);
  const librarian = (model: ModelChoice) => createLibrarian(folder, model, { moreTools });
  return {
    librarian: librarian(main),
    'asking-librarian': createLibrarian(folder, main, { moreTools, asksBeforeReading: true }),
    ...Object.fromEntries(Object.entries(others).map(([name, model]) => [name, librarian(model)])),
  };
}
