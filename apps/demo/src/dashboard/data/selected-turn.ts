import { signal } from '@preact/signals';

/** The id of the turn that the reader looks at, in the conversation and beside it. */
export const selectedTurn = signal<string | undefined>(undefined);
