import { checkRequest } from '../../check-request.ts';
import { ProviderError } from '../../errors.ts';
import type { ModelRequest } from '../../request.ts';

/**
 * Throws `provider/invalid-request` for a request that the vendor is sure to refuse, and `provider/unsupported` for what the format has
 * no place for.
 */
export function checkResponsesRequest(request: ModelRequest): void {
  checkRequest(request, ['input', 'stream']);
  const { stopSequences = [], prefill = '' } = request;
  if (stopSequences.length > 0) refusePlaceless('stopSequences', stopSequences);
  if (prefill !== '') refusePlaceless('prefill', prefill);
}

function refusePlaceless(field: string, value: unknown): never {
  throw new ProviderError(
    'provider/unsupported',
    `${field} is ${JSON.stringify(value)}, and the Responses format has no place for it: leave it out.`,
  );
}
