import type { Random } from './random.ts';

/** Values that no vendor means. Made anew each time, as a mutation may change one. */
const JUNK: readonly [() => unknown, ...(() => unknown)[]] = [
  () => null,
  () => undefined,
  () => true,
  () => false,
  () => 0,
  () => -1,
  () => 1.5,
  () => 1e308,
  () => 2 ** 53,
  () => Number.NaN,
  () => '',
  () => 'a',
  () => '12',
  () => '\u0000\ud800\ufeff',
  () => 'x'.repeat(300),
  () => '{"half":',
  () => '__proto__',
  () => 'constructor',
  () => 'toString',
  () => [],
  () => [null],
  () => [[], {}, 'a', 1, null],
  () => ({}),
  () => ({ type: 'text', text: 'a', index: 0 }),
  // What JSON.parse makes of such names are own fields.
  () => JSON.parse('{"__proto__":{"type":"text"},"constructor":1,"hasOwnProperty":null}'),
  () => ({ toString: null, valueOf: 1, toJSON: 'a' }),
  () => ({ length: 1e9 }),
  () => deep(20),
];

function deep(levels: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { deep: value };
  return value;
}

/** Responses that can be had anew, as JSON text: to parse it is the quickest way to copy one. */
export type ResponseTexts = readonly [string, ...string[]];

/** A response with a few things wrong, its events or the values in them. */
export function mutatedEvents(random: Random, responses: ResponseTexts): readonly unknown[] {
  let events: unknown[] = JSON.parse(random.pick(responses));
  for (let count = 1 + random.upTo(3); count > 0; count -= 1) {
    if (random.upTo(2) > 0) changeValue(random, events);
    else events = changeSequence(random, events, () => JSON.parse(random.pick(responses)));
  }
  return events;
}

function changeSequence(random: Random, events: unknown[], another: () => readonly unknown[]): unknown[] {
  const at = random.upTo(Math.max(0, events.length - 1));
  const to = random.upTo(events.length);
  const moved = events.slice(at, at + 1);
  switch (random.upTo(6)) {
    case 0:
      return events.toSpliced(at, 1);
    case 1:
      return events.toSpliced(to, 0, ...structuredClone(moved));
    case 2:
      return events.toSpliced(at, 1).toSpliced(to, 0, ...moved);
    case 3:
      return events.slice(0, to);
    case 4:
      return events.toSpliced(to, 0, random.pick(JUNK)());
    case 5:
      return [...events, ...structuredClone(events)];
    default:
      return interleaved(random, events, another());
  }
}

function interleaved(random: Random, events: readonly unknown[], others: readonly unknown[]): unknown[] {
  const rest = [...others];
  return [...events.flatMap((event) => [event, ...rest.splice(0, random.upTo(2))]), ...rest];
}

/** A place in a response that holds a value. */
interface Slot {
  readonly holder: Record<string | number, unknown>;
  readonly key: string | number;
}

/** Changes something in one event, or the whole event. */
function changeValue(random: Random, events: unknown[]): void {
  const at = random.upTo(events.length - 1);
  const whole: Slot = { holder: events as unknown as Slot['holder'], key: at };
  const slots = [whole, ...slotsIn(events[at])];
  const { holder, key } = slots[random.upTo(slots.length - 1)] ?? whole;
  const other = slots[random.upTo(slots.length - 1)] ?? whole;
  const isList = Array.isArray(holder);
  switch (random.upTo(5)) {
    case 0:
      if (!isList) delete holder[key];
      return;
    case 1:
      // Another place's value: the wrong type, or the right one with another meaning.
      holder[key] = structuredClone(other.holder[other.key]);
      return;
    case 2:
      if (!isList) define(holder, random.pick(ODD_NAMES), holder[key]);
      return;
    case 3:
      if (holder !== whole.holder) for (const each of Object.keys(holder)) define(holder, each, null);
      return;
    default:
      holder[key] = random.pick(JUNK)();
  }
}

const ODD_NAMES: readonly [string, ...string[]] = [
  '__proto__',
  'constructor',
  'toString',
  'type',
  'index',
  'id',
  'text',
];

function define(holder: Slot['holder'], key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function slotsIn(value: unknown, slots: Slot[] = []): readonly Slot[] {
  if (typeof value !== 'object' || value === null) return slots;
  const holder = value as Slot['holder'];
  for (const key of Object.keys(holder)) {
    slots.push({ holder, key });
    slotsIn(holder[key], slots);
  }
  return slots;
}

/** A response's bytes with a few things wrong. */
export function mutatedBytes(random: Random, body: Uint8Array): Uint8Array {
  let bytes = body;
  for (let count = 1 + random.upTo(2); count > 0; count -= 1) bytes = changeBytes(random, bytes);
  return bytes;
}

const LINE_ENDS: readonly [string, ...string[]] = ['\r\n', '\r', '\n\n\n', '\r\r\n', '\u2028', ''];
const INSERTED: readonly [string, ...string[]] = [
  '\u0000\u0000\u0000',
  '\ufeff',
  'data: [DONE]\n\n',
  'data: \n\n',
  'data\n\n',
  ': comment\n',
  'retry: 1\nid: \u0000\n\n',
  'event: error\ndata: {"error":{"message":"x"}}\n\n',
  'event: error\ndata: not json\n\n',
  'data: null\n\n',
  'null\n',
  '[]\n',
  '{}\n',
  '"text"\n',
  '<html>502 Bad Gateway</html>\n',
];

function changeBytes(random: Random, bytes: Uint8Array): Uint8Array {
  const at = random.upTo(bytes.length);
  const insert = (text: Uint8Array) => concat(bytes.slice(0, at), text, bytes.slice(at));
  switch (random.upTo(9)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return insert(randomBytes(random, 1 + random.upTo(60)));
    case 2:
      return overwritten(random, bytes);
    case 3:
      // Broken UTF-8: a lone lead byte, a lone continuation, an encoded surrogate.
      return insert(random.pick([Uint8Array.of(0xf0, 0x9f), Uint8Array.of(0x80), Uint8Array.of(0xed, 0xa0, 0x80)]));
    case 4:
      return encoded(decoded(bytes).replaceAll('\n', () => (random.upTo(3) === 0 ? random.pick(LINE_ENDS) : '\n')));
    case 5:
      return insert(encoded(random.pick(INSERTED)));
    case 6:
      return bytes.slice(at, at + random.upTo(bytes.length - at));
    case 7:
      return concat(bytes, bytes.slice(at));
    case 8:
      return encoded(decoded(bytes).replaceAll(/[:{}[\],"]/g, (mark) => (random.upTo(40) === 0 ? '' : mark)));
    default:
      return encoded(`\ufeff${decoded(bytes)}`);
  }
}

function overwritten(random: Random, bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  for (let count = 1 + random.upTo(8); count > 0; count -= 1) changed[random.upTo(bytes.length - 1)] = random.upTo(255);
  return changed;
}

export function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.upTo(255));
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
