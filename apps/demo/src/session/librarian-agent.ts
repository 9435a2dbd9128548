import { type Agent, createAgent, type Tool } from '@reprise/agent';
import { resolveModel } from '@reprise/providers';
import type { Folder } from '../folder.ts';
import { type FolderToolsOptions, folderTools } from '../tools.ts';
import type { ModelChoice } from './protocol.ts';

const SYSTEM = `You are the librarian of one folder of files. You answer questions about it from what the files say, and from nothing else.

- Look before you answer: list_files shows what there is, search_text finds where something is said, read_file shows it in full.
- Quote the lines that answer the question, each as "> path:line: text", and add a sentence or two of your own at most.
- If the files do not say it, say so. Never guess.`;

export interface LibrarianOptions extends FolderToolsOptions {
  /** Tools beside those that look into the folder. Default: none. */
  readonly moreTools?: readonly Tool[];
}

/**
 * An agent that answers questions about a folder; with `asksBeforeReading`, reading a file waits for somebody's approval. Throws what
 * `resolveModel` throws.
 */
export function createLibrarian(
  folder: Folder,
  { name, baseURL, isSimulated }: ModelChoice,
  { asksBeforeReading = false, moreTools = [] }: LibrarianOptions = {},
): Agent {
  const model = resolveModel(name, {
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(isSimulated ? { apiKey: 'simulated' } : {}),
  });
  return createAgent({ model, system: SYSTEM, tools: [...folderTools(folder, { asksBeforeReading }), ...moreTools] });
}
