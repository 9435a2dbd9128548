import type { RunBudget } from '../budget/run-budget.ts';
import type { Conversation } from '../conversation.ts';
import { hasCode } from '../errors.ts';
import type { HeldConversation, RunOptions } from '../run-options.ts';
import type { SentBranch } from '../session/read-branch.ts';
import type { Telling } from '../told.ts';
import { buildRequest } from './build-request.ts';
import { compactPlanned } from './compact-session.ts';
import { cutHistory } from './cut-history.ts';
import { estimateNextRequest } from './estimate-request.ts';
import { DEFAULT_COMPACTION_PROMPT, DEFAULT_KEEP_LAST } from './plan-compaction.ts';

/** Keeps a run's requests below `compactAt`. */
export interface Compactor {
  /**
   * Compacts the conversation if the next request would be too long. Tried once more only after it has helped: what cannot be shortened
   * is not summarised again and again. A summary that does not come is a warning, and the run goes on as it is.
   */
  beforeRequest(conversation: Conversation): Telling<void>;
}

export function createCompactor(
  options: RunOptions,
  { readBranch = nothingSent(options) }: Pick<HeldConversation, 'readBranch'>,
  budget: RunBudget | undefined,
): Compactor {
  let isFutile = false;
  return {
    async *beforeRequest(conversation) {
      if (isFutile || !isTooLong(conversation, options)) return;
      const keepLast = keptMessages(conversation);
      if (keepLast === undefined) return;
      await conversation.settle();
      try {
        yield* compactPlanned(conversation, { options, readBranch, budget }, { keepLast });
        isFutile = isTooLong(conversation, options);
      } catch (error) {
        if (!hasCode(error, 'agent/compaction-failed')) throw error;
        isFutile = true;
        yield { type: 'warning', code: 'context/not-compacted', message: error.message };
      }
    },
  };
}

function isTooLong({ messages, recorder }: Conversation, options: RunOptions): boolean {
  const { compactAt, model, ports } = options;
  if (compactAt === undefined) return false;
  const request = buildRequest(options, messages);
  const estimate = estimateNextRequest({ model, request, at: ports.clock(), last: recorder.lastRequest() });
  return estimate.prompt.expected > compactAt;
}

/** As many as usual, or none where that would leave nothing to drop; `undefined` where nothing can be dropped at all. */
function keptMessages({ state }: Conversation): number | undefined {
  const isEnough = (keepLast: number) => cutHistory(state.messages, keepLast, DEFAULT_COMPACTION_PROMPT).cut > 0;
  return [DEFAULT_KEEP_LAST, 0].find(isEnough);
}

/** Where nothing is stored, nothing is known of what was sent. */
function nothingSent({ model: { family, id } }: RunOptions): () => Promise<SentBranch> {
  return async () => ({ requests: [], terms: { family, model: id, billing: {} } });
}
