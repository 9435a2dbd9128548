import { type AgentEvent, priceResponse } from '@reprise/agent';
import type { AssistantTurn } from '@reprise/providers';
import type { RunNamed, ServiceNews, UsedTurn } from './service-news.ts';

/** What an event of an agent is to whoever looks after the service; `undefined` for most. */
export function newsOfEvent(event: AgentEvent, { runId, sessionId }: RunNamed): ServiceNews | undefined {
  const run = { runId, sessionId };
  switch (event.type) {
    case 'turn-end': {
      const { picoUsd } = priceResponse(event.turn).price;
      return { type: 'turn-end', ...run, turn: usedTurn(event.turn), costPicoUsd: picoUsd };
    }
    case 'compaction-end':
      return { type: 'compaction-end', ...run, costPicoUsd: event.plan.summaryPicoUsd };
    case 'tool-end':
      return { type: 'tool-end', ...run, outcome: event.result.isError ? 'error' : 'ok', effect: event.effect };
    case 'tool-answered':
      return { type: 'tool-end', ...run, outcome: 'unrun', effect: event.effect };
    default:
      return undefined;
  }
}

function usedTurn({ model, stopReason, tokens, timing }: AssistantTurn): UsedTurn {
  return { model, stopReason, tokens, timing };
}
