import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Counters of the vendors' usage objects, by their names on the wire. */
const COUNTERS =
  /\b(input|output|prompt|completion|total)_tokens\b|\b(cached|cache_write|cache_creation|reasoning|thinking)_tokens\b|\bcache_(read|creation)_input_tokens\b|\bprompt_cache_(hit|miss)_tokens\b|\b(prompt_eval|prompt_eval_cached|eval)_count\b|\bcost_in_usd_ticks\b|\bmarket_cost\b/;

/** Every source file but those of the simulator, which is the vendor. */
function sourceFiles(): readonly string[] {
  const folders = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => join(group, name, 'src')),
  );
  return folders
    .filter((folder) => folder !== join('packages', 'simulator', 'src'))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter((file) => /\.tsx?$/.test(file));
}

it('only the readers of usage name a vendor’s counter (B-04)', () => {
  const naming = sourceFiles().filter((file) => COUNTERS.test(withoutComments(readFileSync(join(ROOT, file), 'utf8'))));
  expect(naming.filter((file) => READERS.test(file)).length).toBeGreaterThan(4);
  expect(naming.filter((file) => !READERS.test(file) && !ALSO_NAMED.has(file))).toEqual([]);
});

const READERS = /(^|[\\/])(decode-usage|billing)\.ts$|[\\/]src[\\/]testing[\\/]/;

/** Where a name is data, one of our own, or only tells whether usage is there. No count is read. */
const ALSO_NAMED: ReadonlySet<string> = new Set(
  [
    'packages/agent/src/opentelemetry/conventions.ts',
    'packages/audit/src/import/response/response-row.ts',
    'packages/providers/src/ollama/decode-stream.ts',
    'packages/providers/src/openai/vendor-list.ts',
  ].map((file) => join(...file.split('/'))),
);

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
