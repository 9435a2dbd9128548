import type { StopReason } from '../../assistant-turn.ts';
import { ProviderError } from '../../errors.ts';

/**
 * Why a response ended, from the vendor's word and from what it holds. Some vendors say `stop` beside tool calls, and some use words of
 * their own (`eos`, the empty one): what is not named here is an ordinary end.
 */
export function readFinishReason(
  reason: string,
  { hasCalls, hasRefusal }: { readonly hasCalls: boolean; readonly hasRefusal: boolean },
): Exclude<StopReason, 'aborted' | 'error'> {
  switch (reason.toLowerCase()) {
    case 'length':
    case 'max_tokens':
      return 'max-tokens';
    // Mistral's word for the end of the context window.
    case 'model_length':
      return 'context-window';
    case 'content_filter':
      return 'content-filter';
    case 'refusal':
      return 'refusal';
    default:
      if (hasCalls) return 'tool-use';
      return hasRefusal ? 'refusal' : 'end-turn';
  }
}

/** The failure that a vendor reports as a finish reason, if this is one. */
export function finishError(reason: string | undefined): ProviderError | undefined {
  switch (reason) {
    case 'error':
      return new ProviderError('provider/server', 'The vendor ended the response with an error.');
    // DeepSeek's word for a response it broke off under load.
    case 'insufficient_system_resource':
      return new ProviderError('provider/overloaded', 'The vendor broke the response off for lack of resources.');
    // vLLM's and SGLang's word for a response that was stopped from outside.
    case 'abort':
      return new ProviderError('provider/stream-cut', 'The vendor broke the response off; what arrived is kept.');
    default:
      return undefined;
  }
}
