/**
 * Results that the model passes on by name instead of writing them again.
 *
 * Owns: the names of results, and what stands for a name. Pure.
 * Leaves to `check-call.ts`: whether the arguments fit then. To `tool-round.ts`: when results get their names.
 *
 * N1. A name is a fact of the history: it stands at the front of its result, is made from what stands before it, and never changes.
 * N2. A name means the result that shows it. Where a model repeats a call's id, the later result has another name.
 * N3. What is stored, and what an approval is bound to, are the model's own words. That is enough to know what will run: the result that a
 *     name means is as immutable as the call.
 */

import { type JsonValue, type Message, parseExactJson, type ToolResultBlock } from '@reprise/providers';

/** What the model is told of names, at the end of the system prompt. */
export const TOOL_REFS_PROMPT: string = [
  'The result of a tool begins with its name in square brackets, such as [$`call_1`].',
  'To pass a whole result on to a tool, do not write it again: give its name, such as "$`call_1`", as the value of an argument, or of a',
  'field or an item within one. The tool gets the result in its place: its value if the result is JSON, and its text if not.',
].join('\n');

/** Texts of results by their names. */
export type NamedResults = ReadonlyMap<string, string>;

/** The results with their names in front; what is in the history already keeps its own. An error has none: there is nothing to pass on. */
export function nameResults(
  results: readonly ToolResultBlock[],
  history: readonly Message[],
): readonly ToolResultBlock[] {
  const taken = new Set(namedResults(history).keys());
  return results.map((result) => {
    if (!isReferable(result)) return result;
    const name = freeName(result.toolCallId, taken);
    taken.add(name);
    return { ...result, content: [{ type: 'text', text: `[$\`${name}\`]` }, ...result.content] };
  });
}

/** What the names of a history stand for. */
export function namedResults(history: readonly Message[]): NamedResults {
  const results = history.flatMap((message) => (message.role === 'tool' ? message.content : []));
  return new Map(
    results.flatMap((result) => {
      const name = nameOf(result);
      return name === undefined ? [] : [[name, textsOf(result).slice(1).join('\n')] as const];
    }),
  );
}

/** The name that stands in front of a result. What a tool itself has written there cannot pass for another result's. */
function nameOf({ isError, toolCallId, content: [first] }: ToolResultBlock): string | undefined {
  const name = first?.type === 'text' && !isError ? /^\[\$`(.+)`\]$/.exec(first.text)?.[1] : undefined;
  return name === toolCallId || name?.startsWith(`${toolCallId}-`) ? name : undefined;
}

/** The names in a call's arguments: whole strings, however deep. */
export function namesIn(input: JsonValue): readonly string[] {
  const names: string[] = [];
  withResults(input, (name) => {
    names.push(name);
    return null;
  });
  return names;
}

/** The arguments with what `resultOf` gives in the place of each name. */
export function withResults(input: JsonValue, resultOf: (name: string) => JsonValue): JsonValue {
  if (typeof input === 'string') {
    const [, name] = /^\$`(.+)`$/.exec(input) ?? [];
    return name === undefined ? input : resultOf(name);
  }
  if (typeof input !== 'object' || input === null) return input;
  if (isList(input)) return input.map((item) => withResults(item, resultOf));
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, withResults(value, resultOf)]));
}

/** The value of a text that is JSON, and the text of any other: also where a number would lose digits. */
export function readValue(text: string): JsonValue {
  const exact = parseExactJson(text);
  if (exact === undefined) return text;
  const value: JsonValue = JSON.parse(text);
  return JSON.stringify(value) === JSON.stringify(exact) ? value : text;
}

/** A name stands for words; an image alone has none. */
function isReferable({ isError, content }: ToolResultBlock): boolean {
  return !isError && (content.length === 0 || content.some(({ type }) => type === 'text'));
}

function textsOf({ content }: ToolResultBlock): readonly string[] {
  return content.flatMap((block) => (block.type === 'text' ? block.text : []));
}

function freeName(id: string, taken: ReadonlySet<string>): string {
  if (!taken.has(id)) return id;
  let number = 2;
  while (taken.has(`${id}-${number}`)) number += 1;
  return `${id}-${number}`;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
