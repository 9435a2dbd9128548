import { type KnownTokenCounts, tokenCounts } from '@reprise/providers';
import type { LedgerRow } from '../../src/index.ts';

/** The row of a complete response whose vendor reported what is given. */
export function ledgerRowOf(reported: KnownTokenCounts, given: Partial<Omit<LedgerRow, 'tokens'>> = {}): LedgerRow {
  return {
    id: 'turn',
    family: 'anthropic',
    model: 'claude-opus-5',
    startedAt: Date.UTC(2026, 10, 21, 14, 5),
    usageState: 'final',
    recordedPicoUsd: undefined,
    ...given,
    tokens: tokenCounts(reported),
  };
}

/** Opus 5: $5 fresh, $0.50 read, $6.25 written, $25 output per million. */
export const FIRST_TURN: LedgerRow = ledgerRowOf({ fresh: 100, cacheRead: 0, cacheWrite: { '5m': 2_000 }, output: 50 });
export const SECOND_TURN: LedgerRow = ledgerRowOf({
  fresh: 40,
  cacheRead: 2_000,
  cacheWrite: { '5m': 160 },
  output: 80,
});
/** Its vendor said nothing of caching. */
export const SILENT_TURN: LedgerRow = ledgerRowOf({ fresh: 300, output: 5 });
/** Its price is not known. */
export const UNPRICED_TURN: LedgerRow = ledgerRowOf(
  { fresh: 10, cacheRead: 90, output: 5 },
  { family: 'ollama', model: 'llama3.2' },
);
