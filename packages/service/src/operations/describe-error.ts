import { maskJson } from '@reprise/providers';
import { codeOf } from './error-code.ts';

/** An error as a log may have it. */
export interface DescribedError {
  readonly code: string;
  readonly name: string;
  readonly message: string;
  /** Where it came from, without its words. */
  readonly stack: string;
  readonly cause?: DescribedError;
}

const MAX_CAUSES = 5;
const MAX_CHARS = 2000;

export function describeError(error: unknown, depth = 0): DescribedError {
  const { name, message, stack = '', cause } = error instanceof Error ? error : new Error(String(error));
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    code: codeOf(error),
    name,
    message: masked(message),
    stack: frames.join('\n').slice(0, MAX_CHARS),
    ...(cause === undefined || depth >= MAX_CAUSES ? {} : { cause: describeError(cause, depth + 1) }),
  };
}

/** Without what looks like a key or a token, and the password of an address. */
function masked(text: string): string {
  const withoutPasswords = text.slice(0, MAX_CHARS).replaceAll(/(:\/\/[^\s:/@]*):[^\s@]+@/g, '$1:***@');
  return String(maskJson(withoutPasswords, []));
}
