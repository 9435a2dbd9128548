/**
 * Record and replay as a `fetch`.
 *
 * Owns: when a request is answered from the file, and when an answer is kept.
 * Leaves to others: which requests are the same (`request-key.ts`), what is kept of them (`redact.ts`, `record-response.ts`).
 *
 * C1. In replay mode nothing is sent to a recorded host.
 * C2. Only a whole answer is recorded, and only one whose status is 2xx unless errors are asked for.
 * C3. The caller's answer never waits for the file.
 */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkFile, checkOptions } from './check-options.ts';
import { defaultPath } from './default-path.ts';
import { DEFAULT_DOMAINS, isOnDomain } from './domains.ts';
import { measuringError, missError } from './miss-error.ts';
import type { Cassette, CassetteEvent, CassetteMode, CassetteOptions } from './options.ts';
import { RecordFile } from './record-file.ts';
import { type Recording, type RecordingEnd, recordResponse, toRecord } from './record-response.ts';
import { publicUrl } from './redact.ts';
import { replayResponse } from './replay-response.ts';
import { type KeyedRequest, keyRequest, readRequest } from './request-key.ts';

/**
 * A `fetch` that answers from a file what was asked before.
 *
 * Throws a `CassetteError` if the file cannot be read: `cassette/no-folder`, `cassette/malformed`, and in replay mode
 * `cassette/no-file`. In replay mode a request without a record rejects with `cassette/miss`.
 */
export function createCassette(options: CassetteOptions = {}): Cassette {
  return new FileCassette(options);
}

const CLOSE_TIMEOUT_MS = 5_000;

class FileCassette implements Cassette {
  readonly fetch: typeof fetch = (input, init) => this.#fetch(input, init);
  readonly #options: CassetteOptions;
  readonly #mode: CassetteMode;
  readonly #send: typeof fetch;
  /** Absent in mode `off`. */
  readonly #file: RecordFile | undefined;
  readonly #recordings = new Set<Recording>();
  readonly #writes = new Set<Promise<void>>();
  readonly #writeErrors: unknown[] = [];
  #isClosed = false;

  constructor(options: CassetteOptions) {
    this.#options = options;
    this.#mode = options.mode ?? 'auto';
    // Of now: this cassette may take the place of the global one.
    this.#send = options.fetch ?? globalThis.fetch;
    checkOptions(options);
    if (this.#mode === 'off') return;
    const path = resolve(options.path ?? defaultPath(process.cwd()));
    checkFile(path, this.#mode);
    this.#file = new RecordFile(path);
    const { cutLine } = this.#file;
    if (cutLine !== undefined) this.#tell({ type: 'skipped', reason: 'cut-line', path, line: cutLine });
  }

  async compact(): Promise<void> {
    await Promise.allSettled(this.#writes);
    if (this.#file !== undefined && existsSync(this.#file.path)) await this.#file.compact();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await settleWithin(
      [...this.#recordings].map(({ arrived }) => arrived),
      CLOSE_TIMEOUT_MS,
    );
    for (const recording of this.#recordings) recording.end();
    await Promise.allSettled(this.#writes);
    const [error] = this.#writeErrors.splice(0);
    if (error !== undefined) throw error;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #fetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const url = new URL(input instanceof Request ? input.url : input);
    if (this.#file === undefined || !isOnDomain(url, this.#options.domains ?? DEFAULT_DOMAINS)) {
      this.#tell({ type: 'passed', url: publicUrl(url, []) });
      return this.#send(input, init);
    }
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const sent = await readRequest(new Request(input, init));
    signal?.throwIfAborted();
    const request = keyRequest(sent, this.#options.normalize ?? []);
    const replayed = this.#mode === 'record' ? undefined : this.#replay(request, this.#file, signal);
    if (replayed !== undefined) return replayed;

    const { clock = Date.now } = this.#options;
    const sentAt = clock();
    const body = sent.body.length === 0 ? null : sent.body;
    const response = await this.#send(sent.url.href, {
      ...init,
      method: sent.method,
      headers: sent.headers,
      body,
      ...(signal ? { signal } : {}),
    });
    return this.#record(request, response, { file: this.#file, signal, elapsedMs: () => clock() - sentAt });
  }

  #replay(request: KeyedRequest, file: RecordFile, signal: AbortSignal | undefined): Response | undefined {
    const { key, summary } = request;
    const record = file.find(request);
    if (record === undefined) {
      this.#tell({ type: 'miss', key, url: summary.url });
      if (this.#mode === 'replay') throw missError(request, file);
      return undefined;
    }
    if (this.#options.isMeasuringCache?.()) throw measuringError(summary.url);
    this.#tell({ type: 'hit', key: record.key, url: summary.url, isVerified: record.request !== undefined });
    return replayResponse(record, { speed: this.#options.speed ?? 0, signal });
  }

  #record(
    request: KeyedRequest,
    response: Response,
    { file, ...exchange }: { file: RecordFile; signal: AbortSignal | undefined; elapsedMs: () => number },
  ): Response {
    const { key, summary } = request;
    const skip = (reason: 'aborted' | 'already-recorded' | 'failed' | 'status', error?: unknown): void =>
      this.#tell({ type: 'skipped', key, url: summary.url, reason, ...(error === undefined ? {} : { error }) });
    if (this.#isClosed || (!response.ok && !this.#options.recordErrors)) {
      skip(this.#isClosed ? 'aborted' : 'status');
      return response;
    }
    const onEnd = (end: RecordingEnd): void => {
      if (recording !== undefined) this.#recordings.delete(recording);
      if (end.type === 'left') skip('aborted');
      else if (end.type === 'failed') skip(exchange.signal?.aborted ? 'aborted' : 'failed', end.error);
      // The same request may have been under way twice. The first answer stays, as it may have been replayed already.
      else if (this.#mode === 'auto' && file.find(request) !== undefined) skip('already-recorded');
      else this.#keep(file, request, toRecord(request, response, { body: end.body, recordedAt: this.#now() }));
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
  #keep(file: RecordFile, { key, summary }: KeyedRequest, record: Parameters<RecordFile['add']>[0]): void {
    const { url } = summary;
    const write = file
      .add(record)
      .then(() => this.#tell({ type: 'recorded', key, url }))
      .catch((error: unknown) => {
        this.#writeErrors.push(error);
        this.#tell({ type: 'skipped', key, url, reason: 'not-written', error });
      })
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  #now(): string {
    return new Date((this.#options.clock ?? Date.now)()).toISOString();
  }

  #tell(event: CassetteEvent): void {
    this.#options.onEvent?.(event);
  }
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
