import { createMessageAssembler, type WireKey } from '../../assemble-message.ts';
import { derivedCallId } from '../../derived-call-id.ts';
import { asArray, asObject, type JsonObject } from '../../json.ts';
import type { AssistantMessage } from '../../message.ts';
import type { BlockEndEvent, StreamEvent } from '../../stream-event.ts';
import { callIdOf, takeTextOut, textField } from './item-text.ts';

/** An object of the wire's whose fields nobody has checked. */
export type WireObject = Readonly<Record<string, unknown>>;

/** What a piece of text belongs to. */
type TextKind = 'text' | 'refusal' | 'summary' | 'reasoning';

/**
 * The output items of one response, from their wire events to the message.
 *
 * I1. The finished item has the last word: what no delta brought is added from it, and it is kept for replay (`item-text.ts`).
 * I2. An item is finished once; a copy of it in a later event is not read.
 */
export interface ItemDecoder {
  /** An item begins, as far as it is known then. */
  begin(key: WireKey, item: WireObject): readonly StreamEvent[];
  /** The next piece of one part's text. */
  text(key: WireKey, kind: TextKind, part: number, piece: string): readonly StreamEvent[];
  annotation(key: WireKey, part: number, annotation: unknown): readonly StreamEvent[];
  arguments(key: WireKey, piece: string): readonly StreamEvent[];
  finish(key: WireKey, item: WireObject): readonly StreamEvent[];
  message(responseId?: string): AssistantMessage;
  hasCalls(): boolean;
  hasRefusal(): boolean;
}

interface StreamedBlock {
  readonly key: WireKey;
  length: number;
  citations: number;
}

export interface ItemDecoderOptions {
  /** The vendor answers calls of custom tools itself. */
  readonly runsCustomTools: boolean;
  /** Whatever tells the response from others, once it has begun: ids of ours are derived from it. */
  readonly responseKey: () => string;
}

export function createItemDecoder({ runsCustomTools, responseKey }: ItemDecoderOptions): ItemDecoder {
  const assembler = createMessageAssembler();
  const streamed = new Map<WireKey, Map<string, StreamedBlock>>();
  const finished = new Set<WireKey>();
  const callIds = new Map<WireKey, string>();
  let hasRefusal = false;

  function blockOf(key: WireKey, name: string): StreamedBlock {
    const blocks = streamed.get(key) ?? new Map<string, StreamedBlock>();
    streamed.set(key, blocks);
    const block = blocks.get(name) ?? { key: `${key} ${name}`, length: 0, citations: 0 };
    blocks.set(name, block);
    return block;
  }

  function text(key: WireKey, kind: TextKind, part: number, piece: string): readonly StreamEvent[] {
    if (piece === '' || finished.has(key)) return [];
    if (kind === 'refusal') hasRefusal = true;
    const isThinking = kind === 'summary' || kind === 'reasoning';
    // A refusal takes the place of a text; a summary stands beside the reasoning it sums up.
    const block = blockOf(key, isThinking ? `${kind} ${part}` : `text ${part}`);
    block.length += piece.length;
    return [isThinking ? assembler.thinking(block.key, piece) : assembler.text(block.key, piece)];
  }

  function annotation(key: WireKey, part: number, value: unknown): readonly StreamEvent[] {
    const citation = asObject(value);
    if (!citation || finished.has(key)) return [];
    const block = blockOf(key, `text ${part}`);
    block.citations += 1;
    return [assembler.citation(block.key, citation as JsonObject)];
  }

  function begin(key: WireKey, item: WireObject): readonly StreamEvent[] {
    const id = callIdOf(item);
    if (item['type'] !== 'function_call' || id === undefined || finished.has(key)) return [];
    const block = blockOf(key, 'call');
    if (assembler.isOpen(block.key)) return [];
    return [assembler.beginToolCall(block.key, ownId(key, id), readText(item['name']))];
  }

  function addArguments(key: WireKey, piece: string): readonly StreamEvent[] {
    const block = blockOf(key, 'call');
    const event = piece === '' || finished.has(key) ? undefined : assembler.toolArguments(block.key, piece);
    if (!event) return [];
    block.length += piece.length;
    return [event];
  }

  function finish(key: WireKey, item: WireObject): readonly StreamEvent[] {
    if (finished.has(key) || item['type'] === undefined) return [];
    const events = [...addRest(key, item), ...endBlocks(key)];
    finished.add(key);
    return [...events, assembler.whole({ type: 'opaque', family: 'openai-responses', data: keptItem(key, item) })];
  }

  /** What no delta brought. */
  function addRest(key: WireKey, item: WireObject): readonly StreamEvent[] {
    switch (item['type']) {
      case 'message':
        return asArray(item['content']).flatMap((part, index) => addMessagePart(key, asObject(part) ?? {}, index));
      case 'reasoning':
        return addReasoning(key, item);
      case 'function_call': {
        const begun = begin(key, item);
        return [...begun, ...addArguments(key, readText(item['arguments']).slice(blockOf(key, 'call').length))];
      }
      case 'custom_tool_call':
        return runsCustomTools ? [] : addCustomCall(key, item);
      default:
        return [];
    }
  }

  function addMessagePart(key: WireKey, part: WireObject, index: number): readonly StreamEvent[] {
    const field = textField(part);
    const whole = readText(part[field]);
    if (whole === '') return [];
    const events = text(key, field, index, whole.slice(blockOf(key, `text ${index}`).length));
    const later = asArray(part['annotations']).slice(blockOf(key, `text ${index}`).citations);
    return [...events, ...later.flatMap((value) => annotation(key, index, value))];
  }

  /** Summaries are shown where there are any, and else the reasoning itself, which only open models give. */
  function addReasoning(key: WireKey, item: WireObject): readonly StreamEvent[] {
    const summaries = asArray(item['summary']);
    const kind = summaries.length > 0 ? 'summary' : 'reasoning';
    return (summaries.length > 0 ? summaries : asArray(item['content'])).flatMap((part, index) => {
      const whole = readText(asObject(part)?.['text']);
      return text(key, kind, index, whole.slice(blockOf(key, `${kind} ${index}`).length));
    });
  }

  /** Its input is plain text, also where that text happens to be JSON. */
  function addCustomCall(key: WireKey, item: WireObject): readonly StreamEvent[] {
    const input = readText(item['input']);
    const id = callIdOf(item);
    if (id === undefined) return [];
    const called = { id: ownId(key, id), name: readText(item['name']) };
    return [assembler.whole({ type: 'tool-call', ...called, arguments: input, argumentsText: input })];
  }

  /** Each call has an id of its own, by which it is answered, also where a server gives two the same. */
  function ownId(key: WireKey, id: string): string {
    const own = [...callIds.values()].includes(id) ? derivedCallId(responseKey(), id, callIds.size) : id;
    callIds.set(key, own);
    return own;
  }

  function endBlocks(key: WireKey): readonly BlockEndEvent[] {
    return [...(streamed.get(key)?.values() ?? [])].flatMap((block) => assembler.end(block.key));
  }

  function keptItem(key: WireKey, item: WireObject): JsonObject {
    const id = callIds.get(key) ?? callIdOf(item);
    const data = (id === callIdOf(item) ? item : { ...item, call_id: id }) as JsonObject;
    return runsCustomTools && data['type'] === 'custom_tool_call' ? data : takeTextOut(data);
  }

  return {
    begin,
    text,
    annotation,
    arguments: addArguments,
    finish,
    message: (responseId) => assembler.message(responseId),
    hasCalls: () => callIds.size > 0,
    hasRefusal: () => hasRefusal,
  };
}

/** The value if it is text, and else none. */
export function readText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
