import { ProviderError } from '../../errors.ts';
import { CACHE_LIFETIMES, type CacheLifetime } from '../../token-counts.ts';
import type { CacheRules } from '../family-rules.ts';
import { type BreakpointPlace, type CachePolicy, isCachePolicy } from '../policy.ts';

const SOLD_LIFETIMES = CACHE_LIFETIMES.filter((lifetime) => lifetime !== 'unknown');
const PLACES: readonly unknown[] = ['system', 'tools', 'last'] satisfies readonly BreakpointPlace[];

/** Throws `provider/invalid-request` for a policy that there is not, and for a lifetime that the vendor does not know. */
export function checkPolicy(policy: CachePolicy, rules: CacheRules): void {
  if (!isCachePolicy(policy)) {
    refuse(`cache is ${JSON.stringify(policy)}; expected a policy's name or { breakpoints, ttl }.`);
  }
  if (typeof policy === 'string') return;
  checkLifetime('cache.ttl', policy.ttl, rules);
  for (const [index, breakpoint] of policy.breakpoints.entries()) {
    const name = `cache.breakpoints[${index}]`;
    const { at, ttl } = typeof breakpoint === 'object' && breakpoint !== null ? breakpoint : { at: breakpoint };
    if (typeof at !== 'number' && !PLACES.includes(at)) {
      refuse(`${name} is ${JSON.stringify(breakpoint)}; expected a number, 'system', 'tools', 'last' or { at, ttl }.`);
    }
    checkLifetime(`${name}.ttl`, ttl, rules);
  }
}

/** Throws `provider/invalid-request` for a lifetime that the vendor does not know. Where nothing can be marked, any that is sold is known. */
export function checkLifetime(name: string, ttl: CacheLifetime | undefined, { dialect, lifetimes }: CacheRules): void {
  const known = dialect === 'none' ? SOLD_LIFETIMES : lifetimes;
  if (ttl === undefined || known.includes(ttl)) return;
  refuse(`${name} is ${ttl}; expected ${known.join(' or ')}.`);
}

function refuse(message: string): never {
  throw new ProviderError('provider/invalid-request', message);
}
