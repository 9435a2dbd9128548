import { type CacheRules, promptTokenCount } from '@reprise/providers';
import { keptTokens } from '../replay/kept-tokens.ts';
import type { RecordedTurn } from '../replay/recorded-turns.ts';

/** What a turn made possible for the next one to read. */
export interface ExpectedReads {
  readonly tokens: number;
  /** Whether its vendor kept anything of it. Where nothing was kept `tokens` is the whole prompt. */
  readonly wasKept: boolean;
}

/** `undefined` where its vendor did not say. */
export function expectedReads({ row }: RecordedTurn, rules: CacheRules): ExpectedReads | undefined {
  const { tokens } = row;
  const prompt = promptTokenCount(tokens);
  if (tokens.cacheRead === 'not-reported' || prompt === 'not-reported') return undefined;
  if (rules.dialect !== 'none') {
    const kept = keptTokens(tokens);
    return kept > 0 ? { tokens: kept, wasKept: true } : { tokens: prompt, wasKept: false };
  }
  const whole = Math.floor(prompt / rules.stepTokens) * rules.stepTokens;
  const wasKept = prompt >= rules.minimumTokens && whole > 0;
  return { tokens: wasKept ? whole : prompt, wasKept };
}

/**
 * Where nothing is marked, templates and the beginning of an answer end a prompt: that much less was read for no reason that a request could
 * show.
 */
const TEMPLATE_TOKENS = 64;

/** Whether a turn read less than was possible, as far as vendors are exact about it. */
export function fellShort(expected: ExpectedReads, readTokens: number, { dialect, stepTokens }: CacheRules): boolean {
  const missed = expected.tokens - readTokens;
  return dialect === 'none' ? missed > Math.max(TEMPLATE_TOKENS, stepTokens) - 1 : missed > 0;
}
