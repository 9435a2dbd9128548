import { expect, test } from 'vitest';
import { cacheStatement, type LedgerRow, renderStatement } from '../src/index.ts';
import { FIRST_TURN, ledgerRowOf, SECOND_TURN, SILENT_TURN, UNPRICED_TURN } from './support/rows.ts';

/** Everything below the table and its legend, on one line. */
function verdictOf(rows: readonly LedgerRow[], allowPartial = false): string {
  const text = renderStatement(cacheStatement(rows, { allowPartial }), { colour: false, width: 80 });
  return (text.split('\n\n').at(-1) ?? '').replaceAll('\n', ' ');
}

test('a saving is told with its share and the tokens read', () => {
  expect(verdictOf([FIRST_TURN, SECOND_TURN])).toBe(
    'Prompt caching saved $0.0063 of $0.0248 (25 %) over 2 turns; 47 % of prompt tokens were read from cache.',
  );
});

test('a loss is told plainly', () => {
  expect(verdictOf([FIRST_TURN])).toBe(
    'Prompt caching cost $0.0025 more than no caching, $0.0143 instead of $0.0118 (21 %), over 1 turn; 0 % of prompt tokens were read from cache.',
  );
});

test('no turns is said', () => {
  expect(verdictOf([])).toBe('No turns yet: nothing was paid and nothing was saved.');
});

test('an unknown price is told with its model', () => {
  expect(verdictOf([UNPRICED_TURN])).toBe(
    'What prompt caching saved over 1 turn is unknown: the price of 1 turn of llama3.2 is unknown.',
  );
});

test('with a turn missing there is no percentage, and what is covered is said', () => {
  const told = verdictOf([FIRST_TURN, SECOND_TURN, SILENT_TURN]);
  expect(told).not.toContain('%');
  expect(told).toBe(
    'Prompt caching saved $0.0063 of $0.0248 on the 2 of 3 turns that are covered (1 turn reported no cache counters). No percentage is given, because it would leave turns out.',
  );
});

test('if asked, the percentage is told of the covered turns', () => {
  expect(verdictOf([FIRST_TURN, SECOND_TURN, UNPRICED_TURN], true)).toBe(
    'Prompt caching saved $0.0063 of $0.0248 (25 %) on the 2 of 3 turns that are covered (the price of 1 turn of llama3.2 is unknown); 47 % of prompt tokens were read from cache.',
  );
});

test('a share is never rounded to nothing or to all', () => {
  const hardly = ledgerRowOf({ fresh: 10_000, cacheRead: 1, output: 1 });
  const nearly = ledgerRowOf({ fresh: 1, cacheRead: 10_000, output: 1 });
  expect(verdictOf([hardly])).toContain('(<1 %) over 1 turn; <1 % of prompt tokens');
  expect(verdictOf([nearly])).toContain('>99 % of prompt tokens');
});

test('estimates and changed prices are told', () => {
  const guess = ledgerRowOf({ fresh: 1, cacheRead: 1, output: 1 }, { model: 'claude-fable-5-2', recordedPicoUsd: 1n });
  const told = verdictOf([guess]);
  expect(told).toContain('The price of 1 turn is estimated.');
  expect(told).toContain('The cost recorded with 1 turn differs from the price list used here.');
});
