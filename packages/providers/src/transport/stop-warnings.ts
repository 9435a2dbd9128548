import type { StopReason } from '../assistant-turn.ts';
import type { WarningEvent } from '../stream-event.ts';

const UNFINISHED: Partial<Record<StopReason, string>> = {
  'max-tokens': 'The answer was cut at the output cap: raise maxTokens, or ask for the rest.',
  refusal: 'The model refused to answer.',
  'content-filter': "The answer was cut by the vendor's content filter.",
  'context-window': 'The answer was cut, since the context window is full: shorten the history.',
};

/** An answer that ended otherwise than by its own will says so beside its stop reason; its text stays as it is. */
export function stopWarnings(stopReason: StopReason): readonly WarningEvent[] {
  const message = UNFINISHED[stopReason];
  return message === undefined ? [] : [{ type: 'warning', code: `response/${stopReason}`, message }];
}
