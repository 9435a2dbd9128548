import { CheckpointError } from './errors.ts';

/** What every store refuses before it writes: values that would come back as something else. */

const MAX_PICO_USD = 2n ** 63n - 1n;

/** Throws unless every value is `null` or an integer of at least 0. */
export function requireCounts(counts: object, owner: string): void {
  for (const [name, value] of Object.entries(counts)) {
    if (value !== null && !(Number.isSafeInteger(value) && value >= 0)) {
      throw invalidWrite(`${owner}: ${name} is ${value}, but an integer of at least 0 is expected.`);
    }
  }
}

/** Throws unless the text is Unicode without NUL: a lone surrogate would come back as another character, and Postgres holds no NUL. */
export function requireText(text: string | null, what: string): void {
  if (text !== null && !isText(text)) {
    throw invalidWrite(`${what} is not well-formed Unicode text without NUL.`);
  }
}

/** Whether a store can hold the text. One that it cannot is the name of nothing in it. */
export function isText(text: string): boolean {
  return typeof text === 'string' && text.isWellFormed() && !text.includes('\0');
}

/** Throws unless 64 bits hold the money. */
export function requirePicoUsd(costPicoUsd: bigint | null, owner: string): void {
  if (costPicoUsd !== null && (costPicoUsd > MAX_PICO_USD || costPicoUsd < -MAX_PICO_USD)) {
    throw invalidWrite(`${owner}: costPicoUsd is ${costPicoUsd}, more than 64 bits hold.`);
  }
}

function invalidWrite(what: string): CheckpointError {
  return new CheckpointError('checkpoint/invalid-write', `${what} Nothing was written.`);
}
