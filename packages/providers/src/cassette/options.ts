import type { PruneStep } from './exchange/prune-steps.ts';
import type { NormalizeRequest } from './key/request-key.ts';

/**
 * `auto` answers from the file, and records what is not in it · `record` asks anew and replaces · `replay` answers from the
 * file only, and opens no socket to a recorded host · `off` leaves everything alone. In every mode, `replay` too, what goes to a host
 * that `domains` does not name is sent as if there were no cassette, and told as `passed`.
 */
export type CassetteMode = 'auto' | 'record' | 'replay' | 'off';

export interface CassetteOptions {
  /** Default: `cassette.jsonl` beside the nearest `package.json`, from the working folder upwards. */
  readonly path?: string;
  /** Default `auto`. */
  readonly mode?: CassetteMode;
  /**
   * Hosts to record, as `host` or `host:port`, their subdomains included; `*` stands for a part of a name between dots. Replaces
   * `DEFAULT_DOMAINS`: name a gateway or a server of your own beside them. Others pass untouched. What is no host is refused with a
   * `RangeError`, and so is an empty list.
   */
  readonly domains?: readonly string[];
  /** Applied in turn before a request is named, each to what the one before made of it. Default: none. */
  readonly normalize?: readonly NormalizeRequest[];
  /**
   * Applied in turn to each JSON value of an answer before it is stored: to the whole body, to each line of JSON Lines, to the
   * `data` line of each event. The caller still gets the answer whole. A step that would change what a vendor counted is refused
   * with `cassette/count-pruned`: by `createCassette` where the path of a `drop` says so, else the answer is not stored and
   * `close` rejects. Default: none.
   */
  readonly prune?: readonly PruneStep[];
  /**
   * Hears what becomes of each request, in this order: `passed` alone for a host that is not recorded; else `hit` alone, or `miss`
   * and, where the request is then sent, exactly one of `recorded` and `skipped`. Mode `record` has no `miss`. A `hit` may come
   * before the `recorded` of its record, which waits for the file. What a listener throws is kept for `close` to reject with.
   */
  readonly onEvent?: (event: CassetteEvent) => void;
  /**
   * Also record answers whose status is not 2xx. What is asked again after one, as a retry is, is recorded behind it, and replayed in
   * that order: in mode `auto` an error answers as often as it was recorded, and what comes then is sent; in mode `replay` the last
   * answer stays. Default `false`.
   */
  readonly recordErrors?: boolean;
  /** 0 replays at once, 1 as fast as it was recorded, 2 twice as fast. Chunks stay apart at any speed. Default 0. */
  readonly speed?: number;
  /**
   * Whether the vendor's own cache is being measured, now or for as long as the function says so. A recorded answer would pass for
   * such a measurement, so it is refused with `cassette/measuring`; what is not recorded is still asked and recorded. `true` in mode
   * `replay` is refused at once. Default `false`.
   */
  readonly measureCache?: boolean | (() => boolean);
  /** What sends the requests. Default: the global `fetch` when the cassette is created, or that was there before `enable`. */
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
  /** The line is in the file. */
  | { readonly type: 'recorded'; readonly key: string; readonly url: string }
  | { readonly type: 'passed'; readonly url: string }
  | {
      readonly type: 'skipped';
      readonly key: string;
      readonly url: string;
      readonly reason: SkipReason;
      readonly error?: unknown;
    }
  /** The file's last line was cut, as by a crash, and is ignored. Told when the cassette is created. */
  | { readonly type: 'skipped'; readonly reason: 'cut-line'; readonly path: string; readonly line: number };

/**
 * Why an answer is not in the file. `aborted`: the caller, its signal or `close` ended it · `already-recorded`: the same request
 * was under way twice · `failed`: no answer came, or not all of it · `status`: not 2xx · `not-written`: `error` says why, and
 * `close` rejects with it.
 */
export type SkipReason = 'aborted' | 'already-recorded' | 'failed' | 'status' | 'not-written';

export interface Cassette {
  /**
   * For the `fetch` option of an SDK client. Rejects as `fetch` does, and with a `CassetteError`: in mode `replay` with
   * `cassette/miss` for a request that has no record; with `cassette/measuring` where `measureCache` forbids an answer.
   */
  readonly fetch: typeof fetch;
  /**
   * Puts this cassette in the place of the global `fetch`, and returns it. A second time it changes nothing. Of several, the last
   * one enabled is asked first, and sends what it has no answer to through the one before, unless it was given a `fetch` of its
   * own. Clients that took the global `fetch` before are not affected. Throws `cassette/closed` after `close`.
   */
  enable(): this;
  /** Undoes `enable`, in whatever order several were enabled. Clients that took its `fetch` meanwhile get the original then. */
  disable(): void;
  /** Rewrites the file with the newest line of each key, sorted by answer. Rejects with `cassette/malformed` and `cassette/busy`. */
  compact(): Promise<void>;
  /**
   * Disables it, and waits until all that arrived is written. An answer still arriving five seconds later is not recorded, nor is
   * what is fetched later. Rejects with the first thing that went wrong since the last call: a write, a step of `prune`, a listener.
   */
  close(): Promise<void>;
  /** `disable`, for `using`. */
  [Symbol.dispose](): void;
  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
