import { asArray, asObject } from '@reprise/providers';
import { badRequest, type Refusal } from '../dialect.ts';

type Wire = Readonly<Record<string, unknown>>;

/** What the two formats call the same thing. */
export interface OptionNames {
  /** Lifetimes that the request as a whole may ask the cache for. */
  readonly cacheLifetimes: readonly string[];
  /** Of a tool, in the list of tools and where one is chosen. */
  readonly toolName: (tool: Wire) => unknown;
  readonly effort: (body: Wire) => unknown;
  readonly effortField: string;
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** Models that take sampling parameters only while they do not reason; seen of GPT-6 (2026, at second hand). */
const SAMPLES_WITHOUT_REASONING = /(^|\/)gpt-6/;

/** What a request asks beside its history. */
export function refuseOptions(body: Wire, names: OptionNames): Refusal | undefined {
  return (
    refuseEffort(body, names) ?? refuseSampling(body, names) ?? refuseCache(body, names) ?? refuseChoice(body, names)
  );
}

function refuseEffort(body: Wire, { effort: effortOf, effortField }: OptionNames): Refusal | undefined {
  const effort = effortOf(body);
  if (effort === undefined || effort === null || EFFORTS.some((each) => each === effort)) return undefined;
  return badRequest(invalidValue(effort, effortField, EFFORTS));
}

function refuseSampling(body: Wire, { effort }: OptionNames): Refusal | undefined {
  if (!SAMPLES_WITHOUT_REASONING.test(String(body['model'])) || effort(body) === 'none') return undefined;
  const field = ['temperature', 'top_p'].find((name) => body[name] !== undefined && body[name] !== null);
  return field === undefined
    ? undefined
    : badRequest(`Unsupported parameter: '${field}' is not supported with this model.`);
}

function refuseCache(body: Wire, { cacheLifetimes }: OptionNames): Refusal | undefined {
  const { prompt_cache_key: key, prompt_cache_retention: retention, prompt_cache_options: options } = body;
  if (key !== undefined && key !== null && typeof key !== 'string') {
    return badRequest("Invalid type for 'prompt_cache_key': expected a string.");
  }
  const { mode, ttl } = asObject(options) ?? {};
  return (
    refuseValue(retention, 'prompt_cache_retention', ['in_memory', '24h']) ??
    refuseValue(mode, 'prompt_cache_options.mode', ['implicit', 'explicit']) ??
    refuseValue(ttl, 'prompt_cache_options.ttl', cacheLifetimes)
  );
}

function refuseValue(value: unknown, field: string, allowed: readonly string[]): Refusal | undefined {
  if (value === undefined || value === null || allowed.some((each) => each === value)) return undefined;
  return badRequest(invalidValue(value, field, allowed));
}

function invalidValue(value: unknown, field: string, allowed: readonly string[]): string {
  return `Invalid value: '${String(value)}' for '${field}'. Supported values are: '${allowed.join("', '")}'.`;
}

/** A function that has to be called is one of those there are. */
function refuseChoice(body: Wire, { toolName }: OptionNames): Refusal | undefined {
  const choice = body['tool_choice'];
  if (choice === undefined || choice === null) return undefined;
  const tools = asArray(body['tools']).map((tool) => asObject(tool) ?? {});
  if (typeof choice === 'string') {
    return (
      refuseValue(choice, 'tool_choice', ['none', 'auto', 'required']) ??
      (choice === 'required' && tools.length === 0
        ? badRequest("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.")
        : undefined)
    );
  }
  const chosen = asObject(choice) ?? {};
  if (chosen['type'] !== 'function' || tools.some((tool) => toolName(tool) === toolName(chosen))) return undefined;
  return badRequest(`Tool choice '${String(toolName(chosen))}' not found in 'tools' parameter.`);
}

/** Where cache marks stand that have no place there: each part that may carry one is named by `mayCarry`. */
export function refuseMarkPlaces(
  items: readonly Wire[],
  list: string,
  mayCarry: (item: Wire, part: Wire) => boolean,
): Refusal | undefined {
  for (const [index, item] of items.entries()) {
    if (isMarked(item)) return unknownMark(`${list}[${index}]`);
    for (const field of ['content', 'output']) {
      for (const [partIndex, value] of asArray(item[field]).entries()) {
        const part = asObject(value) ?? {};
        const place = `${list}[${index}].${field}[${partIndex}]`;
        const mark = part['prompt_cache_breakpoint'] ?? undefined;
        if (mark === undefined) continue;
        if (!mayCarry(item, part)) return unknownMark(place);
        const { mode, ttl } = asObject(mark) ?? {};
        if (mode !== 'explicit') return badRequest(`Invalid value for '${place}.prompt_cache_breakpoint.mode'.`);
        const refusal = refuseValue(ttl, `${place}.prompt_cache_breakpoint.ttl`, ['30m', '12h']);
        if (refusal) return refusal;
      }
    }
  }
  return undefined;
}

function isMarked(value: Wire): boolean {
  return (value['prompt_cache_breakpoint'] ?? undefined) !== undefined;
}

function unknownMark(place: string): Refusal {
  return badRequest(`Unknown parameter: '${place}.prompt_cache_breakpoint'.`);
}
