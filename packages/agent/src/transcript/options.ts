import { AgentError } from '../errors.ts';

export interface TranscriptOptions {
  /** A result's text longer than this is cut, with the hash of the whole beside it. UTF-16 code units, `Infinity` for never. Default 2000. */
  readonly maxResultCharacters?: number;
  /** The same for each text among a call's arguments. Default five times `maxResultCharacters`. */
  readonly maxArgumentCharacters?: number;
  /** Whether a transcript holds images and documents themselves, or their hash alone. Default `reference`. */
  readonly media?: 'reference' | 'inline';
}

export type TranscriptSettings = Required<TranscriptOptions>;

const DEFAULT_MAX_RESULT_CHARACTERS = 2000;

/** Throws `agent/invalid-option` for what cannot work. */
export function checkTranscriptOptions(options: TranscriptOptions): TranscriptSettings {
  const { maxResultCharacters = DEFAULT_MAX_RESULT_CHARACTERS, media = 'reference' } = options;
  const { maxArgumentCharacters = 5 * maxResultCharacters } = options;
  for (const [name, count] of Object.entries({ maxResultCharacters, maxArgumentCharacters })) {
    if (count !== Number.POSITIVE_INFINITY && !(Number.isInteger(count) && count >= 0)) {
      throw new AgentError(
        'agent/invalid-option',
        `${name} is ${count}; it must be a whole number from 0 on, or Infinity.`,
      );
    }
  }
  if (media !== 'reference' && media !== 'inline') {
    throw new AgentError('agent/invalid-option', `media is ${String(media)}; it must be 'reference' or 'inline'.`);
  }
  return { maxResultCharacters, maxArgumentCharacters, media };
}
