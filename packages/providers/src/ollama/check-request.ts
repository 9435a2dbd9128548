import { checkRequest } from '../check-request.ts';
import { ProviderError } from '../errors.ts';
import type { ModelRequest } from '../request.ts';

/**
 * Throws `provider/invalid-request` for a request that the server is sure to refuse, and `provider/unsupported` for what
 * the format has no place for.
 */
export function checkOllamaRequest(request: ModelRequest): void {
  checkRequest(request, ['messages', 'stream']);
  const { toolChoice } = request;
  // Leaving the tools out would honour `none`, but it would also change the prefix that the server keeps.
  if (toolChoice === undefined || toolChoice === 'auto') return;
  throw new ProviderError(
    'provider/unsupported',
    `toolChoice is ${JSON.stringify(toolChoice)}, and Ollama has no tool choice: leave it out or use "auto".`,
  );
}
