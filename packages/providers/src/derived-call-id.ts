import { createHash } from 'node:crypto';

/** An id for a tool call whose server gave none: the same whenever the same parts are read, and other for other parts. */
export function derivedCallId(...parts: readonly unknown[]): string {
  return `call_${createHash('sha256').update(parts.map(String).join('\n')).digest('hex').slice(0, 24)}`;
}
