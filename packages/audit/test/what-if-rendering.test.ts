// Row N-03: plans side by side, as text.

import { describe, expect, it } from 'vitest';
import { advise, type RecordedTurn, renderAdvice, renderWhatIf, whatIf } from '../src/index.ts';
import { block, recordedTurn } from './support/recorded-turns.ts';

const MINUTE_MS = 60_000;

function repeated(cacheReads: readonly number[], given: { readonly family?: string; readonly model?: string } = {}) {
  const blocks = [block('system', 'rules', 4950), block('user', '0', 50)];
  return cacheReads.map(
    (cacheRead, index): RecordedTurn =>
      recordedTurn({
        at: index * 20 * MINUTE_MS,
        tokens: { fresh: 0, cacheRead, cacheWrite: { '5m': 5000 - cacheRead }, output: 10 },
        blocks,
        marks: [1],
        ...given,
      }),
  );
}

describe('the table of plans (N-03)', () => {
  it('has no cache first, the plan in use last, and says how far it can be trusted', () => {
    const table = whatIf(repeated([0, 0, 0]), [
      { ttl: '1h' },
      { policy: 'auto', keepWarm: { everyMs: 4.5 * MINUTE_MS } },
    ]);
    expect(renderWhatIf(table, { width: 100 })).toMatchInlineSnapshot(`
      "plan                           fresh   read written refreshes pays from    paid difference
      ──────────────────────────────────────────────────────────────────────────────────────────
      no cache                      15,000      0       0         0         – $0.0758   -$0.0188
      kept for 1h                        0 10,000   5,000         0    turn 3 $0.0558   -$0.0388
      auto, kept warm every 4.5 min      0 50,000   5,000         8    turn 3 $0.0572   -$0.0373
      ──────────────────────────────────────────────────────────────────────────────────────────
      as recorded                        0      0  15,000         0         – $0.0945         $0

      – never cheaper than no cache

      Replayed, the plan in use gives what was reported of 3 turns: residual 0.
      Requests are sent when they were, and their answers are the same.
      Nobody else uses these prefixes, and vendors keep their own rules.
      A refresh is the last request again, for an answer of one token.
      Keeping warm ends with the last turn, which nobody knows beforehand."
    `);
  });

  it('has no cache once, also if somebody asks for it', () => {
    const table = whatIf(repeated([0, 0, 0]), [{ cache: false }, { ttl: '1h' }]);
    const names = renderWhatIf(table, { width: 100 }).split('\n').slice(2, 5);
    expect(names.map((line) => line.slice(0, 12))).toEqual(['no cache    ', 'kept for 1h ', '─'.repeat(12)]);
  });

  it('prints the residual by bucket, in tokens and in money', () => {
    const text = renderWhatIf(whatIf(repeated([0, 5000]), []), { width: 400 });
    expect(text).toContain(
      'Residual: replayed, the plan in use differs from what was reported in 1 turn of 2, by 0 fresh ($0), -5,000 read (-$0.002500), +5,000 written ($0.0313); without signs $0.0288.',
    );
  });

  it('shows what is unknown as unknown (I11)', () => {
    const text = renderWhatIf(whatIf(repeated([0, 0], { model: 'nonesuch' }), 'none'));
    expect(text.split('\n').find((line) => line.startsWith('none'))).toMatch(/\? +\?$/);
    expect(text).toContain('? unknown price');
  });

  it('fits any width, and steers no terminal', () => {
    const model = { family: 'anthropic', model: 'claude\u001b[31m-red' };
    const table = whatIf(repeated([0, 0, 0]), [
      { model },
      'last_3_user_messages',
      { breakpoints: ['tools', 'system', 1, 'last'] },
    ]);
    for (const width of [20, 40, 60, 80, 120]) {
      const text = renderWhatIf(table, { width });
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
      expect(text).not.toContain('\u001b');
    }
  });

  it('of no turns is a sentence', () => {
    expect(renderWhatIf(whatIf([], 'auto'))).toBe('No turns yet: there is nothing to replay.');
  });
});

describe('advice as text (D-17)', () => {
  it('names the plan, what it saves, what the replay may be wrong by, and the next best', () => {
    const text = renderAdvice(advise(repeated([0, 0, 0, 0])), { width: 100 });
    expect(text.slice(text.indexOf('\n\nUse '))).toMatchInlineSnapshot(`
      "

      Use auto, kept for 1h: it would have cost $0.0675 less over 4 turns, and the replay may be wrong by
      $0. Next best is system_and_tools, kept for 1h, $0.0004 dearer.
      The next turns are like these."
    `);
  });

  it('is to stay, or none, in words', () => {
    const stays = renderAdvice(advise(repeated([0, 0]), { candidates: [{ ttl: '12h' }] }), { width: 200 });
    expect(stays).toContain('Stay with the plan in use: none of those compared would have cost less.');
    const none = renderAdvice(advise(repeated([0, 0], { model: 'nonesuch' })), { width: 200 });
    expect(none).toContain('No advice: no price is known');
    expect(renderAdvice(advise([]))).toContain('No advice');
  });
});
