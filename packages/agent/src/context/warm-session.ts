import { type Message, toolCalls, userMessage } from '@reprise/providers';
import { reloadSession } from '../session/open-session.ts';
import { awaitsModel } from '../state.ts';
import { checkWhole } from './check-compaction.ts';
import { type PlannedSession, readSessionBranch } from './compact-session.ts';
import { planningInputs } from './planning-inputs.ts';
import { type WarmUntil, type WarmUntilOptions, warmUntil } from './warm-until.ts';

/** The clock of a session's cache, as the store has the session now. Sends nothing. Rejects with `agent/invalid-option`, and as the store does. */
export async function warmUntilOfSession(
  { store, sessionId, settings }: PlannedSession,
  options: WarmUntilOptions,
): Promise<WarmUntil> {
  checkWhole({ ...options });
  const { state } = await reloadSession(store, sessionId);
  const now = settings.ports.clock();
  const branch = await readSessionBranch({ store, sessionId, settings });
  const { ask, ...inputs } = planningInputs(state.messages, branch, { ...settings, now });
  const next = ask(awaitsModel(state) ? state.messages : [...state.messages, pretendedMessage(state.messages)]);
  return warmUntil({ ...inputs, next }, options);
}

/** What stands in for the next message: its length is told beside it. */
const PRETENDED = 'And then? '.repeat(500);

function pretendedMessage(messages: readonly Message[]): Message {
  const last = messages.at(-1);
  const calls = last ? toolCalls(last) : [];
  if (calls.length === 0) return userMessage(PRETENDED);
  const content = [{ type: 'text', text: PRETENDED }] as const;
  return {
    role: 'tool',
    content: calls.map(({ id, name }) => ({
      type: 'tool-result',
      toolCallId: id,
      toolName: name,
      content,
      isError: false,
    })),
  };
}
