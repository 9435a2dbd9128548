import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';

/** How long to look for something that another process or a server does, in milliseconds. */
const PATIENCE_MS = 25_000;

/** Looks again and again until it is as expected; fails with the difference if it does not become so. */
export async function untilEqual<Value>(
  look: () => Value | Promise<Value>,
  expected: Value,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + patienceMs;
  let found = await look();
  while (!isDeepStrictEqual(found, expected) && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    found = await look();
  }
  expect(found).toEqual(expected);
}
