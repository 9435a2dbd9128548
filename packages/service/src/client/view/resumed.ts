import type { Message } from '@reprise/providers';
import type { RunResumed } from '../../wire/run-event.ts';
import { answeredCall, answeredCalls, callsOf } from './calls.ts';
import type { RunItem, RunView } from './run-view.ts';

/** The view of a run that another process has taken up: what it says was committed, and nothing else of what went before. */
export function resume({ input }: RunView, { attempt, messages, totals }: RunResumed): Partial<RunView> {
  const isInput = input !== undefined && messages[0]?.role === 'user';
  const items = (isInput ? messages.slice(1) : messages).reduce(withMessage, []);
  return { attempt, items, growing: [], isCompacting: false, totals, end: undefined };
}

function withMessage(items: readonly RunItem[], message: Message): readonly RunItem[] {
  switch (message.role) {
    case 'user':
      return [...items, { type: 'user', message }];
    case 'assistant':
      return [...items, { type: 'turn', message, calls: callsOf(message) }];
    case 'tool': {
      const last = items.at(-1);
      if (last?.type === 'turn') return items.with(-1, { ...last, calls: answeredCalls(last.calls, message) });
      return [...items, { type: 'results', calls: message.content.map(answeredCall) }];
    }
  }
}
