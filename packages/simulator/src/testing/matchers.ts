import { asArray, asObject, type Count, countOrZero } from '@reprise/providers';
import type { LoggedRequest } from '../request-log.ts';

/**
 * A run whose cache reads can be held to a share: a workspace of the simulator, its requests, or turns of a run (`result().turns`).
 * Requests that were not answered are left out.
 */
export type CacheRun =
  | { readonly requests: readonly LoggedRequest[] }
  | { readonly turns: readonly TurnLike[] }
  | readonly (LoggedRequest | TurnLike)[];

interface TurnLike {
  readonly tokens: {
    readonly fresh: Count;
    readonly cacheRead: Count;
    readonly cacheWrite: Readonly<Record<string, Count>>;
  };
}

/** What `expect` gains by `expect.extend(simulatorMatchers)`. */
export interface SimulatorMatchers<Result = unknown> {
  /** That at least this share of all prompt tokens, from 0 to 1, was read from the cache. */
  toReadAtLeast(share: number): Result;
}

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends SimulatorMatchers<R> {}
}

export const simulatorMatchers = {
  toReadAtLeast(run: unknown, share: number): { readonly pass: boolean; readonly message: () => string } {
    const { read, prompt } = promptOf(run);
    const actual = prompt === 0 ? 0 : read / prompt;
    return {
      pass: actual >= share,
      message: () =>
        `The run read ${read} of its ${prompt} prompt tokens from the cache, ${percent(actual)}; expected ${percent(share)} or more.`,
    };
  },
};

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function promptOf(run: unknown): { readonly read: number; readonly prompt: number } {
  const { requests, turns } = asObject(run) ?? {};
  const parts = asArray(requests ?? turns ?? run).map(partsOf);
  if (parts.length === 0) throw new TypeError('toReadAtLeast(share) was given no requests and no turns.');
  return {
    read: parts.reduce((sum, { read }) => sum + read, 0),
    prompt: parts.reduce((sum, { read, rest }) => sum + read + rest, 0),
  };
}

function partsOf(value: unknown): { readonly read: number; readonly rest: number } {
  const { verdict, tokens } = asObject(value) ?? {};
  const served = asObject(verdict);
  if (served) return { read: numberOf(served['read']), rest: numberOf(served['fresh']) + sumOf(served['written']) };
  const counts = asObject(tokens);
  if (!counts) throw new TypeError('toReadAtLeast(share) takes requests of a simulator or turns of a run.');
  return { read: numberOf(counts['cacheRead']), rest: numberOf(counts['fresh']) + sumOf(counts['cacheWrite']) };
}

function sumOf(counts: unknown): number {
  return Object.values(asObject(counts) ?? {}).reduce<number>((sum, count) => sum + numberOf(count), 0);
}

function numberOf(count: unknown): number {
  return countOrZero(typeof count === 'number' ? count : 'not-reported');
}
