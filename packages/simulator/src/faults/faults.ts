/**
 * What goes wrong, and for which requests.
 *
 * Owns: which faults strike a request.
 * Leaves to `exchange.ts`: faults of the cache and of the answer's status. To `faulty-stream.ts`: faults of a stream.
 *
 * F1. The same rules, seed and order of arrival strike the same requests.
 * F2. A rule draws once for every request it fits, so rules do not shift each other's chances.
 */

import type { Family } from '@reprise/providers';

/** One thing that goes wrong. JSON-shaped, so that rules can come from a file. */
export type Fault =
  /** The request is answered with an error and touches no cache. */
  | {
      readonly type: 'status';
      readonly status: 400 | 401 | 402 | 403 | 404 | 408 | 409 | 413 | 429 | 500 | 502 | 503 | 504 | 529;
      /** Sent as `retry-after`. */
      readonly retryAfterMs?: number;
      readonly message?: string;
    }
  /** The connection breaks after so many events, or so many bytes of the stream. */
  | { readonly type: 'cut'; readonly afterEvents: number }
  | { readonly type: 'cut'; readonly afterBytes: number }
  /** The stream ends in order after so many events, without its last ones. */
  | { readonly type: 'early-end'; readonly afterEvents: number }
  /** The stream says nothing more after so many events, and stays open. */
  | { readonly type: 'stall'; readonly afterEvents: number }
  /** The answer's first byte comes late. */
  | { readonly type: 'slow-start'; readonly delayMs: number }
  /** The event of that number, from 0, is not JSON. */
  | { readonly type: 'malformed-event'; readonly atEvent: number }
  /** The answer says nothing of tokens, or its events that do come twice. */
  | { readonly type: 'usage'; readonly usage: 'missing' | 'repeated' }
  /** The request meets a replica that holds none of the cache; what it writes is kept. */
  | { readonly type: 'replica-miss' }
  /** The vendor's clock is off by so much, for this request. */
  | { readonly type: 'clock-skew'; readonly ms: number };

export interface FaultRule {
  readonly fault: Fault;
  /** Which requests it may strike. Default: all. */
  readonly when?: FaultCondition;
  /** How likely it strikes each of them, from 0 to 1. Default 1. */
  readonly probability?: number;
  /** How often it strikes at most. Default: without end. */
  readonly times?: number;
}

/** Every field given has to fit. */
export interface FaultCondition {
  /** Numbers of requests, in the order of arrival from 0. */
  readonly requestIndexes?: readonly number[];
  readonly family?: Family;
  readonly model?: string;
}

export interface FaultTarget {
  readonly index: number;
  readonly family: Family;
  readonly model: string;
}

/** A function that says what strikes each request, asked once for each in the order of arrival. */
export function createFaultPicker(
  rules: readonly FaultRule[],
  random: () => number,
): (target: FaultTarget) => readonly Fault[] {
  const struck = new Map<FaultRule, number>();
  return (target) =>
    rules.flatMap((rule) => {
      const { fault, when = {}, probability = 1, times = Number.POSITIVE_INFINITY } = rule;
      const count = struck.get(rule) ?? 0;
      if (!fits(when, target) || random() >= probability || count >= times) return [];
      struck.set(rule, count + 1);
      return [fault];
    });
}

function fits({ requestIndexes, family, model }: FaultCondition, target: FaultTarget): boolean {
  return (
    (requestIndexes?.includes(target.index) ?? true) &&
    (family ?? target.family) === target.family &&
    (model ?? target.model) === target.model
  );
}

/** The one of a kind that counts: the first rule's. */
export function faultOf<Type extends Fault['type']>(
  faults: readonly Fault[],
  type: Type,
): Extract<Fault, { readonly type: Type }> | undefined {
  return faults.find((fault): fault is Extract<Fault, { readonly type: Type }> => fault.type === type);
}
