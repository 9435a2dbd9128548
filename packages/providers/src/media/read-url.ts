import { refuseRequest } from '../check-request.ts';
import { ProviderError } from '../errors.ts';
import { asObject } from '../json.ts';
import { statusErrorCode } from '../transport/http-error.ts';
import { type CallLimits, startLimits } from '../transport/time-limits.ts';
import { type ReadLimits, type ReadMedia, tooLarge } from './read-media.ts';

/** Fetches an address. Redirects are followed, and `fetch` follows none that leaves HTTP. */
export async function readUrl(
  address: string | URL,
  { maxBytes, timeoutMs, signal, fetch }: ReadLimits,
): Promise<ReadMedia> {
  const url = parseUrl(address);
  const label = `${url.origin}${url.pathname}`;
  const limits = startLimits({ timeoutMs, ...(signal ? { signal } : {}) });
  try {
    // Raced, for a `fetch` that does not heed its signal.
    return await Promise.race([
      download(fetch, url, { label, maxBytes, signal: limits.signal }),
      whenStopped(limits.signal),
    ]);
  } catch (error) {
    throw readError(error, label, limits);
  } finally {
    limits.close();
  }
}

function parseUrl(address: string | URL): URL {
  const url = URL.parse(String(address));
  if (!url)
    return refuseRequest(`The url given, ${String(address).length} characters long, is not an absolute address.`);
  if (url.protocol === 'file:') refuseRequest('The url given is a file: address; a file is given as { path }.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    refuseRequest(`The url given is a ${url.protocol} address; http:, https: or data: is expected.`);
  }
  if (url.username !== '' || url.password !== '') {
    refuseRequest(`The url of ${url.host} holds credentials; fetch the file yourself and give its bytes.`);
  }
  return url;
}

interface Download {
  readonly label: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

async function download(
  fetch: ReadLimits['fetch'],
  url: URL,
  { label, maxBytes, signal }: Download,
): Promise<ReadMedia> {
  const response = await fetch(url, { signal });
  const { status, headers } = response;
  const declared = Number(headers.get('content-length'));
  if (!response.ok || declared > maxBytes) {
    await response.body?.cancel();
    throw response.ok
      ? tooLarge(label, declared, maxBytes)
      : new ProviderError(statusErrorCode(status), `${label} answered with HTTP status ${status}.`, { status });
  }
  const bytes = await readBody(response, label, maxBytes);
  return { bytes, name: fileName(url), claimedType: headers.get('content-type') ?? undefined, label };
}

/** Piece by piece, since only then an endless body is left in time. */
async function readBody({ body }: Response, label: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body ?? []) {
    length += piece.length;
    if (length > maxBytes) throw tooLarge(label, length, maxBytes);
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function fileName({ pathname }: URL): string | undefined {
  const segment = pathname.split('/').at(-1) ?? '';
  if (segment === '') return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function whenStopped(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return promise;
}

/** The words of `fetch` are not repeated: they may quote the address. */
function readError(error: unknown, label: string, { timeout, timeoutMs, signal }: CallLimits): ProviderError {
  if (timeout) return new ProviderError('provider/timeout', `${label} did not deliver within ${timeoutMs} ms.`);
  if (signal.aborted) return new ProviderError('provider/aborted', `Reading ${label} was aborted.`, { cause: error });
  if (error instanceof ProviderError) return error;
  const { code } = asObject(asObject(error)?.['cause']) ?? {};
  const why = typeof code === 'string' ? ` (${code})` : '';
  return new ProviderError('provider/network', `${label} could not be read: the network failed${why}.`, {
    cause: error,
  });
}
