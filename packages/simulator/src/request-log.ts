import type { CacheVerdict, Family, UnreadReason } from '@reprise/providers';
import type { CacheMarks } from './dialect.ts';

/** One request as the server saw it and what became of it. */
export interface LoggedRequest {
  /** Its number in the order of arrival, which the script was given too; requests under way together may be logged in another order. */
  readonly index: number;
  /** Epoch milliseconds at which it arrived. */
  readonly at: number;
  readonly family: Family;
  /** Empty if the request named none. */
  readonly model: string;
  /** The parsed body; `undefined` if it was not JSON. */
  readonly body: unknown;
  readonly bodyText: string;
  /** The hash of the prefix that each block ends, settings that matter to the cache among it. Empty, like `marks`, for a request that was not answered. */
  readonly prefixHashes: readonly string[];
  readonly marks: CacheMarks;
  /** What the cache made of the prompt, in tokens, without what searches found; zero for a request that was not answered. */
  readonly verdict: Pick<CacheVerdict, 'fresh' | 'read' | 'written'>;
  /** Why no more was read, the weightiest first. */
  readonly unread: readonly UnreadReason[];
  readonly status: number;
  /** The vendor's usage object; `null` for a request that was not answered. */
  readonly usage: unknown;
}

/** The newest requests of a server that runs for long. */
export interface RequestLog {
  readonly requests: readonly LoggedRequest[];
  add(request: LoggedRequest): void;
  clear(): void;
}

/** Keeps requests until their bodies are larger than `maxBytes` together, and then drops the oldest; the newest is always kept. */
export function createRequestLog(maxBytes: number): RequestLog {
  const requests: LoggedRequest[] = [];
  let bytes = 0;
  return {
    requests,
    add(request) {
      requests.push(request);
      bytes += request.bodyText.length;
      while (bytes > maxBytes && requests.length > 1) bytes -= requests.shift()?.bodyText.length ?? 0;
    },
    clear() {
      requests.length = 0;
      bytes = 0;
    },
  };
}
