import { asArray, asObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { OpaqueBlock } from '../../message.ts';
import { saysSomething, text } from './decode-content.ts';

/**
 * The fields of an answer that have no word here, kept as they came, one opaque block a field.
 *
 * K1. A field that comes in fragments is one in the end: what a vendor's whole answer would have held.
 * K2. Nothing is kept of an answer that was cut: half a signature proves nothing.
 */
export interface KeptFields {
  read(delta: Readonly<Record<string, unknown>>): void;
  /** What was read since the last time. */
  take(): readonly OpaqueBlock[];
}

export function createKeptFields(): KeptFields {
  let kept = new Map<string, JsonValue>();
  return {
    read(delta) {
      for (const [field, merge] of MERGES) {
        const value = delta[field];
        if (!saysSomething(value)) continue;
        const merged = merge(kept.get(field), value as JsonValue);
        if (saysSomething(merged)) kept.set(field, merged);
      }
    },
    take() {
      const blocks = [...kept].map(
        ([field, value]): OpaqueBlock => ({
          type: 'opaque',
          family: 'openai-chat',
          data: { type: field, [field]: value },
        }),
      );
      kept = new Map();
      return blocks;
    },
  };
}

type Merge = (earlier: JsonValue | undefined, value: JsonValue) => JsonValue;

/** `images` are OpenRouter's, `audio` OpenAI's, `extra_content` the Gemini endpoint's (2026-11). */
const MERGES: readonly (readonly [field: string, merge: Merge])[] = [
  ['reasoning_details', mergeDetails],
  ['images', (earlier, value) => [...asList(earlier), ...asList(value)]],
  ['audio', mergeFragments],
  ['extra_content', (earlier, value) => ({ ...asJson(earlier), ...asJson(value) })],
];

/** Prose is continued by the next fragment of the same type and index; each signed or encrypted detail stands alone. */
function mergeDetails(earlier: JsonValue | undefined, value: JsonValue): JsonValue {
  const details = [...asList(earlier)];
  // Of one chunk, each is a detail of its own.
  const continuable = details.length;
  for (const detail of asList(value)) {
    const at = details.slice(0, continuable).findLastIndex((known) => isSameProse(asJson(known), asJson(detail)));
    if (at === -1 || asJson(details[at])['signature']) details.push(detail);
    else details[at] = mergeFragments(details[at], detail);
  }
  return details;
}

function isSameProse(known: JsonObject, detail: JsonObject): boolean {
  const isProse = detail['type'] === 'reasoning.text' || detail['type'] === 'reasoning.summary';
  return isProse && known['type'] === detail['type'] && known['index'] === detail['index'];
}

const JOINED: ReadonlySet<string> = new Set(['text', 'summary', 'data', 'transcript']);

/** One object from its fragments: pieces are joined, and of the other fields the last that says something stands. */
function mergeFragments(earlier: JsonValue | undefined, value: JsonValue): JsonObject {
  const merged: Record<string, JsonValue> = { ...asJson(earlier) };
  for (const [field, piece] of Object.entries(asJson(value))) {
    const known = text(merged[field]);
    if (JOINED.has(field) && known !== undefined) merged[field] = known + (text(piece) ?? '');
    else if (!(field in merged) || (piece !== null && piece !== '')) merged[field] = piece;
  }
  return merged;
}

function asList(value: JsonValue | undefined): readonly JsonValue[] {
  return asArray(value) as readonly JsonValue[];
}

function asJson(value: JsonValue | undefined): JsonObject {
  return (asObject(value) ?? {}) as JsonObject;
}
