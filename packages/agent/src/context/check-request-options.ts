import { isCachePolicy, NAMED_POLICIES, requestFault } from '@reprise/providers';
import { describe } from '../content-blocks.ts';
import { AgentError } from '../errors.ts';
import type { RequestOptions } from './build-request.ts';

/**
 * Throws `agent/invalid-option` for what no model can be asked. What one model takes and another does not is the model's to say, once it is
 * asked.
 */
export function checkRequestOptions({ cache, ...options }: RequestOptions): void {
  const fault = requestFault(options) ?? policyFault(cache);
  if (fault !== undefined) throw new AgentError('agent/invalid-option', fault);
}

function policyFault(cache: unknown): string | undefined {
  if (cache === undefined || isCachePolicy(cache)) return undefined;
  const names = NAMED_POLICIES.map((name) => `'${name}'`).join(', ');
  return `cache is ${typeof cache === 'string' ? `'${cache}'` : describe(cache)}; ${names} or { breakpoints, ttl } is expected.`;
}
