/**
 * Values that cannot change, and what has been worked out of them.
 *
 * Owns: which values are known to be frozen to the last field.
 *
 * A conversation is sent anew with each turn, and all of it but its end is what it was: what an adapter makes of a frozen message is made
 * once. Of a message that anybody could still change nothing is remembered.
 *
 * Z1. What is remembered is found by the value itself and forgotten with it; nothing can be told from the outside but the time it takes.
 */

import type { Message } from './message.ts';

const FROZEN = new WeakSet<object>();

/** The message with every field frozen, for good: the message itself if it is one already, else a copy. */
export function freezeMessage<Kind extends Message>(message: Kind): Kind {
  return isFrozen(message) ? message : register(frozenCopy(message));
}

/** What one item of a list adds to what is made of the list, and what the next item needs to know. */
export interface Addition<Result, State> {
  readonly results: readonly Result[];
  readonly state: State;
}

/**
 * Makes something of a list, item by item, from the first on; what is made of an item depends on the arguments of `add` alone. Of a list
 * that begins as the last one did that had the same first frozen item, only what was added is looked at, so far as its items are frozen.
 * Items before the first frozen one are as they were if `isSame` says so. What is kept is frozen. `context` is what is the same for all
 * items; with another one everything is made anew.
 */
export function foldGrowing<Item extends object, Context extends readonly unknown[], Result, State>(
  start: State,
  add: (item: Item, index: number, state: State, ...context: Context) => Addition<Result, State>,
  isSame: (one: Item, other: Item) => boolean = () => false,
): (items: readonly Item[], ...context: Context) => readonly Result[] {
  const known = new WeakMap<Item, KnownFold<Item, Context, Result, State>>();

  return (items, ...context) => {
    const head = items.findIndex(isFrozen);
    const fold = continued(items, items[head], context);
    let state = fold.items.length === 0 ? start : (fold.states.at(-1) as State);
    const added: Result[] = [];
    for (let index = fold.items.length; index < items.length; index += 1) {
      const item = items[index] as Item;
      const addition = add(item, index, state, ...context);
      state = addition.state;
      const isKept = index === fold.items.length && (index < head || isFrozen(item));
      if (isKept) keep(fold, freezeShallow(item), freeze(addition));
      else for (const result of addition.results) added.push(result);
    }
    return fold.results.concat(added);
  };

  /** What is known of the items that the list has in common with the one before it that had this first frozen item. */
  function continued(
    items: readonly Item[],
    name: Item | undefined,
    context: Context,
  ): KnownFold<Item, Context, Result, State> {
    const last = name && known.get(name);
    if (last?.context.every((value, index) => Object.is(value, context[index]))) {
      cutTo(last, commonLength(last.items, items, isSame));
      return last;
    }
    const fold: KnownFold<Item, Context, Result, State> = { context, items: [], ends: [], states: [], results: [] };
    if (name) known.set(name, fold);
    return fold;
  }
}

/** A fold whose items know nothing of each other; see `foldGrowing`. */
export function mapGrowing<Item extends object, Context extends readonly unknown[], Result>(
  map: (item: Item, index: number, ...context: Context) => readonly Result[],
  isSame?: (one: Item, other: Item) => boolean,
): (items: readonly Item[], ...context: Context) => readonly Result[] {
  return foldGrowing(
    undefined,
    (item: Item, index, state, ...context: Context) => ({ results: map(item, index, ...context), state }),
    isSame,
  );
}

/** Whether two values are the same JSON, for `isSame`. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

interface KnownFold<Item, Context, Result, State> {
  readonly context: Context;
  readonly items: Item[];
  /** How many results there are up to each item, and the state after it. */
  readonly ends: number[];
  readonly states: State[];
  readonly results: Result[];
}

function keep<Item, Result, State>(
  fold: KnownFold<Item, unknown, Result, State>,
  item: Item,
  { results, state }: Addition<Result, State>,
): void {
  fold.items.push(item);
  for (const result of results) {
    fold.results.push(result);
    // It may be an item of the next fold.
    if (typeof result === 'object' && result !== null) register(result);
  }
  fold.ends.push(fold.results.length);
  fold.states.push(state);
}

function cutTo(fold: KnownFold<unknown, unknown, unknown, unknown>, length: number): void {
  if (length === fold.items.length) return;
  fold.items.length = length;
  fold.ends.length = length;
  fold.states.length = length;
  fold.results.length = fold.ends.at(-1) ?? 0;
}

function commonLength<Item>(
  one: readonly Item[],
  other: readonly Item[],
  isSame: (one: Item, other: Item) => boolean,
): number {
  const end = Math.min(one.length, other.length);
  for (let length = 0; length < end; length += 1) {
    const item = one[length] as Item;
    const counterpart = other[length] as Item;
    if (item !== counterpart && !isSame(item, counterpart)) return length;
  }
  return end;
}

function isFrozen(value: object): boolean {
  return FROZEN.has(value);
}

/** Freezes what was made of frozen values, so that nobody else holds a part of it that is not frozen. */
function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const field of Object.values(value)) freeze(field);
  return Object.freeze(value);
}

/** The item as it is now; its fields are compared later. */
function freezeShallow<Item extends object>(item: Item): Item {
  return isFrozen(item) ? item : Object.freeze({ ...item });
}

function frozenCopy<Value>(value: Value): Value {
  // A number kept as its source text is frozen, and would not be one any more in a copy.
  if (typeof value !== 'object' || value === null || isRawJSON(value)) return value;
  // A copy of plain data has the shape of what it copies.
  const copy = (Array.isArray(value) ? value.slice() : { ...value }) as Record<string, unknown>;
  for (const name of Object.keys(copy)) {
    const field = copy[name];
    if (typeof field === 'object') copy[name] = frozenCopy(field);
  }
  return Object.freeze(copy) as Value;
}

// ES2026, see `json.ts`.
const { isRawJSON } = JSON as unknown as { isRawJSON(value: object): boolean };

function register<Value extends object>(value: Value): Value {
  FROZEN.add(value);
  return value;
}
