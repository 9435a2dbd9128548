import type { NormalizeRequest } from './request-key.ts';

/**
 * `auto` answers from the file, and records what is not in it · `record` asks anew and replaces · `replay` answers from the
 * file only, and opens no socket to a recorded host · `off` leaves everything alone.
 */
export type CassetteMode = 'auto' | 'record' | 'replay' | 'off';

export interface CassetteOptions {
  /** Default: `cassette.jsonl` beside the nearest `package.json`, from the working folder upwards. */
  readonly path?: string;
  /** Default `auto`. */
  readonly mode?: CassetteMode;
  /** Hosts to record, as `host` or `host:port`, their subdomains included. Replaces `DEFAULT_DOMAINS`. */
  readonly domains?: readonly string[];
  /** Applied in turn before a request is named, each to what the one before made of it. */
  readonly normalize?: readonly NormalizeRequest[];
  readonly onEvent?: (event: CassetteEvent) => void;
  /** Also record answers whose status is not 2xx. Default `false`. */
  readonly recordErrors?: boolean;
  /** 0 replays at once, 1 as fast as it was recorded, 2 twice as fast. Chunks stay apart at any speed. Default 0. */
  readonly speed?: number;
  /** While true, a recorded answer is refused: it would be taken for a measurement of the vendor's cache. */
  readonly isMeasuringCache?: () => boolean;
  /** What sends the requests. Default: the global `fetch` when the cassette is created. */
  readonly fetch?: typeof fetch;
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
}

/** What a cassette did with a request. Addresses are without secrets. */
export type CassetteEvent =
  | {
      readonly type: 'hit';
      readonly key: string;
      readonly url: string;
      /** Whether the record has the request it answers, and it is this one. A line of cachy's has none. */
      readonly isVerified: boolean;
    }
  | { readonly type: 'miss'; readonly key: string; readonly url: string }
  | { readonly type: 'recorded'; readonly key: string; readonly url: string }
  | { readonly type: 'passed'; readonly url: string }
  | {
      readonly type: 'skipped';
      readonly key: string;
      readonly url: string;
      readonly reason: 'aborted' | 'already-recorded' | 'failed' | 'status' | 'not-written';
      readonly error?: unknown;
    }
  /** The file's last line was cut, as by a crash, and is ignored. */
  | { readonly type: 'skipped'; readonly reason: 'cut-line'; readonly path: string; readonly line: number };

export interface Cassette {
  /** For the `fetch` option of an SDK client. */
  readonly fetch: typeof fetch;
  /** Rewrites the file with the newest line of each key, sorted. */
  compact(): Promise<void>;
  /**
   * Waits until all that arrived is written. An answer still arriving five seconds later is not recorded. Rejects if a write
   * failed. What is fetched after it is not recorded.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
