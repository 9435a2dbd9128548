import { checkRequest } from '../check-request.ts';
import type { ModelRequest } from '../request.ts';

/** Throws `provider/invalid-request` for a request that the vendor is sure to refuse. */
export function checkAnthropicRequest(request: ModelRequest): void {
  checkRequest(request, ['messages', 'stream', 'system']);
}
