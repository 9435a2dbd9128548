import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SOURCES = join(import.meta.dirname, '..', 'src');

/** Counters of the vendors' usage objects, by their names on the wire. */
const COUNTERS =
  /\b(input|output|prompt|completion|total)_tokens\b|\b(cached|cache_write|cache_creation|reasoning|thinking)_tokens\b|\bcache_(read|creation)_input_tokens\b|\bprompt_cache_(hit|miss)_tokens\b|\b(prompt_eval|prompt_eval_cached|eval)_count\b|\bcost_in_usd_ticks\b|\bmarket_cost\b/;

it('only the readers of usage name a vendor’s counter (B-04)', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const naming = files.filter((file) => COUNTERS.test(withoutComments(readFileSync(join(SOURCES, file), 'utf8'))));
  expect(naming.length).toBeGreaterThan(4);
  expect(naming.filter((file) => !READERS.test(file) && !ALSO_NAMED.has(file))).toEqual([]);
});

const READERS = /(^|[\\/])(decode-usage|billing)\.ts$|^testing[\\/]/;

/** Where a name is data, or only tells whether usage is there. No count is read. */
const ALSO_NAMED: ReadonlySet<string> = new Set([join('ollama', 'decode-stream.ts'), join('openai', 'vendor-list.ts')]);

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
