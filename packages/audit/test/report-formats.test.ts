import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvLine } from '../src/render/csv.ts';
import { encodeJson, exactDollars } from '../src/render/json.ts';
import { runCommand } from './support/run-command.ts';
import { FIRST, SECOND, sampleStore, UNPRICED } from './support/sample-store.ts';

const SESSIONS = [{ id: 'an "odd",\nname', turns: [FIRST, SECOND, UNPRICED] }];

describe('JSON', () => {
  test('has its format, its scope and its sums', async () => {
    const path = await sampleStore(SESSIONS);
    const { output } = await runCommand([path, '-f', 'json', '--by', 'model', '--since', '2026-11-21']);
    expect(JSON.parse(output)).toMatchObject({
      format: 'reprise-audit/1',
      madeAt: Date.UTC(2026, 10, 30, 12),
      since: Date.UTC(2026, 10, 21),
      until: null,
      by: 'model',
      sources: [{ path, kind: 'store' }],
      sessionCount: 1,
      sums: { turnCount: 3, unpricedTurns: 1, tokens: { cacheWrite: { tokens: 2160, missingTurns: 1 } } },
      groups: [{ name: 'claude-opus-5' }, { name: 'llama3.2' }],
      imports: [],
    });
  });

  test('money is a string of picodollars, and of dollars to the last digit', async () => {
    const { output } = await runCommand([await sampleStore(SESSIONS), '-f', 'json']);
    // 140 fresh × $5, 2,000 read × $0.50, 2,160 written × $6.25 and 130 output × $25 a million.
    expect(JSON.parse(output).sums.money).toMatchObject({ paidPicoUsd: '18450000000', paidUsd: '0.01845' });
  });

  test('what nobody knows is null, and what was not reported says so', async () => {
    const { output } = await runCommand([await sampleStore(SESSIONS), '-f', 'json', '--by', 'turn']);
    const { turns } = JSON.parse(output);
    expect(turns).toHaveLength(3);
    expect(turns[2]).toMatchObject({
      number: 3,
      model: 'llama3.2',
      money: null,
      recordedPicoUsd: null,
      recordedUsd: null,
    });
    expect(turns[2].tokens).toMatchObject({ fresh: 10, cacheWrite: 'not-reported' });
  });

  test('breaks, plans and advice are there if asked for, and else are not', async () => {
    const path = await sampleStore(SESSIONS);
    const keysOf = async (...args: string[]) =>
      Object.keys(JSON.parse((await runCommand([path, '-f', 'json', ...args])).output));
    expect(await keysOf()).not.toEqual(expect.arrayContaining(['breaks']));
    expect(await keysOf('--explain', '--what-if', 'auto', '--advise')).toEqual(
      expect.arrayContaining(['breaks', 'whatIf', 'advice']),
    );
  });

  test('dollars lose nothing', () => {
    const dollars = (text: string) => {
      const [, sign, whole = '', rest = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
      const picoUsd = BigInt(whole) * 10n ** 12n + BigInt(rest.padEnd(12, '0'));
      return sign === '-' ? -picoUsd : picoUsd;
    };
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
        (picoUsd) => dollars(exactDollars(picoUsd)) === picoUsd,
      ),
    );
    expect(exactDollars(12_500_000n)).toBe('0.0000125');
    expect(encodeJson({ picoUsd: 1n, lostPicoUsd: undefined, count: 2n, by: new Map([['5m', 1]]) })).toBe(
      '{"picoUsd":"1","usd":"0.000000000001","lostPicoUsd":null,"lostUsd":null,"count":"2","by":{"5m":1}}',
    );
  });
});

describe('CSV', () => {
  /** A reader of RFC 4180, written from its grammar. */
  function readCsv(text: string): readonly (readonly string[])[] {
    const rows: string[][] = [[]];
    const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
    while (field.lastIndex < text.length) {
      const at = field.lastIndex;
      const [, quoted, plain, end] = field.exec(text) ?? expect.fail(`no field at ${at}`);
      rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
      if (end === '\r\n') rows.push([]);
    }
    expect(rows.pop()).toEqual([]);
    return rows;
  }

  test('by turn has a line a turn, and nothing where nobody knows', async () => {
    const { output } = await runCommand([await sampleStore(SESSIONS), '-f', 'csv', '--by', 'turn']);
    const [head = [], ...rows] = readCsv(output);
    const turns = rows.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index]])));
    expect(rows.every((row) => row.length === head.length)).toBe(true);
    expect(turns[1]).toMatchObject({
      session: 'an "odd",\nname',
      turn: '2',
      started_at: '2026-11-21T14:06:00.000Z',
      cache_read_tokens: '2000',
      paid_usd: '0.0042',
      saved_usd: '0.0088',
      wasted_write_tokens: '160',
    });
    expect(turns[2]).toMatchObject({ paid_usd: '', saved_usd: '', cache_write_tokens: '', reasoning_tokens: '' });
  });

  test('by group has a line a group, and how many turns are missing from a sum', async () => {
    const { output } = await runCommand([await sampleStore(SESSIONS), '-f', 'csv', '--by', 'day']);
    const [head = [], first = [], second = []] = readCsv(output);
    const cell = (row: readonly string[], name: string) => row[head.indexOf(name)];
    expect([first[0], second[0]]).toEqual(['2026-11-21', '2026-11-22']);
    expect([cell(first, 'turns'), cell(first, 'paid_usd')]).toEqual(['2', '0.01845']);
    expect([cell(second, 'paid_usd'), cell(second, 'cache_write_tokens')]).toEqual(['', '']);
    expect(cell(second, 'cache_write_missing_turns')).toBe('1');
  });

  test('any text comes back as it was, but for what a spreadsheet would run', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '=', '-', 'é', ' ') });
    fc.assert(
      fc.property(fc.array(text, { minLength: 2, maxLength: 5 }), (cells) => {
        const shown = cells.map((cell) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell));
        expect(readCsv(csvLine(cells))).toEqual([shown]);
      }),
    );
    expect(csvLine(['=1+1', { number: '-1' }, undefined])).toBe("'=1+1,-1,\r\n");
  });
});
