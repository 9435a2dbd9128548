import type { AssistantTurn } from '@reprise/providers';
import type { Conversation } from '../conversation.ts';
import { callHook } from './call-hook.ts';
import type { HookVerdictEvent, TurnVerdict } from './hook.ts';
import type { HookSettings } from './hook-options.ts';

/** Tells each hook of a turn that is committed. Resolves to why one of them stops the run, if one does; rejects with `agent/hook-failed`. */
export async function* askAfterTurn(
  turn: AssistantTurn,
  { state, signal }: Pick<Conversation, 'state' | 'signal'>,
  { hooks, hookTimeoutMs: timeoutMs }: HookSettings,
): AsyncGenerator<HookVerdictEvent, string | undefined, undefined> {
  let stop: string | undefined;
  const point = 'afterTurn';
  for (const hook of hooks) {
    if (!hook.afterTurn || signal.aborted) continue;
    const heard = await callHook<TurnVerdict>(
      { hook: hook.name, point },
      (own) => hook.afterTurn?.({ turn, state, signal: own }),
      {
        signal,
        timeoutMs,
      },
    );
    if (!heard?.verdict) continue;
    const { verdict } = heard;
    yield { type: 'hook-verdict', hook: hook.name, point, verdict };
    // The others hear of the turn all the same: it was billed.
    stop ??= verdict.stop;
  }
  return stop;
}
