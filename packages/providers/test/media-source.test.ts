import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { mediaBlock } from '../src/media/media-block.ts';
import type { MediaSource } from '../src/media/read-source.ts';
import { loopbackServer } from './support/cassette-server.ts';
import { bytes, FILES, tempFolder } from './support/media-files.ts';

const SECRET_URL = 'https://files.test/a.png?signature=hunter2#hunter2';

/** The error of media that cannot be read. It shows no secret, wherever it was in the source. */
async function errorOf(source: MediaSource, options: Parameters<typeof mediaBlock>[1] = {}) {
  const error: unknown = await mediaBlock(source, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('The media were read.');
  expect(error.message).not.toContain('hunter2');
  return error;
}

const answering =
  (status: number, body = '') =>
  async () =>
    new Response(body, { status });

describe('a file', () => {
  it('that is not there is not found', async () => {
    const path = join(tempFolder(), 'none.png');
    expect(await errorOf({ path })).toMatchObject({
      code: 'provider/not-found',
      message: `There is no file at ${path}.`,
    });
    expect(await errorOf({ path: join(import.meta.filename, 'x') })).toMatchObject({ code: 'provider/not-found' });
  });

  it('that is a folder, or a device without end, is refused', async () => {
    const path = join(tempFolder(), 'folder');
    mkdirSync(path);
    expect(await errorOf({ path })).toMatchObject({
      code: 'provider/invalid-request',
      message: `${path} is a folder; a file is expected.`,
    });
    expect(await errorOf({ path: '/dev/zero' })).toMatchObject({ message: expect.stringContaining('no regular file') });
  });

  it('that cannot be read is refused with the reason', async () => {
    expect(await errorOf({ path: 'a\0b' })).toMatchObject({
      code: 'provider/invalid-request',
      message: expect.stringContaining('ERR_INVALID_ARG_VALUE'),
    });
  });

  it('gives its name without its folders', async () => {
    const path = join(tempFolder(), 'an ä.pdf');
    writeFileSync(path, FILES.pdf);
    expect(await mediaBlock({ path })).toMatchObject({ name: 'an ä.pdf' });
    expect(await mediaBlock({ path }, { name: 'b.pdf' })).toMatchObject({ name: 'b.pdf' });
  });
});

describe('media of the wrong size', () => {
  it('are refused when there are none, whatever the source', async () => {
    const path = join(tempFolder(), 'empty.txt');
    writeFileSync(path, '');
    for (const source of [new Uint8Array(), new Blob([]), { path }, 'data:,', { url: SECRET_URL }] as const) {
      const error = await errorOf(source, { fetch: answering(200) });
      expect(error).toMatchObject({
        code: 'provider/unsupported-media',
        message: expect.stringMatching(/ is empty\.$/),
      });
    }
  });

  it('are refused above maxBytes, and taken at it', async () => {
    const path = join(tempFolder(), 'a.txt');
    writeFileSync(path, '12345');
    for (const source of [bytes('12345'), new Blob(['12345']), { path }, 'data:,12345', { url: SECRET_URL }] as const) {
      const fetch = answering(200, '12345');
      expect(await mediaBlock(source, { maxBytes: 5, fetch })).toMatchObject({ data: 'MTIzNDU=' });
      expect(await errorOf(source, { maxBytes: 4, fetch })).toMatchObject({
        code: 'provider/unsupported-media',
        message: expect.stringMatching(/holds 5 bytes or more; maxBytes allows 4\.$/),
      });
    }
  });

  it('are refused above 32 MB unless told otherwise', async () => {
    const large = new Uint8Array(32 * 1024 * 1024 + 1).fill(0x61);
    expect(await errorOf(large)).toMatchObject({ message: expect.stringContaining('maxBytes allows 33554432') });
    expect(await mediaBlock(large.subarray(1))).toMatchObject({ mediaType: 'text/plain' });
  });

  it('are not waited for when an address says so, or never ends', async () => {
    const isLeft = vi.fn();
    // Long, not endless: a reader that does not stop has to fail here, not hang.
    let pieces = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (queue) => (pieces++ < 1000 ? queue.enqueue(new Uint8Array(1000)) : queue.close()),
      cancel: isLeft,
    });
    const fetch = async () => new Response(endless);
    expect(await errorOf({ url: SECRET_URL }, { fetch, maxBytes: 5000 })).toMatchObject({
      code: 'provider/unsupported-media',
    });
    expect(isLeft).toHaveBeenCalledOnce();
    const announced = async () => new Response('short', { headers: { 'content-length': '99999' } });
    expect(await errorOf({ url: SECRET_URL }, { fetch: announced, maxBytes: 5000 })).toMatchObject({
      message: expect.stringContaining('99999'),
    });
  });
});

describe('an address', () => {
  it('that redirects is followed, and gives its own name and type', async () => {
    const server = await loopbackServer((response, { incoming }) => {
      if (incoming.url === '/from/caf%C3%A9.csv?key=hunter2') response.writeHead(302, { location: '/to' }).end();
      else response.writeHead(200, { 'content-type': 'text/plain' }).end('a,b');
    });
    const block = await mediaBlock({ url: `${server.origin}/from/caf%C3%A9.csv?key=hunter2` });
    expect(block).toEqual({ type: 'document', mediaType: 'text/csv', name: 'café.csv', data: 'YSxi' });
  });

  it('that redirects to a file is not followed', async () => {
    const server = await loopbackServer((response) => {
      response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    });
    expect(await errorOf({ url: `${server.origin}/a?hunter2` })).toMatchObject({
      code: 'provider/network',
      message: expect.stringContaining(`${server.origin}/a could not be read`),
    });
  });

  it.each([
    [404, 'provider/not-found', false],
    [403, 'provider/auth', false],
    [429, 'provider/rate-limited', true],
    [500, 'provider/server', true],
  ])('that answers with %i says so, without its query', async (status, code, retryable) => {
    expect(await errorOf({ url: SECRET_URL }, { fetch: answering(status, 'hunter2') })).toMatchObject({
      code,
      status,
      retryable,
      message: `https://files.test/a.png answered with HTTP status ${status}.`,
    });
  });

  it('that nobody answers at is a network error', async () => {
    const server = await loopbackServer((response) => void response.destroy());
    expect(await errorOf({ url: `${server.origin}/a?hunter2` })).toMatchObject({
      code: 'provider/network',
      retryable: true,
    });
  });

  it.each<[string, string, RegExp]>([
    ['of another kind', 'ftp://hunter2@files.test/a', /ftp: address; http:, https: or data: is expected/],
    ['of a file', 'file:///hunter2', /\{ path \}/],
    ['without a host', '/hunter2.png', /not an absolute address/],
    ['with credentials', 'https://user:hunter2@files.test/a', /url of files\.test holds credentials/],
  ])('%s is refused before anything is sent', async (_name, url, expected) => {
    const fetch = vi.fn(answering(200));
    expect(await errorOf({ url }, { fetch })).toMatchObject({
      code: 'provider/invalid-request',
      message: expect.stringMatching(expected),
    });
    expect(fetch).not.toHaveBeenCalled();
  });

  it('is given up after its time, also by a fetch that heeds no signal', async () => {
    const fetch = () => new Promise<Response>(() => {});
    expect(await errorOf({ url: SECRET_URL }, { fetch, timeoutMs: 5 })).toMatchObject({
      code: 'provider/timeout',
      message: 'https://files.test/a.png did not deliver within 5 ms.',
    });
  });

  it('is given up when the caller aborts, before or while it is read', async () => {
    const abort = new AbortController();
    const fetch: typeof globalThis.fetch = async (_url, init) => {
      abort.abort(new Error('hunter2'));
      return new Response(new ReadableStream({ pull: () => init?.signal?.throwIfAborted() }));
    };
    const options = { fetch: vi.fn(fetch), signal: abort.signal };
    expect(await errorOf({ url: SECRET_URL }, options)).toMatchObject({ code: 'provider/aborted' });
    expect(await errorOf({ url: SECRET_URL }, options)).toMatchObject({ code: 'provider/aborted' });
    expect(options.fetch).toHaveBeenCalledTimes(1);
  });
});

describe('a source that is none', () => {
  it.each<[string, string, RegExp]>([
    ['a text', 'hunter2.png', /string of 11 characters and no data URL; a path is given as \{ path \}/],
    ['broken base64', 'data:image/png;base64,hunter2hunter2!', /not valid base64/],
    ['escaped bytes', 'data:image/png,%ff%00hunter2', /base64/],
  ])('is refused without its content: %s', async (_name, text, expected) => {
    // As it comes from code that no compiler has seen.
    const source: MediaSource = JSON.parse(JSON.stringify(text));
    expect(await errorOf(source)).toMatchObject({
      code: 'provider/invalid-request',
      message: expect.stringMatching(expected),
    });
  });

  it.each(['null', '3', 'true'])('is refused in words: %s', async (text) => {
    const source: MediaSource = JSON.parse(text);
    const message = `The media source is ${text}; bytes, { path }, { url } or a data URL is expected.`;
    expect(await errorOf(source)).toMatchObject({ code: 'provider/invalid-request', message });
  });

  it('is refused with the fields it has', async () => {
    const source: MediaSource = JSON.parse('{"file":"hunter2"}');
    expect(await errorOf(source)).toMatchObject({ message: expect.stringContaining('an object of file') });
  });

  it.each([
    [{ maxBytes: 0 }, /maxBytes is 0/],
    [{ maxBytes: Number.NaN }, /maxBytes is NaN/],
    [{ timeoutMs: -1 }, /timeoutMs is -1/],
  ])('is not even looked at under %j', async (options, expected) => {
    expect(await errorOf(FILES.png, options)).toMatchObject({
      code: 'provider/invalid-request',
      message: expect.stringMatching(expected),
    });
  });
});
