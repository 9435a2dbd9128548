import type { JsonValue } from '../../json.ts';
import { fieldsOf, isRawNumber, joinPath } from '../exact-json.ts';

/** All that such a field holds is a count: `usage`, `usageMetadata`, `tool_usage`, Cohere's `billed_units`, llama.cpp's `timings`. */
const COUNTS = /usage|^billed_units$|^timings$/i;
/** A number of such a name is a count wherever it stands. A limit such as `max_output_tokens` is none. */
const COUNT = /^(?!max).*(tokens|token_?count|eval(_cached)?_count|cost(_in_usd_ticks)?)$/i;

/** Every counter a vendor's JSON holds, as path → JSON. Of a field full of them, each leaf. */
export function findCounters(value: JsonValue): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  collect(value, '', false, found);
  return found;
}

/** The first path at which two maps of counters differ. */
export function firstChange(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string | undefined {
  return [...before.keys(), ...after.keys()].find((path) => before.get(path) !== after.get(path));
}

/** Whether a field of this name is kept, whatever it holds. */
export function holdsCounts(name: string): boolean {
  return COUNTS.test(name);
}

function collect(value: JsonValue, path: string, isCount: boolean, found: Map<string, string>): void {
  const fields = fieldsOf(value);
  const items: readonly JsonValue[] = Array.isArray(value) ? value : [];
  for (const [name, field] of Object.entries(fields ?? {})) {
    const isNumber = typeof field === 'number' || isRawNumber(field);
    const isCounter = isCount || holdsCounts(name) || (isNumber && COUNT.test(name));
    collect(field, joinPath(path, name), isCounter, found);
  }
  for (const [index, item] of items.entries()) collect(item, `${path}[${index}]`, isCount, found);
  const isLeaf = items.length === 0 && Object.keys(fields ?? {}).length === 0;
  // 1.50 is 1.5, however it is written.
  if (isCount && isLeaf) found.set(path, JSON.stringify(JSON.parse(JSON.stringify(value))));
}
