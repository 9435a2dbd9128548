import type { CacheDiagnostics } from '../../cache/diagnostics.ts';
import { asObject, type JsonObject } from '../../json.ts';
import type { ModelRequest } from '../../request.ts';
import type { WarningEvent } from '../../stream-event.ts';
import type { AnthropicHost } from '../host.ts';
import { ignored } from '../request-warnings.ts';

export interface PlannedDiagnostics {
  /** The body's field; absent where it is not asked for, or the host has none. */
  readonly diagnostics?: JsonObject;
  readonly warnings: readonly WarningEvent[];
}

const HAS_NONE: ReadonlySet<AnthropicHost> = new Set<AnthropicHost>(['bedrock', 'bedrock-mantle', 'vertex']);

/** Asks why the cache missed, compared with the history's last response that the vendor's own API gave; first-party only (2026-11). */
export function planDiagnostics({ diagnostics, messages }: ModelRequest, host: AnthropicHost): PlannedDiagnostics {
  if (!diagnostics) return { warnings: [] };
  if (HAS_NONE.has(host)) {
    const message = `diagnostics is true, but ${host} has no cache diagnostics; they were not asked for.`;
    return { warnings: [ignored('diagnostics', message)] };
  }
  const responseIds = messages.map((message) => (message.role === 'assistant' ? message.responseId : undefined));
  const previous = responseIds.findLast((id) => id?.startsWith('msg_')) ?? null;
  return { diagnostics: { previous_message_id: previous }, warnings: [] };
}

/**
 * The vendor's verdict. `null` means that nothing differed only if there was an earlier response to compare with: it also stands where
 * nothing was asked.
 */
export function readDiagnostics(wire: unknown, hasPrevious: boolean): CacheDiagnostics | undefined {
  if (wire === null) return hasPrevious ? { verdict: 'hit', wire } : undefined;
  const diagnostics = asObject(wire);
  if (!diagnostics) return undefined;
  const reason = asObject(diagnostics['cache_miss_reason']);
  const type = reason?.['type'];
  if (typeof type !== 'string') return { verdict: 'pending', wire };
  if (type === 'previous_message_not_found') return { verdict: 'not-found', wire };
  if (type === 'unavailable') return { verdict: 'unavailable', wire };
  const missed = reason?.['cache_missed_input_tokens'];
  return { verdict: 'miss', reason: type, ...(typeof missed === 'number' ? { missedTokens: missed } : {}), wire };
}
