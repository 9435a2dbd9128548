import type { Message } from '@reprise/providers';
import { type AgentState, initialState } from '../state.ts';
import { HistoryBuilder } from './history-builder.ts';
import type { ResolveHash } from './reference.ts';
import { scan } from './scan.ts';

export interface ParseOptions {
  /** Keeps what cannot be read as text instead of throwing. Default false. */
  readonly lenient?: boolean;
  /**
   * Gives what the transcript holds by its hash alone: files, and what was cut off; see `resolveFrom`. What it does not have stays cut, and
   * in place of a file stands a text that says so.
   */
  readonly resolve?: ResolveHash;
}

/**
 * The messages of a transcript. Of one that `formatTranscript` wrote, exactly those that it was given, where `resolve` has what they hold.
 *
 * A text without any mark of a message is read as one answer of an assistant, as other tools write it: each tool block becomes a message
 * with the text before it and one call, and a message with its result; after a last result the assistant says `.`; blocks about usage are
 * left out. Throws `agent/broken-transcript`, which names the line.
 */
export function parseTranscript(text: string, options: ParseOptions = {}): readonly Message[] {
  const { lenient = false, resolve } = options;
  const segments = scan(text, { lenient, resolve });
  const history = new HistoryBuilder({ lenient, trimsTexts: segments.length > 1 });
  for (const segment of segments) history.add(segment);
  return history.end();
}

/** A state to go on from: `runAgent(stateFromTranscript(text), 'And now?', options)`. What it has used so far is not known, so it counts from 0. */
export function stateFromTranscript(text: string, options: ParseOptions = {}): AgentState {
  return { ...initialState(), messages: parseTranscript(text, options) };
}
