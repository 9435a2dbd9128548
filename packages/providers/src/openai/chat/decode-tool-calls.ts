import type { MessageAssembler, WireKey } from '../../assemble-message.ts';
import { derivedCallId } from '../../derived-call-id.ts';
import { asObject, parseExactJson } from '../../json.ts';
import type { ToolCallDeltaEvent } from '../../stream-event.ts';
import { text } from './decode-content.ts';

/**
 * The tool calls of one response, put together from fragments.
 *
 * F1. A fragment belongs to the call of its `index`, or without one to the call of its `id`, or else to the latest call.
 * F2. Another id at the same index is another call, and so is a name after a call without id whose arguments are whole.
 * F3. A call that the vendor gave no id gets one of ours: the same bytes give the same id, and another response gives another.
 */
export interface ToolCallCollector {
  /** `responseKey` is whatever tells the response from others. */
  read(fragments: readonly unknown[], responseKey: string): readonly ToolCallDeltaEvent[];
  /** How many calls have begun. */
  count(): number;
}

interface CollectedCall {
  readonly key: WireKey;
  readonly index: unknown;
  /** The vendor's id, if it gave one. */
  readonly id: string | undefined;
  hasBegun: boolean;
  argumentsText: string;
}

interface Fragment {
  readonly index: unknown;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly argumentsText: string;
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
      hasBegun: false,
      argumentsText: '',
    };
    collected.push(call);
    return call;
  }

  function read(fragment: Fragment, responseKey: string): readonly ToolCallDeltaEvent[] {
    const call = callOf(fragment);
    const { key } = call;
    const events: ToolCallDeltaEvent[] = [];
    let addition = fragment.argumentsText;
    if (!call.hasBegun && fragment.name !== undefined) {
      // Arguments that came before the name waited for it.
      addition = call.argumentsText + addition;
      call.hasBegun = true;
      events.push(assembler.beginToolCall(key, call.id ?? derivedCallId(responseKey, key), fragment.name));
    }
    call.argumentsText += fragment.argumentsText;
    const delta = call.hasBegun && addition !== '' ? assembler.toolArguments(key, addition) : undefined;
    return delta ? [...events, delta] : events;
  }

  return {
    read: (fragments, responseKey) => fragments.flatMap((fragment) => read(readFragment(fragment), responseKey)),
    count: () => collected.filter((call) => call.hasBegun).length,
  };
}

function readFragment(fragment: unknown): Fragment {
  const { index, id, function: called } = asObject(fragment) ?? {};
  const { name, arguments: given } = asObject(called) ?? {};
  return {
    index: typeof index === 'number' ? index : undefined,
    id: text(id),
    name: text(name),
    // Some servers send the object itself, whole.
    argumentsText: typeof given === 'string' ? given : asObject(given) ? JSON.stringify(given) : '',
  };
}

function isSameCall(call: CollectedCall, { index, id }: Fragment): boolean {
  if (index !== undefined) return call.index === index;
  return id === undefined || call.id === id;
}

function startsAnother(call: CollectedCall, { index, id, name }: Fragment): boolean {
  if (id !== undefined && call.id !== undefined) return id !== call.id;
  if (name === undefined || !call.hasBegun) return false;
  if (id !== undefined || index === undefined) return true;
  return call.id === undefined && parseExactJson(call.argumentsText) !== undefined;
}
