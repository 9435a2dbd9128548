import {
  CACHE_LIFETIMES,
  type CacheLifetime,
  type CacheRules,
  type Count,
  cacheRules,
  cacheWriteCount,
  countOrZero,
  LIFETIME_MS,
  promptTokenCount,
} from '@reprise/providers';
import type { LedgerRow } from '../ledger.ts';
import { aliveEnd, type KeptPrefix, overwritten, renewed, type Span, splitAt } from './kept-prefix.ts';

/**
 * What became of the tokens a turn wrote to the cache, and what it could have read and did not: from the ledger's counts and times alone.
 *
 * Owns: the rule. Leaves to `kept-prefix.ts`: what a cache holds. To `lost-money.ts`: what it comes to. To `explain/`: why.
 *
 * U1. A turn's reads are the first tokens of its prompt, and its writes those that follow, the longest lifetime first.
 * U2. Written tokens are read back when a later turn of the same model and conversation reads up to them before they die, and no turn between
 *     has written in their place. A read begins their lifetime anew. Every other written token is wasted, once it is dead.
 * U3. A turn misses what its conversation's last request to the same model has made readable, is still alive, would fit its prompt, and was
 *     not read.
 * U4. What hangs on a count or a time that nobody reported is not reported either. It is never 0.
 *
 * Limits. Other sessions may have read what counts as wasted here, or have kept it alive: for what sessions share, such as a system prompt,
 * `wasted` is the most it can be. Where two prefixes take turns in one conversation, the tokens are right in sum as long as each is read by
 * one of them, but may be those of the other turn. Vendors that name no lifetime keep entries for five minutes or longer: `missed` is the
 * least it can be. What was missed was not always to be had: a prompt that was changed on purpose misses what it no longer is.
 */
export interface CacheUse {
  /** Written, dead, and never read back. */
  readonly wasted: Count;
  /** The same by lifetime; empty where it is not reported. */
  readonly wastedBy: ReadonlyMap<CacheLifetime, number>;
  /** Written, not read back yet, and alive when the ledger ends. */
  readonly open: Count;
  /** Readable, alive, and not read. */
  readonly missed: Count;
}

export interface CacheUseOptions {
  /** Epoch milliseconds up to which the ledger is complete: what is dead by then is wasted. Default: when its last turn was sent. */
  readonly asOf?: number | undefined;
}

/** What became of the writes and reads of each row, in the order of the rows, which is that of their requests. */
export function cacheUse(rows: readonly LedgerRow[], { asOf }: CacheUseOptions = {}): readonly CacheUse[] {
  const end = asOf ?? rows.reduce((last, { startedAt }) => Math.max(last, startedAt), 0);
  const writes = rows.map(writeOf);
  const tracks = new Map<string, Track>();
  const missed = rows.map((row, index) => {
    const name = trackOf(row);
    const track = tracks.get(name) ?? { kept: [], last: undefined, readableAt: 0 };
    const next = serve(track, { row, index, rules: rulesOf(row) }, writes);
    tracks.set(name, next.track);
    return next.missed;
  });
  for (const { kept } of tracks.values()) for (const span of kept) if (end < span.diesAt) settle(writes, span, 'open');
  return writes.map((write, index) => ({ ...outcomeOf(write), missed: missed[index] ?? 'not-reported' }));
}

/** What a conversation has left in the cache of a model. */
interface Track {
  readonly kept: KeptPrefix;
  /** Up to where the last request made its prompt readable; `undefined` before the first. */
  readonly last: Count | undefined;
  /** Epoch milliseconds from which that can be read, where a vendor needs time to settle it. */
  readonly readableAt: number;
}

/** What is still to be said of a turn's writes. */
interface Write {
  /** What is neither read back nor open, by lifetime. */
  readonly unread: Map<CacheLifetime, number>;
  open: number;
  /** Somebody may have read them, who did not say so. */
  isDoubtful: boolean;
}

interface Request {
  readonly row: LedgerRow;
  readonly index: number;
  readonly rules: CacheRules;
}

function trackOf({ family, model, sessionId, conversationId }: LedgerRow): string {
  return JSON.stringify([family, model, sessionId, conversationId]);
}

/** A gateway that reports Anthropic's lifetimes serves an Anthropic cache, whatever format it speaks. */
function rulesOf({ family, model, tokens: { cacheWrite } }: LedgerRow): CacheRules {
  const isClaudes = countOrZero(cacheWrite['5m']) + countOrZero(cacheWrite['1h']) > 0;
  return cacheRules(family, model, isClaudes && family !== 'anthropic' ? { dialect: 'anthropic' } : {});
}

function writeOf(row: LedgerRow): Write {
  const isKnown = row.tokens.cacheRead !== 'not-reported' && cacheWriteCount(row.tokens) !== 'not-reported';
  return { unread: new Map(writtenParts(row)), open: 0, isDoubtful: !isKnown || row.timeBasis === 'file' };
}

/** Longest lifetime first, as vendors want them. */
function writtenParts({ tokens }: LedgerRow): readonly (readonly [CacheLifetime, number])[] {
  return CACHE_LIFETIMES.toSorted((a, b) => LIFETIME_MS[b] - LIFETIME_MS[a])
    .map((lifetime) => [lifetime, countOrZero(tokens.cacheWrite[lifetime])] as const)
    .filter(([, written]) => written > 0);
}

function serve(
  track: Track,
  request: Request,
  writes: readonly Write[],
): { readonly track: Track; readonly missed: Count } {
  const { row, rules } = request;
  const { cacheRead: read } = row.tokens;
  if (read === 'not-reported' || row.timeBasis === 'file')
    return { track: doubted(track, row, writes), missed: 'not-reported' };
  const missed = missedBy(track, row, read);
  for (const span of splitAt(track.kept, read)[0]) if (row.startedAt < span.diesAt) settle(writes, span, 'read');
  const lifetime = rules.lifetimes[0] ?? 'unknown';
  const kept = renewed(track.kept, read, { at: row.startedAt, lifetime });
  const readableAt = row.startedAt + rules.settlesAfterMs;
  return { track: { ...written(kept, request, read), readableAt }, missed };
}

/** Nobody knows what such a turn read: what was alive then may have been read by it. */
function doubted(track: Track, { startedAt }: LedgerRow, writes: readonly Write[]): Track {
  for (const { unreadOf, diesAt } of track.kept) {
    const write = unreadOf === undefined ? undefined : writes[unreadOf];
    if (write && startedAt < diesAt) write.isDoubtful = true;
  }
  return { ...track, last: 'not-reported' };
}

function missedBy({ kept, last = 0, readableAt }: Track, { tokens, startedAt }: LedgerRow, read: number): Count {
  const prompt = promptTokenCount(tokens);
  if (last === 'not-reported' || prompt === 'not-reported') return 'not-reported';
  if (startedAt < readableAt) return 0;
  return Math.max(0, Math.min(aliveEnd(kept, last, startedAt), prompt) - read);
}

type Left = Omit<Track, 'readableAt'>;

function written(kept: KeptPrefix, { row, index, rules }: Request, read: number): Left {
  const total = cacheWriteCount(row.tokens);
  if (rules.dialect === 'none' && countOrZero(total) === 0) return keptUnasked(kept, row, rules);
  if (total === 'not-reported') return { kept, last: total };
  const spans: Span[] = [];
  let start = read;
  for (const [lifetime, tokens] of writtenParts(row)) {
    const end = start + tokens;
    spans.push({ start, end, lifetime, diesAt: row.startedAt + LIFETIME_MS[lifetime], unreadOf: index });
    start = end;
  }
  return { kept: overwritten(kept, spans), last: start };
}

/** Where nothing is marked, the whole prompt is kept, in whole steps; writes are free and nobody's. */
function keptUnasked(
  kept: KeptPrefix,
  { tokens, startedAt }: LedgerRow,
  { stepTokens, minimumTokens, lifetimes }: CacheRules,
): Left {
  const prompt = promptTokenCount(tokens);
  if (prompt === 'not-reported') return { kept, last: prompt };
  const whole = Math.floor(prompt / stepTokens) * stepTokens;
  const lifetime = lifetimes[0] ?? 'unknown';
  const span = { start: 0, end: whole, lifetime, diesAt: startedAt + LIFETIME_MS[lifetime], unreadOf: undefined };
  return whole > 0 && whole >= minimumTokens ? { kept: overwritten(kept, [span]), last: whole } : { kept, last: 0 };
}

/** Takes a span from what its turn wrote and nobody has read. */
function settle(writes: readonly Write[], { unreadOf, lifetime, start, end }: Span, as: 'read' | 'open'): void {
  const write = unreadOf === undefined ? undefined : writes[unreadOf];
  if (!write) return;
  write.unread.set(lifetime, (write.unread.get(lifetime) ?? 0) - (end - start));
  if (as === 'open') write.open += end - start;
}

function outcomeOf({ unread, open, isDoubtful }: Write): Omit<CacheUse, 'missed'> {
  const wastedBy = new Map([...unread].filter(([, tokens]) => tokens > 0));
  const wasted = [...wastedBy.values()].reduce((sum, tokens) => sum + tokens, 0);
  // A write that was read back to its last token before anybody was silent is no waste, whatever happened then.
  const isKnown = !isDoubtful || (unread.size > 0 && wasted === 0 && open === 0);
  return isKnown ? { wasted, wastedBy, open } : { wasted: 'not-reported', wastedBy: new Map(), open: 'not-reported' };
}
