import { describe, expect, test } from 'vitest';
import { type CachedRequest, type CacheState, EMPTY_CACHE, serveFromCache } from '../src/cache/cache-model.ts';
import { type CacheHost, type CacheRules, cacheRules } from '../src/cache/family-rules.ts';
import { cacheHashes } from '../src/cache/parameters.ts';
import { prefixHashes } from '../src/cache/prefix.ts';
import { openaiCacheParameters } from '../src/openai/cache-parameters.ts';

const MINUTE_MS = 60_000;

/** A request whose blocks are pieces of one text, ten tokens each. */
function pieces(lines: readonly string[], at = 0, keepAlive?: unknown): CachedRequest {
  const blocks = lines.map((text) => ({ path: '', role: 'user' as const, kind: 'text', text, markable: false }));
  const hashes = prefixHashes(blocks);
  return { at, keepAlive, marks: [], blocks: hashes.map((hash) => ({ hash, kind: 'text', tokens: 10 })) };
}

/** Serves requests one after another and gives what each read. */
function reads(rules: CacheRules, ...requests: readonly CachedRequest[]): readonly number[] {
  let state: CacheState = EMPTY_CACHE;
  return requests.map((request) => {
    const verdict = serveFromCache(state, request, rules);
    state = verdict.state;
    return verdict.read;
  });
}

const lines = (count: number, text = 'all work and no play') => Array.from({ length: count }, () => text);

describe('a cache that settles, and matches parts (L-73)', () => {
  const rules = cacheRules('openai-chat', 'gemini-2.5-flash', { host: 'google' });
  const history = lines(250);

  test('the second identical call reads nothing before five seconds have passed, and all of it then', () => {
    expect(reads(rules, pieces(history), pieces(history, 4999))).toEqual([0, 0]);
    expect(reads(rules, pieces(history), pieces(history, 5000))).toEqual([0, 2500]);
  });

  test('asking again does not delay it', () => {
    expect(reads(rules, pieces(history), pieces(history, 4000), pieces(history, 5000))).toEqual([0, 0, 2500]);
  });

  test('a text of equal lines with its first quarter cut away and another line added is read up to the added one', () => {
    const cut = [...history.slice(63), 'What is my name?'];
    const held = { ...rules, minimumTokens: 1024 };
    expect(reads(held, pieces(history), pieces(cut, 5000))).toEqual([0, 1870]);
    expect(reads(rules, pieces(history), pieces(cut, 5000))).toEqual([0, 0]);
  });

  test('a changed first line ends everything', () => {
    expect(reads(rules, pieces(history), pieces(['Jack', ...history.slice(1)], 5000))).toEqual([0, 0]);
  });

  test.each([
    ['gemini-2.5-pro', 2048],
    ['google/gemini-3.5-flash', 4096],
    ['gemini-4-argon', 4096],
  ])('%s reads from %i tokens on', (model, minimumTokens) => {
    expect(cacheRules('openai-chat', model)).toMatchObject({ minimumTokens, settlesAfterMs: 5000, dialect: 'none' });
  });
});

describe('one place in a loaded model', () => {
  const rules = cacheRules('ollama', 'llama3.1');
  const asked = (keepAlive: unknown, idleMs: number) =>
    reads(rules, pieces(lines(9), 0, keepAlive), pieces(lines(9), idleMs, keepAlive))[1];

  test.each([
    ['nothing', undefined, 5 * MINUTE_MS],
    ['seconds', 60, MINUTE_MS],
    ['a text', '10m', 10 * MINUTE_MS],
    ['a text of several units', '1h30m', 90 * MINUTE_MS],
    ['a text with a fraction', '1.5s', 1500],
    ['what is no duration', 'soon', 5 * MINUTE_MS],
  ])('keep_alive as %s keeps it that long and no longer', (_name, keepAlive, lifetimeMs) => {
    expect(asked(keepAlive, lifetimeMs - 1)).toBe(90);
    expect(asked(keepAlive, lifetimeMs)).toBe(0);
  });

  test.each([0, '0', '0s'])('keep_alive %j lets go at once', (keepAlive) => {
    expect(asked(keepAlive, 0)).toBe(0);
  });

  test.each([-1, '-1m'])('keep_alive %j holds for ever', (keepAlive) => {
    expect(asked(keepAlive, 1000 * 24 * 60 * MINUTE_MS)).toBe(90);
  });

  test('a request that names none leaves what a loaded model has, and one that names another changes it', () => {
    const long = pieces(lines(9), 0, '1h');
    const at = (ms: number, keepAlive?: unknown) => pieces(lines(9), ms, keepAlive);
    expect(reads(rules, long, at(10 * MINUTE_MS), at(60 * MINUTE_MS))).toEqual([0, 90, 90]);
    expect(reads(rules, long, at(10 * MINUTE_MS, '1m'), at(12 * MINUTE_MS))).toEqual([0, 90, 0]);
    // Unloaded, the model starts with the default again.
    expect(reads(rules, long, at(60 * MINUTE_MS), at(66 * MINUTE_MS))).toEqual([0, 0, 0]);
  });

  test('the next request keeps what it shares and takes the rest', () => {
    const other = [...lines(3), ...lines(3, 'Jack')];
    expect(reads(rules, pieces(lines(9)), pieces(other), pieces(lines(9)))).toEqual([0, 30, 30]);
  });

  test('other families know no keep_alive', () => {
    const openai = cacheRules('openai-chat', 'gpt-5');
    expect(reads(openai, pieces(lines(128), 0, 0), pieces(lines(128), 1000, 0))).toEqual([0, 1280]);
  });
});

describe('models that keep what they see (P-13)', () => {
  const step = (model: string, host?: CacheHost) => {
    const { minimumTokens, stepTokens, rendersFirst } = cacheRules('openai-chat', model, host);
    return [minimumTokens, stepTokens, rendersFirst];
  };

  test.each([
    ['gpt-5', undefined, [1024, 128, 'tools']],
    ['o4-mini', 'azure', [1024, 128, 'tools']],
    ['my-deployment', 'azure', [1024, 128, 'tools']],
    ['openai/gpt-5', 'openrouter', [1024, 128, 'tools']],
    ['openai/gpt-oss-120b', 'groq', [0, 1, 'tools']],
    ['deepseek-chat', 'deepseek', [64, 64, 'system']],
    ['deepseek-ai/DeepSeek-V4', 'together', [64, 64, 'system']],
    ['grok-4.3', 'xai', [0, 1, 'tools']],
    ['grok-4-1-fast', 'azure', [0, 1, 'tools']],
    ['mistral-large-latest', 'mistral', [0, 1, 'tools']],
  ])('%s at %s reads from a size on in steps', (model, host, expected) => {
    expect(step(model, host === undefined ? {} : { host })).toEqual(expected);
  });

  test('another prompt_cache_key is another prefix', () => {
    const rules = cacheRules('openai-chat', 'gpt-5');
    const keyed = (key: string, at: number): CachedRequest => {
      const blocks = lines(128).map((text) => ({
        path: '',
        role: 'user' as const,
        kind: 'text',
        text,
        markable: false,
      }));
      const hashes = cacheHashes(blocks, openaiCacheParameters({ prompt_cache_key: key }));
      return { at, marks: [], blocks: hashes.map((hash) => ({ hash, kind: 'text', tokens: 10 })) };
    };
    expect(reads(rules, keyed('a', 0), keyed('b', 1), keyed('a', 2), keyed('b', 3))).toEqual([0, 0, 1280, 1280]);
  });
});
