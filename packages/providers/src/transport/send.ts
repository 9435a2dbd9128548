/**
 * One exchange with a vendor, from opening its stream to the turn that ends ours.
 *
 * Owns: that every stream ends in exactly one `assistant-turn`, and why it ended.
 * Leaves to the adapters: opening the SDK's stream, decoding its events, naming its errors. To `retry.ts`: how long to wait.
 *
 * D1. Complete means the wire's terminal event was seen. An SDK stream that merely stops has been cut, or was aborted.
 *     After that event a cut or an abort undoes nothing; an error in the vendor's own words still does.
 * D2. After the first event is asked for, nothing is thrown: failures end the stream with a turn that says so.
 * D3. A consumer that leaves early aborts the exchange; no socket, no timer and no listener outlives the iterator.
 * D4. An abort and the time limit end every wait at once, even for a client that ignores its signal.
 * D5. The request is sent again only after a retryable failure before the response's first event: the decoder is fresh then, and
 *     nothing was passed on. After that event nothing is tried again; the turn ends with the error.
 * D6. The time limit covers the whole call, the waits between attempts included. A response that has begun may not stay silent for
 *     longer than `stallTimeoutMs`.
 */

import {
  type AssistantTurn,
  type AssistantTurnParts,
  assistantTurn,
  type StopReason,
  type TurnTiming,
} from '../assistant-turn.ts';
import { ProviderError, type ProviderErrorCode } from '../errors.ts';
import type { ModelStream, StreamOptions } from '../model.ts';
import type { StreamEvent, WarningEvent } from '../stream-event.ts';
import { createModelStream } from './model-stream.ts';
import { createStreamReader, type StreamReader } from './read-stream.ts';
import { planRetry, type Sleep, sleepUntilAborted } from './retry.ts';
import { stopWarnings } from './stop-warnings.ts';
import { type CallLimits, checkLimits, startLimits } from './time-limits.ts';
import { withoutSecrets } from './withhold.ts';

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
  /** What turned out to be odd when the whole response was seen. */
  readonly warnings?: readonly WarningEvent[];
}

export interface Exchange<WireEvent> extends ExchangeOptions {
  /** Sends the request. `signal` aborts it, its stream included. The response's events come in batches, as the network delivers them. */
  open(signal: AbortSignal): Promise<AsyncIterable<Iterable<WireEvent>>>;
  readonly decoder: StreamDecoder<WireEvent>;
  readError(error: unknown): ProviderError;
  /** What was adapted while encoding. */
  readonly warnings: readonly WarningEvent[];
  /** The credentials of the client as it is now. No error holds one. */
  secrets?(): readonly string[];
}

export interface ExchangeOptions extends StreamOptions {
  /** Default: a timer. */
  readonly sleep?: Sleep;
}

/** The request sent once. */
interface Attempt {
  readonly startedAt: number;
  readonly firstTokenAt: number | undefined;
  /** Why the wire's events stopped coming, if not because it had no more. */
  readonly failure: ProviderError | undefined;
  /** Whether the call was stopped before the request was sent again, and not while it was under way. */
  readonly wasToBeRepeated?: boolean;
}

/** Runs an exchange. The stream's last event is the turn, always (D1, D2). Throws at once for limits that no call can keep. */
export function sendExchange<WireEvent>(
  exchange: Exchange<WireEvent>,
): ModelStream & AsyncIterableIterator<StreamEvent> {
  checkLimits(exchange);
  const { clock = Date.now } = exchange;
  return createModelStream({
    run: (onTurn) => runExchange(exchange, onTurn),
    unreadTurn: () => endTurn(finish(exchange), leftError(), { startedAt: clock(), durationMs: 0 }),
  });
}

/** One generator all the way down: each further one would cost every delta a few turns of the event loop's queue. */
async function* runExchange<WireEvent>(
  exchange: Exchange<WireEvent>,
  onTurn: (turn: AssistantTurn) => void,
): AsyncGenerator<StreamEvent, void, undefined> {
  const { decoder, clock = Date.now, random, retry, sleep = sleepUntilAborted } = exchange;
  const limits = startLimits(exchange);
  let attempt: Attempt | undefined;
  let isLeft = true;
  try {
    yield* exchange.warnings;
    let callStartedAt: number | undefined;
    for (let number = 1; ; number += 1) {
      const sending = startAttempt(exchange, limits);
      try {
        for (let batch = await sending.reader.next(); batch; batch = await sending.reader.next()) {
          for (const wireEvent of batch) {
            sending.hasAnswered();
            for (const event of decoder.decode(wireEvent)) yield event;
            sending.signal.throwIfAborted();
          }
        }
      } catch (error) {
        sending.fail(error);
      } finally {
        await sending.close();
        attempt = sending.result();
      }
      callStartedAt ??= attempt.startedAt;
      if (attempt.firstTokenAt !== undefined || limits.signal.aborted) break;
      const error = attempt.failure ?? cutError();
      const failed = { error, attempt: number, elapsedMs: clock() - callStartedAt, timeoutMs: limits.timeoutMs };
      const delayMs = planRetry(failed, retry, random);
      if (delayMs === undefined) break;
      yield { type: 'retry', attempt: number, error, delayMs };
      await sleep(delayMs, limits.signal);
      if (!limits.signal.aborted) continue;
      attempt = { ...attempt, wasToBeRepeated: true };
      break;
    }
    isLeft = false;
  } finally {
    limits.close();
    if (isLeft) onTurn(endTurn(finish(exchange), leftError(), timingOf(attempt ?? { startedAt: clock() }, clock())));
  }
  const failure = exchange.signal?.aborted ? abortError(attempt) : attempt.failure;
  const decoded = finish(exchange);
  const turn = endTurn(decoded, failure, timingOf(attempt, clock()));
  onTurn(turn);
  yield* decoded.warnings ?? [];
  yield* stopWarnings(turn.stopReason);
  yield { type: 'assistant-turn', turn };
}

function finish<WireEvent>({ decoder, secrets }: Exchange<WireEvent>): DecodedTurn {
  const decoded = decoder.finish();
  return decoded.error && secrets ? { ...decoded, error: withoutSecrets(decoded.error, secrets()) } : decoded;
}

function timingOf(
  { startedAt, firstTokenAt }: Pick<Attempt, 'startedAt'> & Partial<Pick<Attempt, 'firstTokenAt'>>,
  endedAt: number,
): TurnTiming {
  return {
    startedAt,
    ...(firstTokenAt === undefined ? {} : { firstTokenMs: firstTokenAt - startedAt }),
    durationMs: endedAt - startedAt,
  };
}

/** The request under way. */
interface AttemptUnderWay<WireEvent> {
  readonly signal: AbortSignal;
  readonly reader: StreamReader<Iterable<WireEvent>>;
  hasAnswered(): void;
  fail(error: unknown): void;
  close(): Promise<void>;
  result(): Attempt;
}

function startAttempt<WireEvent>(
  { open, readError, secrets, clock = Date.now }: Exchange<WireEvent>,
  limits: CallLimits,
): AttemptUnderWay<WireEvent> {
  // Linked by hand: `AbortSignal.any` keeps books that cost more than all else that is begun here.
  const stop = new AbortController();
  const { signal } = stop;
  const onLimit = (): void => stop.abort(limits.signal.reason);
  if (limits.signal.aborted) onLimit();
  else limits.signal.addEventListener('abort', onLimit);
  const startedAt = clock();
  let firstTokenAt: number | undefined;
  let failure: ProviderError | undefined;
  const onStall = (): void => {
    failure = new ProviderError(
      'provider/stalled',
      'The response fell silent for longer than its stallTimeoutMs; what had arrived is kept.',
    );
    stop.abort(failure);
  };
  const reader = createStreamReader(() => open(signal), { signal, stallTimeoutMs: limits.stallTimeoutMs, onStall });
  return {
    signal,
    reader,
    hasAnswered() {
      firstTokenAt ??= clock();
    },
    fail(error) {
      failure ??= withoutSecrets(readError(error), secrets?.() ?? []);
    },
    async close() {
      limits.signal.removeEventListener('abort', onLimit);
      await reader.close();
      // A response that was read to its end needs no stopping, and an abort costs an error that nobody sees.
      if (!reader.hasEnded) stop.abort(CLOSED);
    },
    result: () => ({ startedAt, firstTokenAt, failure: limits.timeout ?? failure }),
  };
}

/** `failure` is absent where the wire had no more; whether that is the whole response is for the decoder to say. */
function endTurn(decoded: DecodedTurn, failure: ProviderError | undefined, timing: TurnTiming): AssistantTurn {
  const { stopReason, error, warnings: _told, ...parts } = decoded;
  const vendorError = error ?? (failure && !OUR_SIDE.has(failure.code) ? failure : undefined);
  if (stopReason !== undefined && vendorError === undefined) return assistantTurn({ ...parts, stopReason, timing });
  const turnError = vendorError ?? failure ?? cutError();
  const turn = assistantTurn({ ...parts, timing, error: turnError });
  return {
    ...turn,
    stopReason: turnError.code === 'provider/aborted' ? 'aborted' : 'error',
    usageState: turn.usageState === 'final' ? 'partial' : turn.usageState,
  };
}

const OUR_SIDE: ReadonlySet<ProviderErrorCode> = new Set<ProviderErrorCode>([
  'provider/aborted',
  'provider/malformed-stream',
  'provider/network',
  'provider/stalled',
  'provider/stream-cut',
  'provider/timeout',
]);

const CLOSED = 'The response was closed.';

function cutError(): ProviderError {
  return new ProviderError('provider/stream-cut', 'The response ended before its last event; what arrived is kept.');
}

function leftError(): ProviderError {
  return new ProviderError('provider/aborted', 'The stream was left before its end; what had arrived is kept.');
}

/** Whoever keeps the books has to know that a call aborted between two attempts had no request under way: its cause says so. */
function abortError({ failure, wasToBeRepeated }: Attempt): ProviderError {
  return wasToBeRepeated
    ? new ProviderError('provider/aborted', 'The call was aborted before it was tried again.', { cause: failure })
    : new ProviderError('provider/aborted', 'The call was aborted; what had arrived is kept.');
}
