/**
 * What a prompt cache holds, and what is remembered of what it held.
 *
 * Owns: when an entry can be read, how it is renewed, how long a dead one is remembered.
 *
 * S1. An entry is alive until its lifetime after its last use has passed, or another request took its place.
 * S2. Keeping what is alive neither shortens its life nor delays when it can be read.
 * S3. A dead entry is remembered for a day, and no more than the last 4 096 of them: a state does not grow with the time it is used.
 */

import type { CacheLifetime } from '../../token-counts.ts';

/** A prompt cache: entries by the hash of the prefix they hold, for a while also those that have died. */
export type CacheState = ReadonlyMap<string, CacheEntry>;

export interface CacheEntry {
  /** Length of the prefix, in tokens. */
  readonly tokens: number;
  readonly lifetime: CacheLifetime;
  /** Epoch milliseconds at which it dies, or died. */
  readonly expiresAt: number;
  /** Epoch milliseconds from which it can be read, where the vendor needs time for that. */
  readonly readableAt?: number;
  /** Hashes of the prefixes before it, back to the nearest one that was kept. Absent where it holds the first block alone. */
  readonly after?: readonly string[];
  /** Set where not time has ended it, but a request that took the only place. */
  readonly endedBy?: 'other-request';
  /** How long the server was asked to keep it after each use, in milliseconds. Absent: the default. */
  readonly keepAliveMs?: number;
}

/** An empty cache. */
export const EMPTY_CACHE: CacheState = new Map();

const REMEMBERED_MS = 24 * 3_600_000;
const REMEMBERED_ENTRIES = 4096;

export function isAlive({ expiresAt }: CacheEntry, at: number): boolean {
  return expiresAt > at;
}

/** Whether a request that starts at `at` finds the entry. */
export function isReadable(entry: CacheEntry | undefined, at: number): boolean {
  return entry !== undefined && isAlive(entry, at) && (entry.readableAt ?? at) <= at;
}

/** Requests under way together are served in any order of their start; an earlier one does not shorten what a later one renewed. */
export function keepEntry(entries: Map<string, CacheEntry>, hash: string, entry: CacheEntry, at: number): void {
  const held = entries.get(hash);
  if (!held || !isAlive(held, at)) {
    entries.set(hash, entry);
    return;
  }
  const { readableAt: _later, ...kept } = entry;
  const readableAt = held.readableAt === undefined ? {} : { readableAt: held.readableAt };
  entries.set(hash, { ...kept, ...readableAt, expiresAt: Math.max(entry.expiresAt, held.expiresAt) });
}

/** The state without the dead that are too old, or too many, to be remembered. */
export function forgetOldest(entries: Map<string, CacheEntry>, at: number): CacheState {
  let count = 0;
  for (const [hash, entry] of entries) {
    if (isAlive(entry, at)) continue;
    if (entry.expiresAt <= at - REMEMBERED_MS) entries.delete(hash);
    else count += 1;
  }
  if (count <= REMEMBERED_ENTRIES) return entries;
  const excess = [...entries].filter(([, entry]) => !isAlive(entry, at));
  excess.sort(([, a], [, b]) => b.expiresAt - a.expiresAt);
  for (const [hash] of excess.slice(REMEMBERED_ENTRIES)) entries.delete(hash);
  return entries;
}
