import { asArray, asObject, type CacheLifetime, cacheRules, type Family, type PrefixBlock } from '@reprise/providers';
import { type AnswerCounts, type CacheMarks, textOf } from '../dialect.ts';

/**
 * Where a request asks for prefixes to be kept, from GPT-5.6 on: at the parts it marks, and at its end unless its options say
 * `mode: 'explicit'`. Earlier models know no marks.
 */
export function openaiMarks(family: Family, body: unknown, blocks: readonly PrefixBlock[]): CacheMarks {
  const { model, prompt_cache_options: wireOptions } = asObject(body) ?? {};
  if (cacheRules(family, textOf(model)).dialect !== 'openai') return [];
  const options = asObject(wireOptions) ?? {};
  const requestLifetime = markLifetime(options['ttl'], '30m');
  const marks = blocks.flatMap(({ path }, blockIndex) => {
    const mark = asObject(asObject(valueAt(body, path))?.['prompt_cache_breakpoint']);
    return mark ? [{ blockIndex, lifetime: markLifetime(mark['ttl'], requestLifetime) }] : [];
  });
  if (options['mode'] === 'explicit' || blocks.length === 0) return marks;
  return [...marks, { blockIndex: blocks.length - 1, lifetime: requestLifetime, isVendorPlaced: true }];
}

/** The vendor's count of what was written, 0 among them; models that keep what they see report none. */
export function cacheWrites(
  family: Family,
  model: string,
  { written }: AnswerCounts['prompt'],
): { readonly cache_write_tokens?: number } {
  if (cacheRules(family, model).dialect !== 'openai') return {};
  return { cache_write_tokens: Object.values(written).reduce((sum, tokens) => sum + tokens, 0) };
}

function markLifetime(ttl: unknown, otherwise: CacheLifetime): CacheLifetime {
  return ttl === '30m' || ttl === '12h' ? ttl : otherwise;
}

/** What stands at a path such as `messages[3].content[0]`. */
function valueAt(body: unknown, path: string): unknown {
  return (path.match(/[^.[\]]+/g) ?? []).reduce<unknown>(
    (value, key) => (Array.isArray(value) ? asArray(value)[Number(key)] : asObject(value)?.[key]),
    body,
  );
}
