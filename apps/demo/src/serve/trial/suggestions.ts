/** Something that one can say, and what it shows. */
export interface Suggestion {
  readonly say: string;
  readonly shows: string;
}

/** What one can say to the simulated model to see each thing that a page shows. Imported by the page, too: no more than data. */
export const SUGGESTIONS: readonly Suggestion[] = [
  { say: 'What is this folder about?', shows: 'thinking, and tools that look into files' },
  { say: 'Draw how long the files are', shows: 'a picture that a tool answers with' },
  { say: 'Read a file that is missing', shows: 'a tool that fails' },
  { say: 'Note down: the moon is made of stone', shows: 'a tool that waits for your approval' },
];
