/**
 * An assistant message of the history as input items.
 *
 * Owns: which items go back, and in what order.
 * Leaves to `item-text.ts`: making an item whole again.
 *
 * P1. An item that came from here goes back as it came, at its place. The vendor checks ids against each other (`Item 'msg_…' was
 *     provided without its required 'reasoning' item`), so those of one message go back all together or not at all.
 * P2. Where the vendor keeps nothing, reasoning goes back only if it carries itself, encrypted or in full; its id alone is not found.
 * P3. Reasoning goes back only with an item after it: alone, at the end of a cut response, it is refused.
 * P4. What another vendor's model wrote goes as plain text and calls; its thinking is left out.
 */

import { asArray, type JsonObject } from '../../json.ts';
import type { AssistantBlock, AssistantMessage, OpaqueBlock, TextBlock, ToolCallBlock } from '../../message.ts';
import { callIdOf, jsonArguments, missingTexts, putArgumentsBack, putTextBack } from './item-text.ts';

export interface ReplayOptions {
  /** Whether the vendor keeps responses, and knows its items by their ids. */
  readonly isStored: boolean;
}

export function encodeAssistant({ content }: AssistantMessage, { isStored }: ReplayOptions): readonly JsonObject[] {
  const items = joinBlocks(content);
  const sent = items.filter(
    (item, index) => !isReasoning(item) || isReplayable(item, items.slice(index + 1), isStored),
  );
  return sent.length === items.length ? sent : sent.map(withoutId);
}

/** The items of our own family in a message's content. */
export function keptItems(content: readonly AssistantBlock[]): readonly JsonObject[] {
  return content.flatMap((block) => (isKept(block) ? [block.data] : []));
}

function isKept(block: AssistantBlock): block is OpaqueBlock {
  return block.type === 'opaque' && block.family === 'openai-responses';
}

/** An item stands where its opaque block does; blocks that belong to none stand for themselves. */
function joinBlocks(content: readonly AssistantBlock[]): readonly JsonObject[] {
  const claims = claimBlocks(content);
  const claimed = new Set([...claims.values()].flat());
  return content.flatMap((block): readonly JsonObject[] => {
    if (claimed.has(block)) return [];
    if (isKept(block)) return joinItem(block.data, claims.get(block) ?? []);
    if (block.type === 'text') return [encodeText(block)];
    return block.type === 'tool-call' ? [encodeCall(block)] : [];
  });
}

/** For each kept item, the blocks that hold its text. */
function claimBlocks(content: readonly AssistantBlock[]): ReadonlyMap<AssistantBlock, readonly AssistantBlock[]> {
  const claims = new Map<AssistantBlock, readonly AssistantBlock[]>();
  let texts: TextBlock[] = [];
  for (const block of content) {
    if (block.type === 'text') texts.push(block);
    if (!isKept(block)) continue;
    const id = callIdOf(block.data);
    if (id !== undefined) {
      claims.set(
        block,
        content.filter((other) => other.type === 'tool-call' && other.id === id),
      );
    }
    const count = missingTexts(block.data);
    if (count > 0 && count <= texts.length) {
      claims.set(block, texts.slice(-count));
      texts = texts.slice(0, -count);
    }
  }
  return claims;
}

/** An item whose blocks were edited away is left out with them. */
function joinItem(item: JsonObject, blocks: readonly AssistantBlock[]): readonly JsonObject[] {
  const call = blocks.find((block) => block.type === 'tool-call');
  if (call) return [putArgumentsBack(item, call.argumentsText)];
  if (missingTexts(item) > 0) {
    const texts = blocks.filter((block) => block.type === 'text');
    return texts.length > 0 ? [putTextBack(item, texts)] : [];
  }
  const lacksCall = callIdOf(item) !== undefined && (item['arguments'] ?? item['input'] ?? null) === null;
  return lacksCall ? [] : [item];
}

function encodeText({ text }: TextBlock): JsonObject {
  return { role: 'assistant', content: text };
}

function encodeCall({ id, name, argumentsText }: ToolCallBlock): JsonObject {
  return { type: 'function_call', call_id: id, name, arguments: jsonArguments(argumentsText) };
}

function isReasoning(item: JsonObject): boolean {
  return item['type'] === 'reasoning';
}

function isReplayable(item: JsonObject, later: readonly JsonObject[], isStored: boolean): boolean {
  const carriesItself = Boolean(item['encrypted_content']) || asArray(item['content']).length > 0;
  return (isStored || carriesItself) && later.some((other) => !isReasoning(other) && 'type' in other);
}

/** Server tools are known by their ids alone; what we can say in full needs none. */
function withoutId(item: JsonObject): JsonObject {
  if (item['type'] !== 'message' && callIdOf(item) === undefined) return item;
  const { id: _id, ...rest } = item;
  return rest;
}
