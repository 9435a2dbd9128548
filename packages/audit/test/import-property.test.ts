import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ImportReport, importCassette, importClaudeCode, importJsonLines, type LedgerRow } from '../src/index.ts';
import { linesOf, logFolder, rowsOf } from './support/log-folder.ts';
import { BEGUN, compactionLine, questionLine, responseLine } from './support/transcript-lines.ts';

/** Files are written for each run, and the machine may be busy. */
const PATIENCE_MS = 60_000;

/** A response's lines, as its usage grows from one to the next. */
const transcriptResponse = fc
  .record({ id: fc.integer({ min: 1, max: 40 }), outputs: fc.array(fc.nat(500), { minLength: 1, maxLength: 4 }) })
  .map(({ id, outputs }) =>
    outputs
      .toSorted((a, b) => a - b)
      .map((output, index) => {
        const isLast = index === outputs.length - 1;
        const usage = isLast ? {} : { ...BEGUN, output_tokens: output };
        return responseLine({ id: `msg_${id}`, second: id * 10 + index, output, usage });
      }),
  );

/** The lines of a transcript in which every response is whole and met once. */
const transcript = fc
  .uniqueArray(transcriptResponse, { maxLength: 8, selector: ([line = '']) => JSON.parse(line).message.id })
  .map((responses) => [questionLine(), ...responses.flat(), compactionLine({ second: 999 })]);

const loggedLines = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 10 }).map((ids) =>
  ids.map((id) => {
    const usage = { prompt_tokens: id * 10, completion_tokens: id };
    const response = {
      id: `chatcmpl-0123456789-${id}`,
      object: 'chat.completion',
      created: 1e9 + id,
      model: 'm',
      usage,
    };
    return JSON.stringify(id % 2 === 0 ? response : { request: {}, response, timestamp: 1e9 + id });
  }),
);

async function imported(importLog: typeof importJsonLines, ...files: readonly (string | Uint8Array)[]) {
  const folder = logFolder(Object.fromEntries(files.map((content, index) => [`${index}.jsonl`, content])));
  const log = importLog(files.map((_, index) => join(folder, `${index}.jsonl`)));
  const rows = await rowsOf(log);
  const report = log.report();
  expectAccounted(rows, report);
  return { rows, report };
}

/** P1: every line is a row, or counted as something else. */
function expectAccounted(rows: readonly LedgerRow[], report: ImportReport): void {
  const skipped = Object.values(report.skipped).reduce((sum, count) => sum + count, 0);
  expect(report.rows).toBe(rows.length);
  expect(report.rows + report.duplicates + report.malformedLines + skipped).toBe(report.lines);
}

/** Rows by their ids, without the place where they were read. */
function comparable(rows: readonly LedgerRow[]) {
  const known = rows.map(({ source: _source, ...row }): [string, unknown] => [row.id, row]);
  return new Map(known.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const LOGS = [
  ['Claude Code', importClaudeCode, transcript],
  ['JSON Lines', importJsonLines, loggedLines],
] as const;

describe.each(LOGS)('a log of %s', (_name, importLog, log) => {
  test(
    'gives the same rows in any order of its lines',
    async () => {
      const shuffled = log.chain((lines) =>
        fc.tuple(fc.constant(lines), fc.shuffledSubarray(lines, { minLength: lines.length })),
      );
      await fc.assert(
        fc.asyncProperty(shuffled, async ([lines, others]) => {
          const { rows } = await imported(importLog, linesOf(...lines));
          expect(comparable((await imported(importLog, linesOf(...others))).rows)).toEqual(comparable(rows));
        }),
        { numRuns: 60 },
      );
    },
    PATIENCE_MS,
  );

  test(
    'gives the same rows however often its lines and its files are repeated',
    async () => {
      const repeated = log.chain((lines) => fc.tuple(fc.constant(lines), fc.shuffledSubarray(lines)));
      await fc.assert(
        fc.asyncProperty(repeated, async ([lines, again]) => {
          const whole = linesOf(...lines);
          const { rows } = await imported(importLog, whole);
          const twice = await imported(importLog, linesOf(...lines, ...again), whole);
          expect(comparable(twice.rows)).toEqual(comparable(rows));
          expect(twice.report.conflicts).toBe(0);
        }),
        { numRuns: 60 },
      );
    },
    PATIENCE_MS,
  );

  test(
    'gives, cut anywhere, the rows of its whole lines and at most one malformed line',
    async () => {
      const cut = log.chain((lines) => {
        const bytes = Buffer.from(linesOf(...lines));
        return fc.tuple(fc.constant(bytes), fc.nat(bytes.length));
      });
      await fc.assert(
        fc.asyncProperty(cut, async ([bytes, length]) => {
          const head = bytes.subarray(0, length);
          const end = head.lastIndexOf('\n') + 1;
          const whole = await imported(importLog, head.subarray(0, end));
          const { rows, report } = await imported(importLog, head);
          const isWholeLine =
            report.rows + report.skipped['same-response'] > whole.report.rows + whole.report.skipped['same-response'];
          // What lacks nothing but its line end is a line.
          if (isWholeLine) expect(bytes[length]).toBe(10);
          else expect(comparable(rows)).toEqual(comparable(whole.rows));
          expect(report.malformedLines).toBeLessThanOrEqual(1);
        }),
        { numRuns: 100 },
      );
    },
    PATIENCE_MS,
  );
});

test(
  'no bytes end an import, and every line is accounted for',
  async () => {
    const damaged = fc
      .tuple(transcript, loggedLines, fc.uint8Array({ maxLength: 200 }), fc.nat(5000))
      .map(([some, others, noise, at]) => {
        const bytes = Buffer.from(linesOf(...some, ...others));
        const place = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, place), noise, bytes.subarray(place)]);
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, fc.uint8Array({ maxLength: 500 })), async (bytes) => {
        for (const importLog of [importClaudeCode, importJsonLines, importCassette]) await imported(importLog, bytes);
      }),
      { numRuns: 150 },
    );
  },
  PATIENCE_MS,
);

test(
  'no JSON ends an import, whatever stands where a request, a response or a count is looked for',
  async () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    const field = (name: string) => fc.record({ [name]: value });
    const request = fc.oneof(
      value,
      fc.record({
        tools: fc.array(value),
        system: value,
        messages: fc.array(fc.record({ role: value, content: fc.oneof(value, fc.array(field('text'))) })),
        input: fc.oneof(value, fc.array(fc.record({ role: value, type: value, content: fc.array(value) }))),
      }),
    );
    const usage = fc.oneof(
      value,
      fc.record({ input_tokens: value, iterations: value, cache_creation: value, prompt_tokens: value }),
    );
    const response = fc.record({
      id: value,
      type: fc.constantFrom('message', 'assistant', null),
      object: fc.constantFrom('response', 'chat.completion', 'chat.completion.chunk', undefined),
      role: fc.constant('assistant'),
      model: fc.oneof(fc.constant('m'), value),
      choices: fc.oneof(fc.constant(undefined), fc.array(value)),
      created: value,
      usage,
    });
    const line = fc.oneof(
      fc.record({ request, response, timestamp: value, tags: value }),
      fc.record({
        type: fc.constant('assistant'),
        message: response,
        timestamp: fc.constant(1e9),
        compactMetadata: fc.constant(undefined),
      }),
      fc.record({ type: value, compactMetadata: value, timestamp: value }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 5 }), async (lines) => {
        const text = linesOf(...lines.map((each) => JSON.stringify(each)));
        for (const importLog of [importClaudeCode, importJsonLines]) {
          await imported((paths) => importLog(paths, { withPrefix: true }), text);
        }
      }),
      { numRuns: 200 },
    );
  },
  PATIENCE_MS,
);
