import { asObject } from '@reprise/providers';
import { type Fault, faultOf } from './faults.ts';

/** Waits; returns early once `signal` aborts. */
export type Delay = (ms: number, signal: AbortSignal) => Promise<void>;

export interface StreamPace {
  readonly faults: readonly Fault[];
  /** Between two events. */
  readonly delayMs: number;
  readonly delay: Delay;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** Ends the connection, and so aborts `signal`. */
  readonly breakConnection: () => void;
}

/** The bytes of a stream at its pace, with what goes wrong in it. */
export async function* streamBytes(
  events: Iterable<string>,
  { faults, delayMs, delay, signal, breakConnection }: StreamPace,
): AsyncGenerator<Uint8Array, void, undefined> {
  const cut = faultOf(faults, 'cut');
  const limits = {
    stall: faultOf(faults, 'stall')?.afterEvents,
    end: faultOf(faults, 'early-end')?.afterEvents,
    cut: cut && 'afterEvents' in cut ? cut.afterEvents : undefined,
  };
  const cutHere = (): Promise<void> => {
    breakConnection();
    return untilAborted(signal);
  };
  let bytesLeft = cut && 'afterBytes' in cut ? cut.afterBytes : Number.POSITIVE_INFINITY;
  let index = 0;
  for (const event of withFaults(events, faults)) {
    if (index === limits.stall) await untilAborted(signal);
    if (index === limits.cut) await cutHere();
    if (index === limits.end || signal.aborted) return;
    if (delayMs > 0 && index > 0) await delay(delayMs, signal);
    if (signal.aborted) return;
    const bytes = ENCODER.encode(event);
    yield bytes.subarray(0, bytesLeft);
    bytesLeft -= bytes.length;
    if (bytesLeft <= 0) return await cutHere();
    index += 1;
  }
}

const ENCODER = new TextEncoder();

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function* withFaults(events: Iterable<string>, faults: readonly Fault[]): Iterable<string> {
  const malformed = faultOf(faults, 'malformed-event')?.atEvent;
  const usage = faultOf(faults, 'usage')?.usage;
  let index = 0;
  for (const event of events) {
    yield index === malformed ? event.replace(/[}\]]\s*$/, '\n\n') : usage === 'missing' ? withoutUsage(event) : event;
    if (usage === 'repeated' && withoutUsage(event) !== event) yield event;
    index += 1;
  }
}

/** Ollama's counters stand in its last record itself. */
const USAGE_FIELD = /^(usage|(prompt_)?eval_(cached_)?(count|duration)|prompt_eval_cached_count)$/;

function withoutUsage(event: string): string {
  return event.replace(/\{.*\}/s, (json) => JSON.stringify(withoutCounters(JSON.parse(json))));
}

/** A body without a word about tokens. */
export function withoutCounters(body: unknown): unknown {
  const fields = asObject(body);
  if (!fields) return body;
  const kept = Object.entries(fields).filter(([name, value]) => !(USAGE_FIELD.test(name) && value !== null));
  // Usage stands in the body itself, or in the message or response it carries.
  return Object.fromEntries(
    kept.map(([name, value]) => [name, name === 'message' || name === 'response' ? withoutCounters(value) : value]),
  );
}
