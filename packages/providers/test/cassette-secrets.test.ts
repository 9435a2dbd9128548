import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CassetteError } from '../src/cassette/index.ts';
import { maskBytes, maskJson } from '../src/cassette/redact/mask.ts';
import { cassettePath, loopbackCassette, post, replayingCassette } from './support/cassette-server.ts';

const ALPHABET = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'];
const tail = (length: number) =>
  fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: length, maxLength: length + 30 });
/** What vendors give out as keys. */
const vendorKey = fc.oneof(
  ...['sk-ant-api03-', 'sk-proj-', 'sk-', 'gsk_', 'xai-', 'AIzaSy', 'hf_', 'ghp_', 'sk-or-v1-'].map((start) =>
    tail(32).map((end) => start + end),
  ),
);
/** A key, and a text that it is recognised in. */
const carried = fc
  .tuple(
    vendorKey,
    fc.constantFrom(
      (key: string) => key,
      (key: string) => JSON.stringify({ api_key: `my-${key}` }),
      (key: string) => JSON.stringify(JSON.stringify({ 'x-api-key': key })),
      (key: string) => `?a=1&client_secret=${key}`,
      (key: string) => `Authorization: Bearer ${key}1`,
    ),
  )
  .map(([key, carry]) => [key, carry(key)] as const);
/** What somebody may put into a header: nothing gives it away. */
const plainSecret = tail(10);

describe('a cassette file', () => {
  it('holds no secret, wherever one was sent or answered (I10, K-06, K-18, N-17)', async () => {
    await fc.assert(
      fc.asyncProperty(
        vendorKey,
        vendorKey,
        fc.array(plainSecret, { minLength: 4, maxLength: 4 }),
        async (key, stranger, plain) => {
          const [token = '', cookie = '', given = '', server = ''] = plain;
          const secrets = [key, stranger, ...plain];
          const path = cassettePath();
          const answer = (): Response =>
            new Response(`{"error":"no such key: ${token}","text":"line\\n${stranger}","again":"${key}"}`, {
              headers: { 'set-cookie': `sid=${given}`, 'x-echo': `you sent ${key}`, 'x-session-token': given },
            });
          const recording = loopbackCassette({ path, fetch: async () => answer() });
          const init = post(
            { messages: [{ content: `my key is ${stranger}` }], mcp: { authorization_token: server, api_key: server } },
            { authorization: `Bearer ${token}`, 'x-api-key': key, cookie: `sid=${cookie}`, 'x-goog-api-key': key },
          );
          const url = `http://127.0.0.1:9/v1?key=${key}&access_token=${token}&q=1#${token}`;
          const text = await (await recording.fetch(url, init)).text();
          await recording.close();
          const said = JSON.stringify(recording.events) + readFileSync(path, 'utf8');
          for (const secret of secrets) expect(said).not.toContain(secret);
          expect(text).toContain(key);
          const replayed = await (await replayingCassette(path).fetch(url, init)).text();
          expect(replayed).toHaveLength(text.length);
          const miss = await replayingCassette(path)
            .fetch(url, post({ other: stranger }))
            .catch((error: unknown) => error);
          expect(miss).toBeInstanceOf(CassetteError);
          for (const secret of secrets) expect(String(miss)).not.toContain(secret);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('holds no secret that is split over chunks, or inside bytes that are no text', async () => {
    const path = cassettePath();
    const key = 'sk-ant-api03-abcdefghijklmnop0123';
    const body = Buffer.concat([Buffer.from([0xff, 0xfe, 0x20]), Buffer.from(key), Buffer.from([0x20, 0xff])]);
    const stream = new ReadableStream({
      start(controller) {
        for (const byte of body) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const recording = loopbackCassette({ path, fetch: async () => new Response(stream) });
    await (await recording.fetch('http://127.0.0.1:9/')).arrayBuffer();
    await recording.close();
    const line = JSON.parse(readFileSync(path, 'utf8'));
    expect(line.binary).toBe(true);
    expect(Buffer.from(line.response, 'base64').toString('latin1')).toBe(`ÿþ ${'*'.repeat(key.length)} ÿ`);
    expect(line.chunks).toHaveLength(body.length);
  });

  it('replays a conversation whose second request repeats a masked answer', async () => {
    const path = cassettePath();
    const ask = async (fetchIt: typeof fetch): Promise<string> => {
      const first = await (await fetchIt('http://127.0.0.1:9/', post({ messages: ['a'] }))).text();
      return (await fetchIt('http://127.0.0.1:9/', post({ messages: ['a', first, 'b'] }))).text();
    };
    const recording = loopbackCassette({ path, fetch: async () => new Response('use sk-abcdefghijklmnop123456') });
    await ask(recording.fetch);
    await recording.close();
    expect(await ask(replayingCassette(path).fetch)).toBe(`use ${'*'.repeat(25)}`);
  });
});

describe('credentials in a body (I10, K-06, N-17)', () => {
  const key = 'q7Zr2mXw9KpL4vTs';
  const form = new FormData();
  form.set('purpose', 'user_data');
  form.set('api_key', key);

  it.each([
    ['a JSON field', JSON.stringify({ api_key: key, q: 1 })],
    ['a JSON field in camel case', JSON.stringify({ extra: { apiKey: key } })],
    ["a tool server's headers", JSON.stringify({ tools: [{ type: 'mcp', headers: { 'X-My-Token': key } }] })],
    ['its authorization', JSON.stringify({ mcp_servers: [{ authorization_token: `Bearer ${key}` }] })],
    ['JSON in a text', JSON.stringify({ arguments: JSON.stringify({ api_key: key }) })],
    ['JSON in JSON in a text', JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ 'x-api-key': key }) }) })],
    ['a bearer token in a text', JSON.stringify({ content: `curl -H "Authorization: Bearer ${key}" https://a.b` })],
    ['an address in a text', JSON.stringify({ content: `https://a.b/?q=1&client_secret=${key}` })],
    ['a form', new URLSearchParams({ grant_type: 'x', client_secret: key })],
    ['a form of parts', form],
  ])('are masked: %s', async (_, body) => {
    const path = cassettePath();
    const recording = loopbackCassette({ path, fetch: async () => new Response('ok') });
    const init = { method: 'POST', body };
    await (await recording.fetch('http://127.0.0.1:9/', init)).text();
    await recording.close();
    expect(readFileSync(path, 'utf8') + JSON.stringify(recording.events)).not.toContain(key);
    expect(await (await replayingCassette(path).fetch('http://127.0.0.1:9/', init)).text()).toBe('ok');
  });

  it.each([
    ['a JSON field', JSON.stringify({ api_key: key })],
    ['a form', new URLSearchParams({ grant_type: 'x', client_secret: key })],
    ['a form of parts', form],
  ])('are masked where the answer repeats them: %s', async (_, body) => {
    const path = cassettePath();
    const recording = loopbackCassette({ path, fetch: async () => new Response(`Incorrect API key: ${key}.`) });
    await (await recording.fetch('http://127.0.0.1:9/', { method: 'POST', body })).text();
    await recording.close();
    expect(JSON.parse(readFileSync(path, 'utf8')).response).toBe(`Incorrect API key: ${'*'.repeat(key.length)}.`);
  });

  it("are masked in an answer's own fields", async () => {
    const path = cassettePath();
    const answer = `{"api_key": "${key}", "arguments": "{\\"client_secret\\":\\"${key}\\"}"}`;
    const recording = loopbackCassette({ path, fetch: async () => new Response(answer) });
    await (await recording.fetch('http://127.0.0.1:9/')).text();
    await recording.close();
    const { response } = JSON.parse(readFileSync(path, 'utf8'));
    expect(JSON.parse(response).api_key).toBe('*'.repeat(key.length));
    expect(response).toBe(answer.replaceAll(key, '*'.repeat(key.length)));
  });

  it.each([
    ['a form', new URLSearchParams({ grant_type: 'x', client_secret: 'correcthorse' })],
    ['JSON', JSON.stringify({ client_secret: 'correcthorse' })],
  ])('are masked in %s though they are but words', async (_, body) => {
    const path = cassettePath();
    const recording = loopbackCassette({ path, fetch: async () => new Response('ok') });
    await (await recording.fetch('http://127.0.0.1:9/', { method: 'POST', body })).text();
    await recording.close();
    expect(readFileSync(path, 'utf8')).not.toContain('correcthorse');
  });

  it('that are ordinary words are masked where they stand, and leave the answer alone', async () => {
    const path = cassettePath();
    const recording = loopbackCassette({ path, fetch: async () => new Response('{"required":["a"]}') });
    await (await recording.fetch('http://127.0.0.1:9/', post({ authorization: 'required' }))).text();
    await recording.close();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      response: '{"required":["a"]}',
      request: { body: { authorization: '*' } },
    });
  });
});

describe('masking', () => {
  it('changes no length, and nothing the second time', () => {
    fc.assert(
      fc.property(fc.string(), carried, fc.string(), (before, [key, text], after) => {
        const bytes = Buffer.from(`${before} ${text} ${after}`);
        const once = maskBytes(bytes, []);
        expect(once.length).toBe(bytes.length);
        expect(Buffer.from(once).includes(key)).toBe(false);
        expect(maskBytes(once, [])).toEqual(once);
      }),
    );
  });

  it('leaves ordinary answers alone', () => {
    const ordinary = {
      id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
      call: 'toolu_01A09q90qw90lq917835lq9',
      signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds/skAbCdEfGhIj+hfAbCdEfGhIj=',
      encrypted: 'gAAAAABo-sk-AbCdEfGhIjKlMnOpQr_AIzaSyAbCdEfGhIjKlMnOpQrStUv',
      text: 'A task-management-system uses a Bearer token; see https://example.com/?q=key',
    };
    expect(maskJson(ordinary, [])).toEqual(ordinary);
  });
});
