import { type JsonObject, parseExactJson } from './json.ts';
import type { AssistantBlock, AssistantMessage, ToolCallBlock } from './message.ts';
import type {
  BlockEndEvent,
  CitationEvent,
  TextDeltaEvent,
  ThinkingDeltaEvent,
  ToolCallDeltaEvent,
} from './stream-event.ts';

/**
 * The one place where a message grows: decoders name the wire's pieces, and get the stream events to pass on.
 *
 * Owns: the order of blocks, and what of an unfinished message is kept.
 * Leaves to the decoders: when a block ends.
 *
 * A1. Work per piece is constant: pieces are joined, and arguments parsed, once, when their block ends.
 * A2. Of what had not ended, text is kept; a tool call or thinking cut in half is not, since no vendor takes it back.
 * A3. An empty text leaves no block.
 */
export interface MessageAssembler {
  /** Adds text to the block the wire calls `key`, which begins with its first piece. */
  text(key: WireKey, text: string): TextDeltaEvent;
  thinking(key: WireKey, text: string): ThinkingDeltaEvent;
  /** Sets the signature of a thinking block, beginning it if need be. A later signature replaces an earlier one. */
  signature(key: WireKey, signature: string): void;
  citation(key: WireKey, citation: JsonObject): CitationEvent;
  beginToolCall(key: WireKey, id: string, name: string): ToolCallDeltaEvent;
  /** Adds to a call's JSON text. Returns nothing if the wire never began that call. */
  toolArguments(key: WireKey, argumentsText: string): ToolCallDeltaEvent | undefined;
  /** Adds a block that arrives in one piece. */
  whole(block: AssistantBlock): BlockEndEvent;
  /** Whether the block of that key has begun and not ended. */
  isOpen(key: WireKey): boolean;
  /** Ends one block. Empty if it was not open, or left no block. */
  end(key: WireKey): readonly BlockEndEvent[];
  /** Ends every open block in the order they began. */
  endAll(): readonly BlockEndEvent[];
  /** The message so far (A2, A3). */
  message(responseId?: string): AssistantMessage;
}

/** What the wire calls a block: an index, or a name of the decoder's. */
export type WireKey = string | number;

interface GrowingBlock {
  readonly index: number;
  readonly type: 'text' | 'thinking' | 'tool-call';
  readonly pieces: string[];
  readonly citations: JsonObject[];
  readonly id: string;
  readonly name: string;
  signature: string | undefined;
}

export function createMessageAssembler(): MessageAssembler {
  const open = new Map<WireKey, GrowingBlock>();
  const slots: (AssistantBlock | GrowingBlock | undefined)[] = [];

  function begin(key: WireKey, type: GrowingBlock['type'], id = '', name = ''): GrowingBlock {
    const block: GrowingBlock = {
      index: slots.length,
      type,
      pieces: [],
      citations: [],
      id,
      name,
      signature: undefined,
    };
    slots.push(block);
    open.set(key, block);
    return block;
  }

  function grow(key: WireKey, type: GrowingBlock['type']): GrowingBlock {
    const block = open.get(key);
    return block?.type === type ? block : begin(key, type);
  }

  function end(key: WireKey): readonly BlockEndEvent[] {
    const growing = open.get(key);
    if (!growing) return [];
    open.delete(key);
    const block = finishedBlock(growing);
    slots[growing.index] = block;
    return block ? [{ type: 'block-end', blockIndex: growing.index, block }] : [];
  }

  return {
    text(key, text) {
      const block = grow(key, 'text');
      block.pieces.push(text);
      return { type: 'text-delta', blockIndex: block.index, text };
    },
    thinking(key, text) {
      const block = grow(key, 'thinking');
      block.pieces.push(text);
      return { type: 'thinking-delta', blockIndex: block.index, text };
    },
    signature(key, signature) {
      grow(key, 'thinking').signature = signature;
    },
    citation(key, citation) {
      const block = grow(key, 'text');
      block.citations.push(citation);
      return { type: 'citation', blockIndex: block.index, citation };
    },
    beginToolCall(key, id, name) {
      const block = begin(key, 'tool-call', id, name);
      return { type: 'tool-call-delta', blockIndex: block.index, id, name, argumentsText: '' };
    },
    toolArguments(key, argumentsText) {
      const block = open.get(key);
      if (block?.type !== 'tool-call') return undefined;
      block.pieces.push(argumentsText);
      return { type: 'tool-call-delta', blockIndex: block.index, id: block.id, name: block.name, argumentsText };
    },
    whole(block) {
      slots.push(block);
      return { type: 'block-end', blockIndex: slots.length - 1, block };
    },
    isOpen: (key) => open.has(key),
    end,
    endAll: () => [...open.keys()].flatMap((key) => end(key)),
    message(responseId) {
      const content = slots.flatMap((slot) => keptBlock(slot) ?? []);
      return { role: 'assistant', content, ...(responseId === undefined ? {} : { responseId }) };
    },
  };
}

function keptBlock(slot: AssistantBlock | GrowingBlock | undefined): AssistantBlock | undefined {
  if (!slot || !('pieces' in slot)) return slot;
  return slot.type === 'text' ? finishedBlock(slot) : undefined;
}

function finishedBlock(block: GrowingBlock): AssistantBlock | undefined {
  const text = block.pieces.join('');
  switch (block.type) {
    case 'text':
      if (text === '') return undefined;
      return { type: 'text', text, ...(block.citations.length > 0 ? { citations: block.citations } : {}) };
    case 'thinking':
      if (text === '' && block.signature === undefined) return undefined;
      return { type: 'thinking', text, ...(block.signature === undefined ? {} : { signature: block.signature }) };
    case 'tool-call':
      return toolCallBlock(block.id, block.name, text);
  }
}

/** A call from its raw argument text: empty text is `{}`, text that is not JSON is `null`. */
export function toolCallBlock(id: string, name: string, argumentsText: string): ToolCallBlock {
  const parsed = argumentsText.trim() === '' ? {} : parseExactJson(argumentsText);
  return { type: 'tool-call', id, name, arguments: parsed ?? null, argumentsText };
}
