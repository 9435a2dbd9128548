import { inspect } from 'node:util';
import type { CacheDiagnostics } from './cache/diagnostics.ts';
import type { ProviderError } from './errors.ts';
import type { AssistantMessage, Family } from './message.ts';
import {
  type Count,
  cacheWriteCount,
  countOrZero,
  type KnownTokenCounts,
  readCount,
  type TokenCounts,
  tokenCounts,
} from './token-counts.ts';

export type StopReason =
  | 'end-turn'
  | 'tool-use'
  | 'max-tokens'
  | 'stop-sequence'
  | 'pause'
  | 'refusal'
  | 'content-filter'
  | 'context-window'
  | 'aborted'
  | 'error';

/** One model response, whole or as far as it came: the last event of every provider stream. */
export interface AssistantTurn {
  readonly message: AssistantMessage;
  readonly stopReason: StopReason;
  readonly tokens: TokenCounts;
  /** `tokens.cacheRead`, not reported as 0. */
  readonly cacheReadTokens: number;
  /** Σ `tokens.cacheWrite`, not reported as 0. */
  readonly cacheWriteTokens: number;
  readonly family: Family;
  /** The model that answered, in the vendor's words. */
  readonly model: string;
  readonly responseId?: string;
  readonly timing: TurnTiming;
  /** `final`: the vendor's last word. `partial`: the stream ended before it. `none`: no usage was seen. */
  readonly usageState: 'final' | 'partial' | 'none';
  /** The vendor's usage object, untouched; `null` when none arrived. */
  readonly rawUsage: unknown;
  /** The vendor's price class for this response, in its words, such as `flex`; absent where it named none. */
  readonly serviceTier?: string;
  /** The vendor's own verdict on its cache, where it was asked for one and gave it. */
  readonly diagnostics?: CacheDiagnostics;
  /** Present with the stop reasons `error` and `aborted`. */
  readonly error?: ProviderError;
}

export interface TurnTiming {
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** From `startedAt` to the first event of the response; absent if none came. */
  readonly firstTokenMs?: number;
  readonly durationMs: number;
}

/** What makes a turn; the rest has defaults, so a stream that knows nothing of caching still makes a whole one. */
export interface AssistantTurnParts extends Partial<Omit<AssistantTurn, 'message' | 'tokens'>> {
  readonly message: AssistantMessage;
  /** Where absent, `cacheReadTokens` and `cacheWriteTokens` are taken as the counts; where present, they are ignored. */
  readonly tokens?: KnownTokenCounts;
}

/**
 * A turn from its parts. Counters left out are not reported, and count 0 where a number is asked for; so is what is no count, which
 * `malformedCounts` names.
 */
export function assistantTurn(parts: AssistantTurnParts): AssistantTurn {
  const tokens = tokenCounts(soundCounts(parts.tokens ?? cacheCountsAlone(parts)));
  return {
    stopReason: 'end-turn',
    family: 'unknown',
    model: 'unknown',
    timing: { startedAt: 0, durationMs: 0 },
    usageState: parts.tokens === undefined ? 'none' : 'final',
    rawUsage: null,
    ...parts,
    tokens,
    cacheReadTokens: countOrZero(tokens.cacheRead),
    cacheWriteTokens: countOrZero(cacheWriteCount(tokens)),
  };
}

function cacheCountsAlone({ cacheReadTokens, cacheWriteTokens }: AssistantTurnParts): KnownTokenCounts {
  return {
    ...(cacheReadTokens === undefined ? {} : { cacheRead: cacheReadTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cacheWrite: { unknown: cacheWriteTokens } }),
  };
}

/** The counters that are no whole number of at least 0, and what was given for them: `tokens.output: NaN`. */
export function malformedCounts({ tokens, cacheReadTokens, cacheWriteTokens }: AssistantTurnParts): readonly string[] {
  if (!tokens) return malformed('', { cacheReadTokens, cacheWriteTokens });
  const { cacheWrite, serverTools, ...counts } = tokens;
  return [
    ...malformed('tokens.', counts),
    ...malformed('tokens.cacheWrite.', cacheWrite),
    ...malformed('tokens.serverTools.', serverTools),
  ];
}

function malformed(path: string, counts: object = {}): readonly string[] {
  return Object.entries(counts).flatMap(([name, value]) =>
    value === undefined || value === 'not-reported' || isCount(value) ? [] : [`${path}${name}: ${inspect(value)}`],
  );
}

function soundCounts({ cacheWrite = {}, serverTools = {}, ...counts }: KnownTokenCounts): KnownTokenCounts {
  return {
    ...mapCounts(counts),
    cacheWrite: mapCounts(cacheWrite),
    serverTools: Object.fromEntries(Object.entries(serverTools).filter(([, count]) => isCount(count))),
  };
}

function mapCounts(counts: object): { readonly [name: string]: Count } {
  return Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, readCount(value)]));
}

function isCount(value: unknown): boolean {
  return readCount(value) !== 'not-reported';
}
