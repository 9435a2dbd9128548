import type { Notice } from '@reprise/service/client';
import { moneyText } from '../../../data/format.ts';

/** What a run tells beside its conversation, in a sentence. */
export function noticeText(event: Notice): string {
  switch (event.type) {
    case 'retry':
      return `Attempt ${event.attempt} failed (${event.error.message}); it is tried again.`;
    case 'warning':
      return event.message;
    case 'compaction-start':
      return 'The conversation is being compacted.';
    case 'compaction-end':
      return `The conversation was compacted${costText(event.plan.summaryPicoUsd)}.`;
    case 'model-switch':
      return `From here on ${event.to.id} answers, and no longer ${event.from.id}; what was cached for that is not read.`;
    case 'hook-verdict':
      return `The hook ${event.hook} has had its say.`;
    default:
      return `The vendor tells of ${event.type}.`;
  }
}

function costText(picoUsd: string | null | undefined): string {
  return picoUsd === null || picoUsd === undefined ? '' : `; the summary cost ${moneyText(picoUsd)}`;
}
