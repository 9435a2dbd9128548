/**
 * What an output item holds beside the text that blocks of ours hold.
 *
 * A response is a list of items, and replay wants each of them back as it came: its id, its phase, its status. Our blocks have words for
 * text and calls only. So each such item leaves an opaque block after the blocks of its text: the item with its text taken out.
 * Text edited in the history is edited in the replay, and nothing is stored twice. Items without words here are opaque as a whole, and
 * so is reasoning: what a thinking block shows of it is for readers, and carries no signature that another vendor could be sent.
 *
 * R1. `null` stands where text was taken out. Putting it back gives the item to the byte, the order of its fields included.
 * R2. Text that leaves no block, the empty one, stays in the item.
 * R3. Only an empty argument text does not go back as it came: it is not JSON, and becomes `{}`.
 */

import { asArray, asObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { TextBlock } from '../../message.ts';

/** The item without what blocks of ours hold of it. */
export function takeTextOut(item: JsonObject): JsonObject {
  switch (item['type']) {
    case 'message':
      return { ...item, content: parts(item).map(takeOutOfPart) };
    case 'function_call':
      return { ...item, arguments: null };
    case 'custom_tool_call':
      return { ...item, input: null };
    default:
      return item;
  }
}

/** How many text blocks a message item was taken apart into. */
export function missingTexts(item: JsonObject): number {
  return item['type'] === 'message' ? parts(item).filter(lacksText).length : 0;
}

/** A message item with its text, from as many blocks as `missingTexts` says. */
export function putTextBack(item: JsonObject, blocks: readonly TextBlock[]): JsonObject {
  const waiting = [...blocks];
  return { ...item, content: parts(item).map((part) => (lacksText(part) ? fillPart(part, waiting.shift()) : part)) };
}

/** A call item with its argument text. */
export function putArgumentsBack(item: JsonObject, argumentsText: string): JsonObject {
  return isCustomCall(item) ? { ...item, input: argumentsText } : { ...item, arguments: jsonArguments(argumentsText) };
}

/** The argument text as a vendor takes it (R3). */
export function jsonArguments(argumentsText: string): string {
  return argumentsText.trim() === '' ? '{}' : argumentsText;
}

/** Whether the item is a call of a tool that takes plain text instead of JSON. */
export function isCustomCall(item: JsonObject): boolean {
  return item['type'] === 'custom_tool_call';
}

/** The id by which a call is answered, if the item is a call. */
export function callIdOf(item: Readonly<Record<string, unknown>>): string | undefined {
  const isCall = item['type'] === 'function_call' || item['type'] === 'custom_tool_call';
  const id = item['call_id'] || item['id'];
  return isCall && typeof id === 'string' ? id : undefined;
}

/** The field of a message part that holds its text. */
export function textField(part: Readonly<Record<string, unknown>>): 'text' | 'refusal' {
  return part['type'] === 'refusal' ? 'refusal' : 'text';
}

function parts(item: JsonObject): readonly JsonObject[] {
  return asArray(item['content']).flatMap((part) => (isJsonObject(part) ? [part] : []));
}

function isJsonObject(value: unknown): value is JsonObject {
  return asObject(value) !== undefined;
}

function takeOutOfPart(part: JsonObject): JsonObject {
  const field = textField(part);
  const text = part[field];
  if (typeof text !== 'string' || text === '') return part;
  return { ...part, [field]: null, ...('annotations' in part ? { annotations: null } : {}) };
}

function lacksText(part: JsonObject): boolean {
  return part[textField(part)] === null;
}

function fillPart(part: JsonObject, block: TextBlock | undefined): JsonValue {
  const annotations = 'annotations' in part ? { annotations: block?.citations ?? [] } : {};
  return { ...part, [textField(part)]: block?.text ?? '', ...annotations };
}
