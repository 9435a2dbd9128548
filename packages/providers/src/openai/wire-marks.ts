import type { CacheRules } from '../cache/family-rules.ts';
import type { PlannedMark } from '../cache/plan-breakpoints.ts';
import { isSameJson, mapGrowing } from '../frozen.ts';
import { asArray, asObject, type JsonObject } from '../json.ts';

/** The fields that say a mark, by the path of what they stand on. */
export type WireMarks = ReadonlyMap<string, JsonObject>;

/** The planned marks on parts, in the words of the vendor's dialect. */
export function wireMarks(marks: readonly PlannedMark[], rules: CacheRules): WireMarks {
  const onParts = marks.filter(({ isVendorPlaced }) => !isVendorPlaced);
  return new Map(onParts.map((mark) => [mark.path, wireMark(mark, rules)]));
}

function wireMark({ lifetime }: PlannedMark, { dialect, lifetimes }: CacheRules): JsonObject {
  const ttl: JsonObject = lifetime === lifetimes[0] ? {} : { ttl: lifetime };
  return dialect === 'anthropic'
    ? { cache_control: { type: 'ephemeral', ...ttl } }
    : { prompt_cache_breakpoint: { mode: 'explicit', ...ttl } };
}

/**
 * The fields of the body itself: Anthropic's flag where it was planned; OpenAI's `mode: 'explicit'` where its own mark was not, beside the
 * options that are there.
 */
export function bodyMarks(
  body: Readonly<Record<string, unknown>>,
  marks: readonly PlannedMark[],
  rules: CacheRules,
): Readonly<Record<string, unknown>> {
  const own = marks.find(({ isVendorPlaced }) => isVendorPlaced);
  if (rules.dialect === 'anthropic') return own ? wireMark(own, rules) : {};
  if (own) return {};
  return { prompt_cache_options: { ...asObject(body['prompt_cache_options']), mode: 'explicit' } };
}

/** Where a format keeps the parts of a message, and the part that a string stands for. */
export interface PartsPlace {
  readonly path: string;
  readonly field: 'content' | 'output';
  readonly textType: 'text' | 'input_text';
}

/** A message with the marks on its parts. A string that is marked goes as a list of that one text, which is the same prompt. */
export function markParts<Item extends object>(
  item: Item,
  { path, field, textType }: PartsPlace,
  marks: WireMarks,
): Item {
  const content = asObject(item)?.[field];
  const mark = marks.get(path);
  if (mark && typeof content === 'string') return { ...item, [field]: [{ type: textType, text: content, ...mark }] };
  const parts = asArray(content);
  const fields = parts.map((_, index) => marks.get(`${path}.${field}[${index}]`));
  if (fields.every((added) => added === undefined)) return item;
  return {
    ...item,
    [field]: parts.map((part, index) => (fields[index] ? { ...asObject(part), ...fields[index] } : part)),
  };
}

/** Whether a body carries marks that the caller placed, by `vendorOptions` or inside blocks that go back as they came. */
export function hasOwnMarks(body: Readonly<Record<string, unknown>>, items: readonly unknown[]): boolean {
  const { mode, ttl } = asObject(body['prompt_cache_options']) ?? {};
  if (mode !== undefined || ttl !== undefined) return true;
  return (
    [body, ...asArray(body['tools'])].some(isMarked) ||
    markedParts(items.map((item) => asObject(item) ?? {})).length > 0
  );
}

const markedParts = mapGrowing(
  (item: Readonly<Record<string, unknown>>) =>
    [item, ...asArray(item['content']), ...asArray(item['output'])].filter(isMarked),
  isSameJson,
);

function isMarked(value: unknown): boolean {
  const { cache_control: anthropic, prompt_cache_breakpoint: openai } = asObject(value) ?? {};
  return (anthropic ?? openai ?? null) !== null;
}
