import type { LoggedRequest } from './exchange.ts';

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
