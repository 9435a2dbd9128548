import type { CacheDiagnostics } from '../../cache/diagnostics.ts';
import { asObject } from '../../json.ts';

const VERDICTS: ReadonlyMap<unknown, CacheDiagnostics['verdict']> = new Map<unknown, CacheDiagnostics['verdict']>([
  ['cache_hit', 'hit'],
  ['cache_miss', 'miss'],
  ['comparison_response_not_found', 'not-found'],
]);

/** A response's `prompt_cache_diagnostics`; `undefined` where there are none. A verdict without a word here is `unavailable`. */
export function readDiagnostics(value: unknown): CacheDiagnostics | undefined {
  const wire = asObject(value);
  if (!wire) return undefined;
  const { type, reason, cache_missed_tokens: missed, comparison_reusable_tokens: reusable } = wire;
  return {
    verdict: VERDICTS.get(type) ?? 'unavailable',
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof missed === 'number' ? { missedTokens: missed } : {}),
    ...(typeof reusable === 'number' ? { reusableTokens: reusable } : {}),
    wire,
  };
}
