import type { RequestColumns } from '@reprise/checkpoint';
import { type AssistantTurn, assistantTurn, ProviderError } from '@reprise/providers';

/** The turn of a call whose process died: nobody knows what came of it, and how long it took. */
export function lostTurn({ family, model, startedAt }: RequestColumns): AssistantTurn {
  return assistantTurn({
    message: { role: 'assistant', content: [] },
    stopReason: 'aborted',
    family,
    model,
    timing: { startedAt, durationMs: 0 },
    usageState: 'none',
    error: new ProviderError(
      'provider/aborted',
      'The process ended while the model was answering; the vendor may have billed an answer that is lost.',
    ),
  });
}
