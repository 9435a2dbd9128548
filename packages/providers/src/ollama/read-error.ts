import { ProviderError } from '../errors.ts';
import { asObject } from '../json.ts';
import { readSdkError } from '../transport/http-error.ts';

const CONTEXT_WINDOW = /context (window|length|size)|exceeds? the .*context/i;

/**
 * What an Ollama client threw. `where` settles what a plain `Error` is: `in-stream` it holds the server's own words, before that it is
 * the network's. `now` is in epoch milliseconds.
 */
export function readOllamaError(error: unknown, where: 'before-stream' | 'in-stream', now: number): ProviderError {
  const { status_code: status, name, message, code, error: body } = asObject(error) ?? {};
  // Servers of the same wire may send an object, which the client turns into "[object Object]".
  const words = asObject(body)?.['message'] ?? message;
  if (typeof status === 'number') return readSdkError({ status, message: words, cause: error }, nameCode, now);
  const isPlain = error instanceof Error && name === 'Error' && code === undefined && error.cause === undefined;
  if (where === 'before-stream' || !isPlain) return readSdkError(error, () => undefined, now);
  if (/did not receive done/i.test(error.message)) {
    return new ProviderError(
      'provider/stream-cut',
      'The response ended before its last record; what arrived is kept.',
      {
        cause: error,
      },
    );
  }
  return readSdkError(error, ({ message: words }) => nameCode({ message: words }) ?? 'provider/server', now);
}

function nameCode({ message }: { readonly message: string }): 'provider/context-window' | undefined {
  return CONTEXT_WINDOW.test(message) ? 'provider/context-window' : undefined;
}
