import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CheckpointStore, exportSession, importSession, openMemoryStore } from '../src/index.ts';
import { growSessions, type Step } from './support/grow-sessions.ts';

const STEPS: readonly Step[] = [
  { does: 'commit', session: 0, text: 'Grüß Gott \u2028', cost: 12n, bytes: Buffer.from([0, 255, 10, 13]) },
  { does: 'journal', session: 0, text: '' },
  { does: 'back-up', session: 0, text: 'a.txt', snapshot: 0, bytes: Buffer.from('before') },
  { does: 'back-up', session: 0, text: 'b.txt', snapshot: 0, bytes: null },
  { does: 'append', session: 0, text: 'and then?' },
  { does: 'commit', session: 0, text: 'Then this.', cost: null, bytes: Buffer.from('media') },
  { does: 'rewind', session: 0, text: '', snapshot: 1 },
  { does: 'begin', session: 0, text: '' },
];

let exported: string;
let lines: readonly string[];
let blobHash: string;

beforeAll(async () => {
  const store = openMemoryStore();
  await growSessions(store, STEPS);
  exported = (await Array.fromAsync(exportSession(store, 'first'))).join('');
  lines = exported.split('\n').slice(0, -1);
  blobHash = JSON.parse(lines[1] ?? '').blob.hash;
});

describe('an import is refused and nothing is written', () => {
  test('of a text that ends too early, wherever it ends', async () => {
    // A text without its last line feed is whole.
    for (let length = 0; length < exported.length - 1; length += 7) {
      const error = await refusalOf(exported.slice(0, length));
      const line = exported.slice(0, length).split('\n').length;
      expect(error.code).toBe('checkpoint/invalid-import');
      expect(error.message).toMatch(new RegExp(`line ${line} (is missing|is cut short|has the hash|holds)`));
    }
  });

  test('of a text that lacks a line, whichever it is', async () => {
    for (const index of lines.keys()) {
      const error = await refusalOf(textOf(lines.toSpliced(index, 1)));
      expect(error.code).toBe('checkpoint/invalid-import');
      expect(error.message).toMatch(/line \d+ /);
    }
  });

  test('of a text that has a line twice, whichever it is', async () => {
    for (const [index, line] of lines.entries()) {
      expect((await refusalOf(textOf(lines.toSpliced(index, 0, line)))).code).toBe('checkpoint/invalid-import');
    }
  });

  test('of a text in which two lines have changed places, whichever they are', async () => {
    for (const [first, a] of lines.entries()) {
      for (const [second, b] of lines.entries()) {
        if (first >= second) continue;
        const { code } = await refusalOf(textOf(lines.with(first, b).with(second, a)));
        expect(code).toBe('checkpoint/invalid-import');
      }
    }
  });

  test('of bytes of which one bit has changed, whichever it is', async () => {
    const bytes = Buffer.from(exported);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (place, bit) => {
        const flipped = Buffer.from(bytes);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << bit);
        expect((await refusalOf(flipped)).code).toMatch(/^checkpoint\/(invalid-import|newer-format)$/);
      }),
      { numRuns: 1500 },
    );
  });

  test.each([
    ['nothing at all', '', /line 1 is missing/],
    ['an empty line', '\n', /line 1 is no JSON/],
    ['another kind of text', '# Notes\n', /line 1 is no JSON/],
    ['a JSON file', '{"name":"reprise"}\n', /line 1 is not the header of an exported session/],
    ['a list', '[1]\n', /line 1 is not the header/],
    ['a binary file', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), /line 1 is no UTF-8 text/],
    [
      'a SQLite file',
      Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(80)]),
      /line 1 is cut short|no JSON/,
    ],
  ])('where %s is given', async (_what, content, message) => {
    const error = await refusalOf(content);
    expect(error.code).toBe('checkpoint/invalid-import');
    expect(error.message).toMatch(message);
  });

  test('of a newer format, with the word to use a newer release', async () => {
    const { code, message } = await refusalOf(exported.replace('"version":1', '"version":2'));
    expect(code).toBe('checkpoint/newer-format');
    expect(message).toMatch(/has format 2, and this release reads formats up to 1/);
  });

  test('of something after the end', async () => {
    expect((await refusalOf(`${exported}${exported}`)).message).toMatch(
      new RegExp(`line ${lines.length + 1} comes after the end mark`),
    );
  });

  test.each([
    ['an unknown field', 'entry', (entry: Json) => ({ ...entry, extra: 1 }), /has a field 'extra'/],
    ['a field too few', 'entry', ({ kind: _kind, ...entry }: Json) => entry, /entry lacks its kind/],
    ['a count that is none', 'turn', (turn: Json) => ({ ...turn, ordinal: -1 }), /ordinal is -1, but an integer/],
    ['money that is none', 'turn', (turn: Json) => ({ ...turn, costPicoUsd: '1.5' }), /costPicoUsd is "1\.5"/],
    ['a lone surrogate', 'entry', (entry: Json) => ({ ...entry, payload: '\ud800' }), /payload is .*text without NUL/],
    ['no base64', 'blob', (blob: Json) => ({ ...blob, bytes: '!' }), /bytes is "!"/],
    ['a reason that is none', 'snapshot', (each: Json) => ({ ...each, reason: 'x' }), /reason is "x", but 'turn' or/],
    ['another payload', 'entry', (entry: Json) => ({ ...entry, payload: '1' }), /is another than its hash says/],
    ['another price', 'turn', (turn: Json) => ({ ...turn, costPicoUsd: '13' }), /is not what it was/],
    ['other bytes', 'blob', (blob: Json) => ({ ...blob, bytes: 'AAAA' }), /are others than its hash says/],
    ['a turn that is missing', 'toolCall', (call: Json) => ({ ...call, turnId: 'x' }), /comes without that turn/],
    ['a blob that is missing', 'entry', (entry: Json) => ({ ...entry, blobs: ['sha256:x'] }), /names blob sha256:x/],
    ['a turn that ended', 'pendingTurn', (turn: Json) => ({ ...turn, id: 'turn-0' }), /has come to an end/],
  ])('of a line with %s, which it names, although the hash is right', async (_what, word, change, message) => {
    const index = lines.findIndex((line) => line.startsWith(`{"${word}"`));
    const changed = JSON.stringify({ [word]: change(JSON.parse(lines[index] ?? '')[word]) });
    const error = await refusalOf(sealed(lines.with(index, changed)));
    expect(error.code).toBe('checkpoint/invalid-import');
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`line ${index + 1} `);
  });

  test('of a session whose tip is not among its entries', async () => {
    const header = JSON.parse(lines[0] ?? '');
    const changed = JSON.stringify({ ...header, session: { ...header.session, tip: 'sha256:x' } });
    expect((await refusalOf(sealed(lines.with(0, changed)))).message).toMatch(/line 1 .*tip .* is missing/);
  });

  test('of a session that is here already', async () => {
    const store = openMemoryStore();
    await importSession(store, [exported]);
    await expect(importSession(store, [exported])).rejects.toMatchObject({ code: 'checkpoint/session-exists' });
  });

  test('and a failure to read passes through', async () => {
    const store = openMemoryStore();
    const broken = async function* () {
      yield exported.slice(0, 100);
      throw new Error('The disk is gone.');
    };
    await expect(importSession(store, broken())).rejects.toThrow('The disk is gone.');
    await requireUntouched(store);
  });
});

type Json = Readonly<Record<string, unknown>>;

function textOf(some: readonly string[]): string {
  return some.map((line) => `${line}\n`).join('');
}

/** The lines with an end mark that fits. */
function sealed(some: readonly string[]): string {
  const content = textOf(some.slice(0, -1));
  return `${content}${JSON.stringify({ end: `sha256:${createHash('sha256').update(content).digest('hex')}` })}\n`;
}

async function refusalOf(content: string | Uint8Array): Promise<{ readonly code: string; readonly message: string }> {
  const store = openMemoryStore();
  const error: unknown = await importSession(store, [content]).then(
    () => expect.fail('It was imported.'),
    (reason: unknown) => reason,
  );
  await requireUntouched(store);
  return error as { readonly code: string; readonly message: string };
}

async function requireUntouched(store: CheckpointStore): Promise<void> {
  expect((await store.listSessions()).items).toEqual([]);
  await expect(store.readBlobs([blobHash])).rejects.toMatchObject({ code: 'checkpoint/blob-missing' });
  expect(await store.readSnapshot('snapshot-0')).toBeUndefined();
  expect(await store.readToolCalls('turn-0').catch(() => [])).toEqual([]);
}
