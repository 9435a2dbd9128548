import { createHash } from 'node:crypto';

const WORDS = 'the tool of a session reads one more file and says what was found in it so that work goes on'.split(' ');

/** Text of so many bytes that no other number gives. */
export function textOf(number: number, bytes: number): string {
  const words = Array.from(
    { length: bytes / 2 },
    (_, index) => WORDS[(index * ((number % 17) + 1) + number) % WORDS.length],
  );
  return `${number}: ${words.join(' ')}`.slice(0, bytes);
}

/** Bytes that no compression makes smaller, the same in each run. */
export function noise(bytes: number): Buffer {
  const pieces = Array.from({ length: Math.ceil(bytes / 32) }, (_, index) =>
    createHash('sha256').update(`${index}`).digest(),
  );
  return Buffer.concat(pieces).subarray(0, bytes);
}
