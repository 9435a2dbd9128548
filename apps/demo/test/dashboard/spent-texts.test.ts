import { expect, it } from 'vitest';
import { spentTexts } from '../../src/dashboard/data/spent-texts.ts';

const COUNTS = { fresh: 1, cacheRead: 1, cacheWrite: 1, output: 1, reasoning: 0 };
const SPENT = {
  turnCount: 3,
  silentTurns: 0,
  unpricedTurns: 0,
  tokens: COUNTS,
  hitRatio: 0.5,
  paidPicoUsd: '3000000000000',
  savedPicoUsd: '-1000000000000',
};

it.each([
  ['of priced turns is told as it is', {}, ['$3.00', '-$1.00', undefined]],
  [
    'is at least so much where a price is not known, and savings are no bound',
    { unpricedTurns: 1 },
    ['≥ $3.00', '-$1.00', '1 turn without a known price'],
  ],
  [
    'is not known where no price is',
    { unpricedTurns: 3, paidPicoUsd: null, savedPicoUsd: null },
    ['price unknown', 'price unknown', '3 turns without a known price'],
  ],
  ['is nothing before the first turn', { turnCount: 0, paidPicoUsd: null, savedPicoUsd: null }, ['–', '–', undefined]],
])('what a session has spent %s (N-07)', (_case, change, [cost, saved, missing]) => {
  expect(spentTexts({ ...SPENT, ...change })).toEqual({ cost, saved, missing });
});
