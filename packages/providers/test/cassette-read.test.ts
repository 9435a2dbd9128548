import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CassetteContents, readCassette } from '../src/cassette/index.ts';
import { cassettePath, loopbackCassette, post, readLines } from './support/cassette-server.ts';

const ADDRESS = 'http://127.0.0.1:9/v1/messages';

/** A file with an answer in two pieces, and one that is no text. */
async function recorded(): Promise<string> {
  const path = cassettePath();
  const answers: Readonly<Record<string, readonly Uint8Array[]>> = {
    text: [Buffer.from('data: zwölf\n\n'.slice(0, 8)), Buffer.from('data: zwölf\n\n'.slice(8))],
    bytes: [Uint8Array.of(0, 255)],
  };
  let now = 0;
  const inner: typeof fetch = async (_, init) => {
    const pieces =
      answers[JSON.parse(Buffer.from(await new Response(init?.body ?? '').arrayBuffer()).toString()).q] ?? [];
    return new Response(ReadableStream.from(pieces), {
      status: 201,
      headers: { 'X-Kept': 'yes', 'set-cookie': 'a=1' },
    });
  };
  const cassette = loopbackCassette({
    path,
    fetch: inner,
    clock: () => {
      now += 10;
      return now;
    },
  });
  for (const q of ['text', 'bytes'])
    await (await cassette.fetch(ADDRESS, post({ q }, { 'x-api-key': 'a-key' }))).text();
  await cassette.close();
  return path;
}

describe('a cassette as data (N-17)', () => {
  it('tells each request, its answer, and when each piece of it came', async () => {
    const { exchanges, malformed } = await readCassette(await recorded());
    expect(malformed).toEqual([]);
    expect(exchanges).toEqual([
      {
        key: expect.stringMatching(/^[0-9a-f]{32}$/),
        line: 1,
        isNewest: true,
        request: { method: 'POST', url: ADDRESS, stream: false, body: { q: 'text' } },
        response: {
          status: 201,
          headers: { 'x-kept': 'yes' },
          body: 'data: zwölf\n\n',
          isBase64: false,
          chunks: [
            { bytes: 8, atMs: 10 },
            { bytes: 6, atMs: 20 },
          ],
        },
        recordedAt: '1970-01-01T00:00:00.040Z',
      },
      expect.objectContaining({
        line: 2,
        response: expect.objectContaining({ body: 'AP8=', isBase64: true, chunks: [{ bytes: 2, atMs: 10 }] }),
      }),
    ]);
  });

  it('is enough to answer as the vendor did', async () => {
    const path = await recorded();
    const [first] = (await readCassette(path)).exchanges;
    if (first === undefined) throw new Error('There is no exchange.');
    const { body, isBase64, chunks } = first.response;
    const bytes = Buffer.from(body, isBase64 ? 'base64' : 'utf8');
    let end = 0;
    const pieces = chunks.map(({ bytes: length }) => {
      end += length;
      return bytes.toString('utf8', end - length, end);
    });
    expect(pieces).toEqual(['data: zw', 'ölf\n\n']);
  });

  it('says of each line whether a later one took its place', async () => {
    const path = cassettePath();
    const cassette = loopbackCassette({ path, mode: 'record', fetch: async () => new Response('x') });
    for (const q of [1, 2, 1]) await (await cassette.fetch(ADDRESS, post({ q }))).text();
    await cassette.close();
    const { exchanges } = await readCassette(path);
    expect(exchanges.map(({ line, isNewest }) => [line, isNewest])).toEqual([
      [1, false],
      [2, true],
      [3, true],
    ]);
  });

  it("reads cachy's lines, which have no request", async () => {
    const path = cassettePath();
    writeFileSync(path, '{"key":"6422adea","response":"{}"}\n');
    expect(await readCassette(path)).toEqual({
      exchanges: [
        {
          key: '6422adea',
          line: 1,
          isNewest: true,
          response: { status: 200, headers: {}, body: '{}', isBase64: false, chunks: [] },
        },
      ],
      malformed: [],
    });
  });

  it('goes on after what is no record, and names each such line and why', async () => {
    const path = await recorded();
    const [one = '', two = ''] = readLines(path);
    const lines = ['{"key":', one, '', '[1]', '{"key":"a","response":"","v":2}', '{"key":"a"}', two, one.slice(0, 90)];
    writeFileSync(path, lines.join('\n'));
    const { exchanges, malformed } = await readCassette(path);
    expect(exchanges.map(({ line }) => line)).toEqual([2, 7]);
    expect(malformed).toEqual([
      { line: 1, problem: 'no-json' },
      { line: 4, problem: 'no-record' },
      { line: 5, problem: 'unknown-version' },
      { line: 6, problem: 'no-record' },
      { line: 8, problem: 'cut' },
    ]);
  });

  it('accounts for every line of any file', async () => {
    const path = await recorded();
    const sound = readLines(path);
    const anyLine = fc.oneof(fc.constantFrom(...sound, '', ' \r', '{}', 'null', '"x"'), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.array(anyLine), fc.boolean(), async (some, endsWhole) => {
        const text = some.join('\n') + (endsWhole ? '\n' : '');
        writeFileSync(path, text);
        const { exchanges, malformed } = await readCassette(path);
        const told = [...exchanges, ...malformed].map(({ line }) => line).sort((a, b) => a - b);
        const lines = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [index + 1]));
        expect(told).toEqual(lines);
      }),
      { numRuns: 200 },
    );
  });

  it('changes nothing, and needs a file', async () => {
    const path = await recorded();
    const before = readFileSync(path);
    writeFileSync(path, before.subarray(0, -5));
    await readCassette(path);
    expect(readFileSync(path)).toEqual(before.subarray(0, -5));
    const missing: Promise<CassetteContents> = readCassette(`${path}.none`);
    await expect(missing).rejects.toMatchObject({ code: 'cassette/no-file' });
  });
});
