import { type CacheRules, LIFETIME_MS } from '../family-rules.ts';
import { keepAliveMs } from './keep-alive.ts';
import type { CachedRequest } from './request.ts';
import type { Served } from './serve-marked.ts';
import { type CacheEntry, isAlive, isReadable, keepEntry } from './state.ts';

/**
 * Where nothing is marked: the longest known prefix is read, in whole steps, and what was seen is kept without being asked for; writes are
 * free and not reported. Vendors keep their answer as well (recorded reads of OpenAI and DeepSeek reach into it), but how a client sends it
 * back is not known before it does: in a growing conversation the read here is the least that a vendor reads.
 */
export function serveUnmarked(
  entries: Map<string, CacheEntry>,
  request: CachedRequest,
  ends: readonly number[],
  rules: CacheRules,
): Served {
  const { blocks, at } = request;
  const common = ends[blocks.findLastIndex(({ hash }) => isReadable(entries.get(hash), at))] ?? 0;
  const read = readableSteps(common, rules);
  if (rules.remembers === 'last-request') keepLoaded(entries, request, ends, rules);
  else keepSeen(entries, request, ends, rules);
  return { read, written: {}, marks: [] };
}

/** How much of a known prefix is read: whole steps, and nothing below the minimum. */
export function readableSteps(tokens: number, { stepTokens, minimumTokens }: CacheRules): number {
  const whole = Math.floor(tokens / stepTokens) * stepTokens;
  return whole >= minimumTokens ? whole : 0;
}

/** Conversations live side by side: every prefix of the request is kept. */
function keepSeen(
  entries: Map<string, CacheEntry>,
  { blocks, at }: CachedRequest,
  ends: readonly number[],
  { lifetimes, settlesAfterMs }: CacheRules,
): void {
  const lifetime = lifetimes[0] ?? 'unknown';
  const expiresAt = at + LIFETIME_MS[lifetime];
  const settling = settlesAfterMs === 0 ? {} : { readableAt: at + settlesAfterMs };
  for (const [index, { hash }] of blocks.entries()) {
    const before = blocks[index - 1];
    const after = before ? { after: [before.hash] } : {};
    keepEntry(entries, hash, { tokens: ends[index] ?? 0, lifetime, expiresAt, ...settling, ...after }, at);
  }
}

/**
 * One place in a loaded model: the request takes it whole, and what it does not share with the request before is gone. The model stays
 * loaded as long as the last request that named a `keep_alive` asked (Ollama, server/sched.go, 2026: unset leaves what a loaded model has).
 */
function keepLoaded(
  entries: Map<string, CacheEntry>,
  { blocks, at, keepAlive }: CachedRequest,
  ends: readonly number[],
  { lifetimes }: CacheRules,
): void {
  const loaded = [...entries.values()].find((entry) => isAlive(entry, at));
  const lifetime = lifetimes[0] ?? 'unknown';
  const asked = keepAliveMs(keepAlive) ?? loaded?.keepAliveMs;
  const expiresAt = at + (asked ?? LIFETIME_MS[lifetime]);
  for (const [hash, entry] of entries) {
    if (isAlive(entry, at)) entries.set(hash, { ...entry, expiresAt: at, endedBy: 'other-request' });
  }
  for (const [index, { hash }] of blocks.entries()) {
    const before = blocks[index - 1];
    const after = before ? { after: [before.hash] } : {};
    const keepAliveOf = asked === undefined ? {} : { keepAliveMs: asked };
    entries.set(hash, { tokens: ends[index] ?? 0, lifetime, expiresAt, ...keepAliveOf, ...after });
  }
}
