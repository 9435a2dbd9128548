import type { MessageAssembler, WireKey } from '../../assemble-message.ts';
import { derivedCallId } from '../../derived-call-id.ts';
import { asObject, type JsonObject, type JsonValue, parseExactJson } from '../../json.ts';
import type { ToolCallBlock } from '../../message.ts';
import type { BlockEndEvent, ToolCallDeltaEvent } from '../../stream-event.ts';
import { saysSomething, text } from './decode-content.ts';

/**
 * The tool calls of one response, put together from fragments.
 *
 * F1. A fragment belongs to the call of its `index`, or without one to the call of its `id`, or else to the latest call.
 * F2. Another id at the same index is another call, and so is a name after a call without id whose arguments are whole.
 * F3. A call that the vendor gave no id, or another call's, gets one of ours: the same bytes give the same id, and another response gives another.
 * F4. Fields that have no word here stay with their call, such as the Gemini endpoint's `extra_content`.
 */
export interface ToolCallCollector {
  /** `responseKey` is whatever tells the response from others. */
  read(fragments: readonly unknown[], responseKey: string): readonly ToolCallDeltaEvent[];
  /** How many calls have begun. */
  count(): number;
  /** Ends the calls whose arguments are whole. */
  endWhole(): readonly BlockEndEvent[];
  /** The block of a call with the vendor's own fields (F4). */
  complete(block: ToolCallBlock): ToolCallBlock;
}

interface CollectedCall {
  readonly key: WireKey;
  readonly index: unknown;
  /** The vendor's id, if it gave one. */
  readonly id: string | undefined;
  /** The id of its block, once it has begun. */
  blockId: string | undefined;
  argumentsText: string;
  fields: JsonObject;
  /** Its block, as it was told when it ended. */
  ended: ToolCallBlock | undefined;
}

interface Fragment {
  readonly index: unknown;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly argumentsText: string;
  readonly fields: JsonObject;
}

export function createCallCollector(assembler: MessageAssembler): ToolCallCollector {
  const collected: CollectedCall[] = [];

  function callOf(fragment: Fragment): CollectedCall {
    const known = collected.findLast((call) => isSameCall(call, fragment));
    if (known && !startsAnother(known, fragment)) return known;
    const call: CollectedCall = {
      key: `call ${collected.length}`,
      index: fragment.index,
      id: fragment.id,
      blockId: undefined,
      argumentsText: '',
      fields: {},
      ended: undefined,
    };
    collected.push(call);
    return call;
  }

  function read(fragment: Fragment, responseKey: string): readonly ToolCallDeltaEvent[] {
    const call = callOf(fragment);
    const { key } = call;
    const events: ToolCallDeltaEvent[] = [];
    let addition = fragment.argumentsText;
    if (call.blockId === undefined && fragment.name !== undefined) {
      // Arguments that came before the name waited for it.
      addition = call.argumentsText + addition;
      const isTaken = collected.some(({ blockId }) => blockId === call.id);
      call.blockId = call.id === undefined || isTaken ? derivedCallId(responseKey, key) : call.id;
      events.push(assembler.beginToolCall(key, call.blockId, fragment.name));
    }
    call.argumentsText += fragment.argumentsText;
    call.fields = { ...call.fields, ...fragment.fields };
    const delta = call.blockId !== undefined && addition !== '' ? assembler.toolArguments(key, addition) : undefined;
    return delta ? [...events, delta] : events;
  }

  function complete(block: ToolCallBlock): ToolCallBlock {
    const call = collected.find(({ blockId }) => blockId === block.id);
    if (!call) return block;
    // What comes after its end does not change what was told of it.
    call.ended ??= withFields(block, call.fields);
    return call.ended;
  }

  return {
    read: (fragments, responseKey) => fragments.flatMap((fragment) => read(readFragment(fragment), responseKey)),
    count: () => collected.filter((call) => call.blockId !== undefined).length,
    endWhole: () =>
      collected
        .filter(isWhole)
        .flatMap(({ key }) => assembler.end(key))
        .map((event) => (event.block.type === 'tool-call' ? { ...event, block: complete(event.block) } : event)),
    complete,
  };
}

function withFields(block: ToolCallBlock, fields: JsonObject): ToolCallBlock {
  return Object.keys(fields).length === 0 ? block : { ...block, vendorFields: { family: 'openai-chat', fields } };
}

function readFragment(fragment: unknown): Fragment {
  const { index, id, type: _format, function: called, ...own } = asObject(fragment) ?? {};
  const { name, arguments: given } = asObject(called) ?? {};
  return {
    index: typeof index === 'number' ? index : undefined,
    id: text(id),
    name: text(name),
    // Some servers send the object itself, whole.
    argumentsText: typeof given === 'string' ? given : asObject(given) ? JSON.stringify(given) : '',
    fields: Object.fromEntries(Object.entries(own).filter(isSaid)),
  };
}

/** No text is an object without fields. */
function isWhole({ blockId, argumentsText }: CollectedCall): boolean {
  return blockId !== undefined && (argumentsText === '' || asObject(parseExactJson(argumentsText)) !== undefined);
}

function isSaid(entry: readonly [name: string, value: unknown]): entry is [string, JsonValue] {
  return saysSomething(entry[1]);
}

function isSameCall(call: CollectedCall, { index, id }: Fragment): boolean {
  if (index !== undefined) return call.index === index;
  return id === undefined || call.id === id;
}

function startsAnother(call: CollectedCall, { index, id, name }: Fragment): boolean {
  if (id !== undefined && call.id !== undefined) return id !== call.id;
  if (name === undefined || call.blockId === undefined) return false;
  if (id !== undefined || index === undefined) return true;
  return call.id === undefined && parseExactJson(call.argumentsText) !== undefined;
}
