import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createCassette, DEFAULT_DOMAINS } from '../src/cassette/index.ts';
import { VENDORS } from '../src/openai/vendor-list.ts';
import { cassettePath } from './support/cassette-server.ts';

/** What becomes of a request in mode `replay`, where the file is empty: it misses, or is sent. */
async function replayed(url: string, domains?: readonly string[]): Promise<string> {
  const path = cassettePath();
  writeFileSync(path, '');
  const fetch = async () => new Response('sent');
  const cassette = createCassette({ path, mode: 'replay', fetch, ...(domains === undefined ? {} : { domains }) });
  return cassette.fetch(url).then(
    (response) => response.text(),
    (error: { code: string }) => error.code,
  );
}

describe('the hosts that are recorded where none are named', () => {
  const addresses = VENDORS.flatMap(({ hosts }) => hosts.map((host) => `http://${host}/v1/chat/completions`));
  // Ends of names that a whole cloud shares; the hosts that serve models stand below.
  const clouds = /\/\/(googleapis\.com|api\.aws|amazonaws\.com|aliyuncs\.com)\//;

  it.each(addresses.filter((address) => !clouds.test(address)))('hold %s (K-08, K-22)', async (address) => {
    expect(await replayed(address)).toBe('cassette/miss');
  });

  it.each([
    'https://api.anthropic.com/v1/messages',
    'https://api.x.ai/v1/responses',
    'https://bedrock-runtime.us-east-1.amazonaws.com/model/x/invoke',
    'https://bedrock-mantle.eu-west-1.api.aws/v1/chat/completions',
    'https://vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com/model/x/invoke',
    'https://us-east5-aiplatform.googleapis.com/v1/projects/p',
    'https://aiplatform.googleapis.com/v1/projects/p',
    'https://aiplatform.eu.rep.googleapis.com/v1/projects/p',
    'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
    'https://mine.cognitiveservices.azure.com/openai/responses',
    'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    'https://API.OpenAI.com./v1/responses',
    'http://[::1]:11434/api/chat',
  ])('hold %s (K-08, K-15, K-22)', async (address) => {
    expect(await replayed(address)).toBe('cassette/miss');
  });

  it.each([
    'https://oauth2.googleapis.com/token',
    'https://sts.us-east-1.amazonaws.com/',
    'https://bucket.s3.us-east-1.amazonaws.com/key',
    'https://bedrock-runtime.us-east-1.amazonaws.com.evil.example/',
    'http://localhost:8080/',
  ])('hold no files and logins of a cloud, nor anybody else: %s passes (K-09, I10)', async (address) => {
    expect(await replayed(address)).toBe('sent');
  });
});

describe('the hosts that are named', () => {
  it.each([
    ['LOCALHOST', 'http://localhost:3000/'],
    ['localhost:3000', 'http://LocalHost:3000/'],
    ['example.com:8443', 'https://api.example.com:8443/'],
    ['example.com:443', 'https://example.com/'],
    ['llm-*.corp.example', 'https://llm-3.corp.example/'],
  ])('%s holds %s (K-08)', async (domain, address) => {
    expect(await replayed(address, [domain])).toBe('cassette/miss');
  });

  it.each([
    ['example.com:8443', 'https://example.com/'],
    ['llm-*.corp.example', 'https://llm-3.eu.corp.example/'],
    ['llm-*.corp.example', 'https://llm-3xcorp.example/'],
  ])('%s does not hold %s (K-08)', async (domain, address) => {
    expect(await replayed(address, [domain])).toBe('sent');
  });

  it.each([
    'https://api.openai.com',
    'http://x/',
    'api.openai.com/v1',
    '*',
    'api.*',
    '.openai.com',
    'openai.com.',
    '',
    'a b',
    'user@host',
    'host:port',
    3,
    null,
  ])('%j is no host, and refused at once (K-08, K-22)', (domain) => {
    const domains = ['api.anthropic.com', domain] as readonly string[];
    expect(() => createCassette({ path: cassettePath(), domains })).toThrow(
      new RangeError(
        `domains[1] is ${JSON.stringify(domain)}; expected a host such as 'api.openai.com' or 'localhost:11434', without scheme and path.`,
      ),
    );
  });

  it.each([[[]], ['api.openai.com'], [null]])('%j is no list of hosts (K-08)', (domains) => {
    const given = domains as readonly string[];
    expect(() => createCassette({ path: cassettePath(), domains: given })).toThrow('domains is ');
  });

  it('can be the default ones and more', async () => {
    expect(await replayed('http://10.0.0.7:4000/v1', [...DEFAULT_DOMAINS, '10.0.0.7'])).toBe('cassette/miss');
  });

  it('a path of no letters is refused before anything is recorded (K-03)', () => {
    expect(() => createCassette({ path: '' })).toThrow("path is ''");
  });
});
