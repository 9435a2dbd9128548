import { createMessageAssembler, type WireKey } from '../../assemble-message.ts';
import { derivedCallId } from '../../derived-call-id.ts';
import { asArray, asObject, type JsonObject, parseExactJson } from '../../json.ts';
import type { AssistantBlock, AssistantMessage } from '../../message.ts';
import type { BlockEndEvent, StreamEvent } from '../../stream-event.ts';
import { leftoverFields } from './vendor-fields.ts';

/** An object of the wire's whose fields nobody has checked. */
export type WireObject = Readonly<Record<string, unknown>>;

/** The content blocks of one response, from their wire events to the message. Unknown blocks are kept whole. */
export interface BlockDecoder {
  /** Begins the message with words that the response goes on from; its first block continues them if that is text. */
  prefill(text: string): readonly StreamEvent[];
  start(key: WireKey, wire: WireObject): readonly StreamEvent[];
  /** `undefined` for a kind of delta that nobody described. */
  grow(key: WireKey, delta: WireObject): readonly StreamEvent[] | undefined;
  end(key: WireKey): readonly StreamEvent[];
  endAll(): readonly StreamEvent[];
  message(responseId?: string): AssistantMessage;
}

type BlockKind = 'text' | 'thinking' | 'tool-call' | 'opaque';

/** What the assembler does not hold of a block. */
interface OpenBlock {
  readonly kind: BlockKind;
  /** The block as it began. */
  wire: WireObject;
  readonly inputPieces: string[];
}

/** Fields of a wire block that have a word here. */
const KNOWN_FIELDS: Readonly<Record<Exclude<BlockKind, 'opaque'> | 'redacted-thinking', readonly string[]>> = {
  text: ['type', 'text', 'citations'],
  thinking: ['type', 'thinking', 'signature'],
  'redacted-thinking': ['type', 'data'],
  'tool-call': ['type', 'id', 'name', 'input'],
};

/** What the wire calls a response's first block. */
const FIRST: WireKey = 0;

/** `responseKey` gives whatever tells the response from others, once it has begun: ids of ours are derived from it. */
export function createBlockDecoder(responseKey: () => string = () => ''): BlockDecoder {
  const assembler = createMessageAssembler();
  const blocks = new Map<WireKey, OpenBlock>();
  const callIds = new Set<string>();
  /** Blocks that turned out to have fields without a word here, in the place of those the assembler holds. */
  const completed = new Map<AssistantBlock, AssistantBlock>();
  /** Whether there is a prefill, and no block that could go on from it has begun. */
  let awaitsFirst = false;

  function prefill(text: string): readonly StreamEvent[] {
    awaitsFirst = true;
    return [assembler.text(FIRST, text)];
  }

  /** Decides at the response's first block whether it goes on from the prefill. */
  function meet(key: WireKey, isText: boolean): readonly StreamEvent[] {
    if (!awaitsFirst) return [];
    awaitsFirst = false;
    return isText && key === FIRST ? [] : assembler.end(FIRST);
  }

  function start(key: WireKey, wire: WireObject): readonly StreamEvent[] {
    if (wire['type'] === undefined) return [];
    return [...meet(key, wire['type'] === 'text'), ...begin(key, wire)];
  }

  function begin(key: WireKey, wire: WireObject): readonly StreamEvent[] {
    const open = (kind: BlockKind) => blocks.set(key, { kind, wire, inputPieces: [] });
    switch (wire['type']) {
      case 'text':
        open('text');
        return [...addText(key, wire['text']), ...asArray(wire['citations']).flatMap((item) => addCitation(key, item))];
      case 'thinking':
        open('thinking');
        return [...addThinking(key, wire['thinking']), ...sign(key, wire['signature'])];
      case 'redacted_thinking':
        return [assembler.whole(redactedThinking(wire))];
      case 'tool_use':
        open('tool-call');
        return [assembler.beginToolCall(key, callId(wire['id']), readText(wire['name']) ?? '')];
      default:
        open('opaque');
        return [];
    }
  }

  /** The vendor's id, or one of ours where it gave none, or one that another call has: results could not be told apart. */
  function callId(value: unknown): string {
    const sent = readText(value) ?? '';
    const id = sent === '' || callIds.has(sent) ? derivedCallId(responseKey(), sent, callIds.size) : sent;
    callIds.add(id);
    return id;
  }

  function grow(key: WireKey, delta: WireObject): readonly StreamEvent[] | undefined {
    const block = blocks.get(key);
    // Text whose block never began is text all the same.
    const takes = (kind: OpenBlock['kind']) => block === undefined || block.kind === kind;
    switch (delta['type']) {
      case 'text_delta':
        if (!takes('text')) return [];
        return awaitsFirst ? [...meet(key, true), ...addText(key, delta['text'])] : addText(key, delta['text']);
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
        return undefined;
    }
  }

  function end(key: WireKey): readonly StreamEvent[] {
    const block = blocks.get(key);
    blocks.delete(key);
    if (block?.kind === 'opaque') {
      return [assembler.whole({ type: 'opaque', family: 'anthropic', data: opaqueData(block) })];
    }
    const input = block?.kind === 'tool-call' ? addWholeInput(key, block) : [];
    return [...input, ...assembler.end(key).map((ended) => complete(ended, block))];
  }

  function complete(event: BlockEndEvent, source: OpenBlock | undefined): BlockEndEvent {
    if (event.block.type === 'opaque' || !source || source.kind === 'opaque') return event;
    const vendorFields = leftoverFields(source.wire, KNOWN_FIELDS[source.kind]);
    if (!vendorFields) return event;
    const block: AssistantBlock = { ...event.block, vendorFields };
    completed.set(event.block, block);
    return { ...event, block };
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
    blocks.get(key)?.inputPieces.push(json);
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
    prefill,
    start,
    grow,
    end,
    endAll: () => [...[...blocks.keys()].flatMap((key) => end(key)), ...assembler.endAll()],
    message(responseId) {
      const message = assembler.message(responseId);
      return { ...message, content: message.content.map((block) => completed.get(block) ?? block) };
    },
  };
}

function redactedThinking(wire: WireObject): AssistantBlock {
  const vendorFields = leftoverFields(wire, KNOWN_FIELDS['redacted-thinking']);
  return { type: 'redacted-thinking', data: readText(wire['data']) ?? '', ...(vendorFields ? { vendorFields } : {}) };
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
