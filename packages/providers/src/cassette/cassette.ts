/**
 * Record and replay as a `fetch`.
 *
 * Owns: when a request is answered from the file, and when an answer is kept.
 * Leaves to others: which requests are the same (`key/`), what is kept of an answer (`exchange/`, `redact/`), the file (`file/`),
 * and the order of those that stand in for the global `fetch` (`global-fetch.ts`).
 *
 * C1. In replay mode nothing is sent to a recorded host.
 * C2. Only a whole answer is recorded, and only one whose status is 2xx unless errors are asked for.
 * C3. The caller's answer never waits for the file, and nothing that goes wrong with the recording reaches it: `close` tells.
 */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CassetteError, measuringError } from './cassette-error.ts';
import { checkFile, checkOptions } from './check-options.ts';
import { checkedNormalize } from './checked-normalize.ts';
import { DEFAULT_DOMAINS, isOnDomain } from './domains.ts';
import { type Recording, type RecordingEnd, recordResponse, toRecord } from './exchange/record-response.ts';
import { replayResponse } from './exchange/replay-response.ts';
import { defaultPath } from './file/default-path.ts';
import { missError } from './file/miss-error.ts';
import { type CassetteRecord, isError, type RecordedBody } from './file/record.ts';
import { RecordFile } from './file/record-file.ts';
import { replaceGlobalFetch } from './global-fetch.ts';
import { type KeyedRequest, keyRequest } from './key/request-key.ts';
import { readRequest, sameRequest } from './key/sent-request.ts';
import type { Cassette, CassetteEvent, CassetteMode, CassetteOptions, SkipReason } from './options.ts';
import { publicUrl } from './redact/mask.ts';

/**
 * A `fetch` that answers from a file what was asked before.
 *
 * Throws a `CassetteError` if the file cannot be read: `cassette/no-folder`, `cassette/malformed`, and in replay mode
 * `cassette/no-file`; for a `prune` that drops counts, `cassette/count-pruned`; and a `RangeError` for another option that cannot
 * work. What its `fetch` rejects with stands there.
 */
export function createCassette(options: CassetteOptions = {}): Cassette {
  return new FileCassette(options);
}

const CLOSE_TIMEOUT_MS = 5_000;

class FileCassette implements Cassette {
  readonly fetch: typeof fetch = (input, init) => this.#fetch(this.#send, input, init);
  readonly #options: CassetteOptions;
  readonly #mode: CassetteMode;
  readonly #send: typeof fetch;
  /** Absent in mode `off`. */
  readonly #file: RecordFile | undefined;
  readonly #recordings = new Set<Recording>();
  readonly #writes = new Set<Promise<void>>();
  /** How often each key was asked for, as an error is not the answer to asking again. */
  readonly #asked = new Map<string, number>();
  /** What nobody waited for, until `close` tells it. */
  readonly #errors: unknown[] = [];
  /** While enabled. */
  #restore: (() => void) | undefined;
  #isClosed = false;

  constructor(options: CassetteOptions) {
    checkOptions(options);
    this.#options = options;
    this.#mode = options.mode ?? 'auto';
    // Of now: this cassette may take the place of the global one.
    this.#send = options.fetch ?? globalThis.fetch;
    if (this.#mode === 'off') return;
    const path = resolve(options.path ?? defaultPath(process.cwd()));
    checkFile(path, this.#mode);
    this.#file = new RecordFile(path);
    const { cutLine } = this.#file;
    if (cutLine !== undefined) this.#tell({ type: 'skipped', reason: 'cut-line', path, line: cutLine });
  }

  enable(): this {
    if (this.#isClosed) throw new CassetteError('cassette/closed', 'A cassette cannot be enabled after it was closed.');
    this.#restore ??= replaceGlobalFetch((below) => {
      const send = this.#options.fetch ?? below;
      return (input, init) => this.#fetch(send, input, init);
    });
    return this;
  }

  disable(): void {
    this.#restore?.();
    this.#restore = undefined;
  }

  async compact(): Promise<void> {
    await Promise.allSettled(this.#writes);
    if (this.#file !== undefined && existsSync(this.#file.path)) await this.#file.compact();
  }

  async close(): Promise<void> {
    this.disable();
    this.#isClosed = true;
    await settleWithin(
      [...this.#recordings].map(({ arrived }) => arrived),
      CLOSE_TIMEOUT_MS,
    );
    for (const recording of this.#recordings) recording.end();
    await Promise.allSettled(this.#writes);
    const [failure] = this.#errors.splice(0).map((error) => ({ error }));
    if (failure !== undefined) throw failure.error;
  }

  [Symbol.dispose](): void {
    this.disable();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #fetch(send: typeof fetch, ...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const url = new URL(input instanceof Request ? input.url : input);
    if (this.#file === undefined || !isOnDomain(url, this.#options.domains ?? DEFAULT_DOMAINS)) {
      this.#tell({ type: 'passed', url: publicUrl(url, []) });
      return send(input, init);
    }
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const sent = await readRequest(new Request(input, init));
    signal?.throwIfAborted();
    const request = keyRequest(sent, (this.#options.normalize ?? []).map(checkedNormalize));
    const replayed = this.#mode === 'record' ? undefined : this.#replay(request, this.#file, signal);
    if (replayed !== undefined) return replayed;

    const earlier = this.#attempts(request, this.#file).length;
    const { clock = Date.now } = this.#options;
    const sentAt = clock();
    try {
      const response = await send(sent.url.href, sameRequest(sent, input, { ...init, ...(signal ? { signal } : {}) }));
      return this.#record(request, response, { file: this.#file, earlier, signal, elapsedMs: () => clock() - sentAt });
    } catch (error) {
      this.#skip(request, signal?.aborted ? 'aborted' : 'failed', error);
      throw error;
    }
  }

  #replay(request: KeyedRequest, file: RecordFile, signal: AbortSignal | undefined): Response | undefined {
    const { key, summary } = request;
    const { measureCache = false, speed = 0 } = this.#options;
    const record = this.#find(request, file);
    if (record === undefined) {
      this.#tell({ type: 'miss', key, url: summary.url });
      if (this.#mode === 'replay') throw missError(request, file);
      return undefined;
    }
    const isMeasuring = typeof measureCache === 'function' ? measureCache() : measureCache;
    if (isMeasuring) throw measuringError(summary.url);
    this.#tell({ type: 'hit', key: record.key, url: summary.url, isVerified: record.request !== undefined });
    return replayResponse(record, { speed, signal });
  }

  /** The record that is the answer now, if there is one. After an error that was the last, asking again is another request. */
  #find(request: KeyedRequest, file: RecordFile): CassetteRecord | undefined {
    const asked = this.#asked.get(request.key) ?? 0;
    this.#asked.set(request.key, asked + 1);
    const attempts = file.find(request);
    const last = attempts.at(-1);
    return attempts[asked] ?? (last !== undefined && isError(last) && this.#mode === 'auto' ? undefined : last);
  }

  /** The records that the next answer comes after: of mode `record`, only its own count. */
  #attempts(request: KeyedRequest, file: RecordFile): readonly CassetteRecord[] {
    const attempts = file.find(request);
    const last = attempts.at(-1);
    const goesOn = last !== undefined && isError(last) && (this.#mode === 'auto' || last.line === undefined);
    return goesOn ? attempts : [];
  }

  #record(request: KeyedRequest, response: Response, { file, earlier, ...exchange }: RecordedExchange): Response {
    if (this.#isClosed || (!response.ok && !this.#options.recordErrors)) {
      this.#skip(request, this.#isClosed ? 'aborted' : 'status');
      return response;
    }
    const onEnd = (end: RecordingEnd): void => {
      if (recording !== undefined) this.#recordings.delete(recording);
      if (end.type === 'left') this.#skip(request, 'aborted');
      else if (end.type === 'failed') this.#skip(request, exchange.signal?.aborted ? 'aborted' : 'failed', end.error);
      // The same request may have been under way twice. The first answer stays, as it may have been replayed already.
      else if (this.#mode === 'auto' && file.find(request).length > earlier) this.#skip(request, 'already-recorded');
      else this.#keep(file, request, { response, body: end.body });
    };
    let recording: Recording | undefined;
    const source = response.body?.getReader();
    if (source === undefined) {
      onEnd({ type: 'complete', body: { bytes: new Uint8Array(), chunks: [] } });
      return response;
    }
    recording = recordResponse(response, source, { ...exchange, onEnd });
    this.#recordings.add(recording);
    return recording.response;
  }

  /** Writes in the background; `close` waits for it and tells what went wrong. */
  #keep(file: RecordFile, request: KeyedRequest, { response, body }: { response: Response; body: RecordedBody }): void {
    const { key, summary } = request;
    const { prune = [], clock = Date.now } = this.#options;
    const recordedAt = new Date(clock()).toISOString();
    const attempt = this.#attempts(request, file).length + 1;
    // At once up to the index of the file, so that the next request finds it.
    const add = async (): Promise<void> => file.add(toRecord(request, response, { body, prune, recordedAt, attempt }));
    const write: Promise<void> = add()
      .then(
        () => this.#tell({ type: 'recorded', key, url: summary.url }),
        (error: unknown) => {
          this.#errors.push(error);
          this.#skip(request, 'not-written', error);
        },
      )
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  #skip({ key, summary }: KeyedRequest, reason: SkipReason, error?: unknown): void {
    this.#tell({ type: 'skipped', key, url: summary.url, reason, ...(error === undefined ? {} : { error }) });
  }

  /** A listener's failure is no answer's: it is told on `close`. */
  #tell(event: CassetteEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch (error) {
      this.#errors.push(error);
    }
  }
}

/** What is under way when an answer comes. */
interface RecordedExchange {
  readonly file: RecordFile;
  /** Attempts on record when the request was sent. */
  readonly earlier: number;
  readonly signal: AbortSignal | undefined;
  readonly elapsedMs: () => number;
}

async function settleWithin(promises: readonly Promise<void>[], timeoutMs: number): Promise<void> {
  const { promise: timedOut, resolve: giveUp } = Promise.withResolvers<void>();
  const timer = setTimeout(giveUp, timeoutMs);
  try {
    await Promise.race([Promise.all(promises), timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
