import { describeError } from '../describe-error.ts';

/** What came of one look. */
export interface Check {
  /** What was looked at, in a word or two. */
  readonly name: string;
  readonly state: 'failed' | 'ok' | 'skipped';
  /** What was found, in a line. */
  readonly found: string;
  /** What to do about it; only of what failed. */
  readonly advice?: string;
}

/** Thrown by a look that found something, with what to do about it. */
export class Finding extends Error {
  override readonly name = 'Finding';
  readonly advice: string;

  constructor(found: string, advice: string) {
    super(found);
    this.advice = advice;
  }
}

export interface Look {
  readonly name: string;
  /** What to do if it fails with something else than a `Finding`. */
  readonly advice: string;
  /** Resolves to what was found, if all is well. */
  readonly look: (signal: AbortSignal) => string | Promise<string>;
}

/** Looks, for as long as that may take. Never rejects, and tells no secret that stands in an error. */
export async function check({ name, advice, look }: Look, timeoutMs: number): Promise<Check> {
  const over = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`No answer within ${timeoutMs / 1000} s.`)), timeoutMs);
  try {
    return { name, state: 'ok', found: await Promise.race([look(over.signal), late.promise]) };
  } catch (error) {
    const found = describeError(error).message.replaceAll(/\s*\n\s*/g, ' ');
    return { name, state: 'failed', found, advice: error instanceof Finding ? error.advice : advice };
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
