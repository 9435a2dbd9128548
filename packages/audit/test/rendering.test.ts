import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cacheStatement, type LedgerRow, renderStatement } from '../src/index.ts';
import { FIRST_TURN, ledgerRowOf, SECOND_TURN, SILENT_TURN, UNPRICED_TURN } from './support/rows.ts';

const ESCAPE = String.fromCharCode(27);

function render(
  rows: readonly LedgerRow[],
  options: Parameters<typeof renderStatement>[1] & { allowPartial?: boolean } = {},
) {
  const { allowPartial = false, ...terminal } = options;
  return renderStatement(cacheStatement(rows, { allowPartial }), { colour: false, width: 140, ...terminal });
}

/** The cells of turn `number`. */
function rowOf(text: string, number: number | 'Σ'): readonly string[] {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${number} `)) ?? '';
  return line.split(/ +/);
}

describe('the table', () => {
  test('a row shows number, time, model, tokens, the prompt as a bar, and money', () => {
    const row = rowOf(render([FIRST_TURN, SECOND_TURN]), 2);
    expect(row).toEqual([
      ...['2', '11-21', '14:05', 'claude-opus-5', '40', '2,000', '160', '80', '████████▓░'],
      ...['$0.0042', '$0.0130', '$0.0088'],
    ]);
  });

  test('where it is narrow it keeps tokens, bar and money, and names the model below', () => {
    const lines = render([FIRST_TURN, SECOND_TURN], { width: 70 }).split('\n');
    expect(lines[0]?.split(/ +/)).toEqual([
      ...['#', 'fresh', 'read', 'written', 'output', 'prompt', 'paid', 'baseline', 'saved'],
    ]);
    expect(lines).toContain('model: claude-opus-5');
  });

  test('the last row is the sums', () => {
    expect(rowOf(render([FIRST_TURN, SECOND_TURN]), 'Σ')).toEqual([
      ...['Σ', '140', '2,000', '2,160', '130', '$0.0185', '$0.0248', '$0.0063'],
    ]);
  });

  test('not reported is a dash, and a sum that misses turns is a lower bound', () => {
    const text = render([SECOND_TURN, SILENT_TURN]);
    expect(rowOf(text, 2).slice(4)).toEqual(['300', '–', '–', '5', '–', '$0.0016', '$0.0016', '–']);
    expect(rowOf(text, 'Σ')).toContain('≥2,000');
    expect(text).toContain('– not reported');
  });

  test('an unknown price is a question mark, and a sum that misses it is a lower bound', () => {
    const text = render([SECOND_TURN, UNPRICED_TURN]);
    expect(rowOf(text, 2).slice(-3)).toEqual(['?', '?', '?']);
    expect(rowOf(text, 'Σ').slice(-3)).toEqual(['≥$0.0042', '≥$0.0130', '~$0.0088']);
  });

  test('an estimated price is marked', () => {
    const guess = ledgerRowOf({ fresh: 40, cacheRead: 2_000, output: 1 }, { model: 'claude-fable-5-2' });
    expect(rowOf(render([guess]), 1).slice(-1)).toEqual(['~$0.0156']);
  });

  test('a name cannot steer the terminal', () => {
    const text = render([{ ...UNPRICED_TURN, model: `${ESCAPE}[2Jevil\nmodel` }]);
    expect(text).toContain('?[2Jevil?model');
    expect(text).not.toContain(ESCAPE);
  });
});

describe('colour and width', () => {
  test('there is no escape code without colour, and some with it', () => {
    expect(render([FIRST_TURN, SECOND_TURN, SILENT_TURN])).not.toContain(ESCAPE);
    expect(render([FIRST_TURN], { colour: true })).toContain(ESCAPE);
  });

  test('colour changes nothing but colour', () => {
    const rows = [FIRST_TURN, SECOND_TURN, SILENT_TURN, UNPRICED_TURN];
    const stripped = render(rows, { colour: true }).replaceAll(new RegExp(`${ESCAPE}\\[\\d+m`, 'g'), '');
    const words = (text: string) => text.split(/\s+/);
    expect(words(stripped)).toEqual(words(render(rows)));
  });

  test('no line is wider than asked, from 20 characters on', () => {
    const big = ledgerRowOf({
      fresh: 999_999,
      cacheRead: 123_456_789,
      cacheWrite: { '1h': 7_654_321 },
      output: 99_999,
    });
    const rows = fc.array(fc.constantFrom(FIRST_TURN, SECOND_TURN, SILENT_TURN, UNPRICED_TURN, big), { maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 20, max: 160 }), fc.boolean(), (ledger, width, allowPartial) => {
        const widest = Math.max(
          ...render(ledger, { width, allowPartial })
            .split('\n')
            .map((line) => line.length),
        );
        expect(widest).toBeLessThanOrEqual(width);
      }),
    );
  });

  test('a narrow terminal keeps the number and what was saved', () => {
    expect(rowOf(render([FIRST_TURN, SECOND_TURN], { width: 20 }), 2)).toEqual(['2', '2,000', '$0.0088']);
  });

  test('80 columns hold the bar and its legend', () => {
    const text = render([FIRST_TURN, SECOND_TURN], { width: 80 });
    expect(text).toContain('████████▓░');
    expect(text).toContain('█ read ▓ written ░ fresh');
  });
});
