/**
 * One exchange with a vendor, from opening its stream to the turn that ends ours.
 *
 * Owns: that every stream ends in exactly one `assistant-turn`, and why it ended.
 * Leaves to the adapters: opening the SDK's stream, decoding its events, naming its errors.
 *
 * D1. Complete means the wire's terminal event was seen. An SDK stream that merely stops has been cut, or was aborted.
 *     After that event a cut or an abort undoes nothing; an error in the vendor's own words still does.
 * D2. After the first event is asked for, nothing is thrown: failures end the stream with a turn that says so.
 * D3. A consumer that leaves early aborts the exchange; no socket and no timer outlives the iterator.
 * D4. An abort and the time limit end the wait at once, even for a client that ignores its signal.
 */

import {
  type AssistantTurn,
  type AssistantTurnParts,
  assistantTurn,
  type StopReason,
  type TurnTiming,
} from '../assistant-turn.ts';
import { ProviderError } from '../errors.ts';
import type { StreamOptions } from '../model.ts';
import type { StreamEvent, WarningEvent } from '../stream-event.ts';

/** A wire's events to ours. Never throws for what the wire says: unknown events are skipped. */
export interface StreamDecoder<WireEvent> {
  decode(event: WireEvent): readonly StreamEvent[];
  /** Everything known when the stream has ended, however it ended. */
  finish(): DecodedTurn;
}

/** A turn without what only the exchange knows. `stopReason` is absent if the terminal event was never seen. */
export interface DecodedTurn extends Omit<AssistantTurnParts, 'stopReason' | 'timing' | 'error'> {
  readonly stopReason?: Exclude<StopReason, 'aborted' | 'error'>;
  /** An error the vendor put into the stream itself. */
  readonly error?: ProviderError;
}

export interface Exchange<WireEvent> extends ExchangeOptions {
  /** Sends the request. `signal` aborts it, its stream included. */
  open(signal: AbortSignal): Promise<AsyncIterable<WireEvent>>;
  readonly decoder: StreamDecoder<WireEvent>;
  readError(error: unknown): ProviderError;
  /** What was adapted while encoding. */
  readonly warnings: readonly WarningEvent[];
}

export interface ExchangeOptions extends StreamOptions {
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
}

const DEFAULT_TIMEOUT_MS = 600_000;

/** Why the wire's events stopped coming, if not because the last one had come. */
type Interruption = 'aborted' | 'timed-out' | ProviderError | undefined;

/** Runs an exchange. The iterator's last event is the turn, always (D1, D2). */
export async function* sendExchange<WireEvent>(
  exchange: Exchange<WireEvent>,
): AsyncGenerator<StreamEvent, void, undefined> {
  const { decoder, clock = Date.now, timeoutMs = DEFAULT_TIMEOUT_MS } = exchange;
  const stop = new AbortController();
  const signal = exchange.signal ? AbortSignal.any([exchange.signal, stop.signal]) : stop.signal;
  const startedAt = clock();
  let firstTokenAt: number | undefined;
  let interruption: Interruption;
  const deadline = setTimeout(() => {
    interruption = 'timed-out';
    stop.abort();
  }, timeoutMs);

  try {
    yield* exchange.warnings;
    signal.throwIfAborted();
    for await (const wireEvent of readUntilAborted(() => exchange.open(signal), signal)) {
      firstTokenAt ??= clock();
      yield* decoder.decode(wireEvent);
    }
  } catch (error) {
    interruption ??= exchange.readError(error);
  } finally {
    clearTimeout(deadline);
    stop.abort();
  }
  if (exchange.signal?.aborted) interruption = 'aborted';

  const timing: TurnTiming = {
    startedAt,
    ...(firstTokenAt === undefined ? {} : { firstTokenMs: firstTokenAt - startedAt }),
    durationMs: clock() - startedAt,
  };
  yield { type: 'assistant-turn', turn: endTurn(decoder.finish(), interruption, timing) };
}

/** The stream's events until it ends or the signal says stop: a client that ignores the signal keeps nobody waiting. */
async function* readUntilAborted<WireEvent>(
  open: () => Promise<AsyncIterable<WireEvent>>,
  signal: AbortSignal,
): AsyncGenerator<WireEvent, void, undefined> {
  // One listener for the whole stream, and one waiting promise at a time: racing each event with the signal would pile up both.
  let stopWaiting = (): void => {};
  const onAbort = (): void => stopWaiting();
  const orAborted = <Value>(value: Promise<Value>): Promise<Value> =>
    new Promise((resolve, reject) => {
      stopWaiting = () => reject(signal.reason);
      value.then(resolve, reject);
    });

  signal.addEventListener('abort', onAbort);
  try {
    const iterator = (await orAborted(open()))[Symbol.asyncIterator]();
    try {
      for (;;) {
        signal.throwIfAborted();
        const next = await orAborted(iterator.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      const left = iterator.return?.().catch(() => undefined);
      if (!signal.aborted) await left;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function endTurn(decoded: DecodedTurn, interruption: Interruption, timing: TurnTiming): AssistantTurn {
  const { stopReason, error, ...parts } = decoded;
  const vendorError = error ?? (isVendorError(interruption) ? interruption : undefined);
  if (stopReason !== undefined && vendorError === undefined) return assistantTurn({ ...parts, stopReason, timing });
  const failure = vendorError ?? describeInterruption(interruption);
  const turn = assistantTurn({ ...parts, timing, error: failure });
  return {
    ...turn,
    stopReason: failure.code === 'provider/aborted' ? 'aborted' : 'error',
    usageState: turn.usageState === 'final' ? 'partial' : turn.usageState,
  };
}

const OUR_SIDE: ReadonlySet<string> = new Set([
  'provider/aborted',
  'provider/malformed-stream',
  'provider/network',
  'provider/timeout',
]);

function isVendorError(interruption: Interruption): interruption is ProviderError {
  return interruption instanceof ProviderError && !OUR_SIDE.has(interruption.code);
}

function describeInterruption(interruption: Interruption): ProviderError {
  switch (interruption) {
    case undefined:
      return new ProviderError(
        'provider/stream-cut',
        'The response ended before its last event; what arrived is kept.',
      );
    case 'aborted':
      return new ProviderError('provider/aborted', 'The call was aborted; what had arrived is kept.');
    case 'timed-out':
      return new ProviderError(
        'provider/timeout',
        'The call took longer than its timeoutMs; what had arrived is kept.',
      );
    default:
      return interruption;
  }
}
