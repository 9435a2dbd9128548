import { inspect } from 'node:util';
import { asObject } from './json.ts';
import type { ModelRequest, SearchLevel, ThinkLevel } from './request.ts';

/**
 * What is wrong with a value that a request's field cannot have, such as callers without types may pass, and what it can have; `undefined` if
 * nothing is.
 */
export function requestFault(request: Partial<ModelRequest>): string | undefined {
  for (const [name, { isLegal, expected, meaning }] of FIELD_RULES) {
    const value = request[name];
    if (value === undefined || isLegal(value)) continue;
    const meant = meaning?.(value);
    return `${name} is ${shown(value)}; ${expected} is expected${meant === undefined ? '' : `: here it is '${meant}'`}.`;
  }
  return undefined;
}

interface FieldRule {
  readonly isLegal: (value: unknown) => boolean;
  /** The legal values, as the subject of a sentence. */
  readonly expected: string;
  /** The legal value that goes by this name elsewhere. */
  readonly meaning?: (value: unknown) => string | undefined;
}

/** Our levels, and what they are called elsewhere: by a letter, and as OpenAI's efforts. */
const THINK_NAMES: Readonly<Record<ThinkLevel, readonly unknown[]>> = {
  off: ['none'],
  low: ['l', 'minimal'],
  medium: ['m'],
  high: ['h'],
  max: ['x', 'xhigh'],
};
const SEARCH_NAMES: Readonly<Record<SearchLevel, readonly unknown[]>> = { low: ['l'], medium: ['m'], high: ['h'] };

const TEXT: FieldRule = { isLegal: isText, expected: 'a text' };

const FIELD_RULES: readonly (readonly [keyof ModelRequest, FieldRule])[] = [
  ['system', TEXT],
  ['tools', { isLegal: areTools, expected: 'a list of { name, description, inputSchema }' }],
  ['toolChoice', { isLegal: isToolChoice, expected: "'auto', 'none', 'required' or { tool: 'its name' }" }],
  ['maxTokens', { isLegal: isTokenCount, expected: 'a whole number of at least 1' }],
  ['temperature', { isLegal: isTemperature, expected: 'a number of at least 0' }],
  ['stopSequences', { isLegal: areTexts, expected: 'a list of texts' }],
  ['think', levelRule(THINK_NAMES)],
  ['search', levelRule(SEARCH_NAMES, false)],
  ['prefill', TEXT],
  ['output', { isLegal: isObject, expected: 'a JSON Schema as an object' }],
  ['cacheKey', TEXT],
  ['diagnostics', { isLegal: (value) => typeof value === 'boolean', expected: 'true or false' }],
  ['vendorOptions', { isLegal: isObject, expected: 'an object' }],
];

function levelRule(names: Readonly<Record<string, readonly unknown[]>>, ...others: readonly unknown[]): FieldRule {
  const levels = Object.keys(names);
  const values = [...others, ...levels];
  return {
    isLegal: (value) => values.includes(value),
    expected: values
      .map(shown)
      .join(', ')
      .replace(/, (?=[^,]*$)/, ' or '),
    meaning: (value) => levels.find((level) => names[level]?.includes(value)),
  };
}

/** Without the end of what is long: it may hold a whole document. */
export function shown(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 80, maxArrayLength: 5 });
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isObject(value: unknown): boolean {
  return asObject(value) !== undefined;
}

function areTools(value: unknown): boolean {
  return Array.isArray(value) && value.every((tool) => isText(asObject(tool)?.['name']));
}

function isToolChoice(value: unknown): boolean {
  return value === 'auto' || value === 'none' || value === 'required' || isText(asObject(value)?.['tool']);
}

/** Zero would ask Anthropic to fill its cache and to answer nothing, which it refuses in a stream; the others refuse it. */
function isTokenCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1;
}

function isTemperature(value: unknown): boolean {
  return Number.isFinite(value) && Number(value) >= 0;
}
