import { createMessageAssembler, type WireKey } from '../assemble-message.ts';
import { asArray, asObject, type JsonObject, parseExactJson } from '../json.ts';
import type { AssistantMessage } from '../message.ts';
import type { StreamEvent } from '../stream-event.ts';

/** An object of the wire's whose fields nobody has checked. */
export type WireObject = Readonly<Record<string, unknown>>;

/** The content blocks of one response, from their wire events to the message. Unknown blocks are kept whole. */
export interface BlockDecoder {
  start(key: WireKey, wire: WireObject): readonly StreamEvent[];
  grow(key: WireKey, delta: WireObject): readonly StreamEvent[];
  end(key: WireKey): readonly StreamEvent[];
  endAll(): readonly StreamEvent[];
  message(responseId?: string): AssistantMessage;
}

/** What the assembler does not hold of a block. */
interface OpenBlock {
  readonly kind: 'text' | 'thinking' | 'tool-call' | 'opaque';
  /** The block as it began. */
  wire: WireObject;
  readonly inputPieces: string[];
}

export function createBlockDecoder(): BlockDecoder {
  const assembler = createMessageAssembler();
  const open = new Map<WireKey, OpenBlock>();

  function start(key: WireKey, wire: WireObject): readonly StreamEvent[] {
    const begin = (kind: OpenBlock['kind']) => open.set(key, { kind, wire, inputPieces: [] });
    switch (wire['type']) {
      case 'text':
        begin('text');
        return [...addText(key, wire['text']), ...asArray(wire['citations']).flatMap((item) => addCitation(key, item))];
      case 'thinking':
        begin('thinking');
        return [...addThinking(key, wire['thinking']), ...sign(key, wire['signature'])];
      case 'redacted_thinking':
        return [assembler.whole({ type: 'redacted-thinking', data: readText(wire['data']) ?? '' })];
      case 'tool_use':
        begin('tool-call');
        return [assembler.beginToolCall(key, readText(wire['id']) ?? '', readText(wire['name']) ?? '')];
      case undefined:
        return [];
      default:
        begin('opaque');
        return [];
    }
  }

  function grow(key: WireKey, delta: WireObject): readonly StreamEvent[] {
    const block = open.get(key);
    // Text whose block never began is text all the same.
    const takes = (kind: OpenBlock['kind']) => block === undefined || block.kind === kind;
    switch (delta['type']) {
      case 'text_delta':
        return takes('text') ? addText(key, delta['text']) : [];
      case 'citations_delta':
        return takes('text') ? addCitation(key, delta['citation']) : [];
      case 'thinking_delta':
        return takes('thinking') ? addThinking(key, delta['thinking']) : [];
      case 'signature_delta':
        return takes('thinking') ? sign(key, delta['signature']) : [];
      case 'input_json_delta':
        return addInput(key, delta['partial_json']);
      case 'compaction_delta':
        // It carries the block's final values; a null content is a compaction that failed.
        if (block?.kind === 'opaque') block.wire = { ...block.wire, ...delta, type: block.wire['type'] };
        return [];
      default:
        return [];
    }
  }

  function end(key: WireKey): readonly StreamEvent[] {
    const block = open.get(key);
    open.delete(key);
    if (block?.kind === 'opaque') {
      return [assembler.whole({ type: 'opaque', family: 'anthropic', data: opaqueData(block) })];
    }
    return [...(block?.kind === 'tool-call' ? addWholeInput(key, block) : []), ...assembler.end(key)];
  }

  function addText(key: WireKey, value: unknown): readonly StreamEvent[] {
    const text = readText(value);
    return text ? [assembler.text(key, text)] : [];
  }

  function addThinking(key: WireKey, value: unknown): readonly StreamEvent[] {
    const text = readText(value);
    return text ? [assembler.thinking(key, text)] : [];
  }

  function sign(key: WireKey, value: unknown): readonly StreamEvent[] {
    const signature = readText(value);
    if (signature) assembler.signature(key, signature);
    return [];
  }

  function addCitation(key: WireKey, value: unknown): readonly StreamEvent[] {
    const citation = asObject(value);
    return citation ? [assembler.citation(key, citation as JsonObject)] : [];
  }

  function addInput(key: WireKey, value: unknown): readonly StreamEvent[] {
    const json = readText(value);
    if (!json) return [];
    open.get(key)?.inputPieces.push(json);
    const event = assembler.toolArguments(key, json);
    return event ? [event] : [];
  }

  /** The arguments of a call that came with its block instead of in pieces after it. */
  function addWholeInput(key: WireKey, { wire, inputPieces }: OpenBlock): readonly StreamEvent[] {
    const input = asObject(wire['input']);
    if (inputPieces.length > 0 || !input || Object.keys(input).length === 0) return [];
    return addInput(key, JSON.stringify(input));
  }

  return {
    start,
    grow,
    end,
    endAll: () => [...[...open.keys()].flatMap((key) => end(key)), ...assembler.endAll()],
    message: (responseId) => assembler.message(responseId),
  };
}

function opaqueData({ wire, inputPieces }: OpenBlock): JsonObject {
  const data = wire as JsonObject;
  const input = inputPieces.length > 0 ? parseExactJson(inputPieces.join('')) : undefined;
  return input === undefined ? data : { ...data, input };
}

/** The value if it is text. */
export function readText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
