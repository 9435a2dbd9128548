import type { ModelRequest } from '@reprise/providers';
import type { Conversation } from '../conversation.ts';
import type { Attribution } from '../session/attribution.ts';
import { callHook } from './call-hook.ts';
import type { HookVerdictEvent, RequestVerdict } from './hook.ts';
import type { HookSettings } from './hook-options.ts';
import { applyVerdict, attributionOf, draftOf, requestOf } from './request-draft.ts';

/** What is to be sent after all; or that a hook has stopped the run, or somebody has aborted it. */
export type HookedRequest =
  | { readonly request: ModelRequest; readonly attribution: Attribution }
  | 'stopped'
  | 'aborted';

/** Asks each hook about a request that is about to be sent. Rejects with `agent/hook-failed`. */
export async function* askBeforeRequest(
  request: ModelRequest,
  { state, signal }: Pick<Conversation, 'state' | 'signal'>,
  { hooks, hookTimeoutMs: timeoutMs }: HookSettings,
): AsyncGenerator<HookVerdictEvent, HookedRequest, undefined> {
  let draft = draftOf(request);
  const point = 'beforeRequest';
  for (const hook of hooks) {
    if (!hook.beforeRequest) continue;
    if (signal.aborted) return 'aborted';
    const context = { request: requestOf(draft), state };
    const heard = await callHook<RequestVerdict>(
      { hook: hook.name, point },
      (own) => hook.beforeRequest?.({ ...context, signal: own }),
      { signal, timeoutMs },
    );
    if (!heard) return 'aborted';
    const { verdict } = heard;
    if (!verdict) continue;
    yield { type: 'hook-verdict', hook: hook.name, point, verdict };
    if ('stop' in verdict) return 'stopped';
    draft = applyVerdict(draft, hook.name, verdict);
  }
  return { request: requestOf(draft), attribution: attributionOf(draft) };
}
