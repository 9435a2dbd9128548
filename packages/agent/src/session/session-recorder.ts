import { type CheckpointStore, type EntryId, makeSnapshot, type SessionRecord } from '@reprise/checkpoint';
import { type Message, type Model, messageText } from '@reprise/providers';
import type { Ports } from '../ports.ts';
import type { Recorder } from '../recorder.ts';
import { encodeMessage, ledgerRow } from './record.ts';

/** Commits a session's facts one after the other, each on top of the last: if another process has moved the session, the store refuses. */
export function createSessionRecorder(
  store: CheckpointStore,
  { id: sessionId, tip: firstTip }: SessionRecord,
  { model, ports }: { readonly model: Model; readonly ports: Ports },
): Recorder {
  let tip: EntryId = firstTip;
  return {
    async message(message) {
      const at = ports.clock();
      ({ tip } = await store.appendEntries({ sessionId, expectedTip: tip, entries: [encodeMessage(message)], at }));
    },
    async turn({ turn, request, state }) {
      const { sessionId: _named, ...content } = makeSnapshot({ sessionId, state, prompt: lastPrompt(state.messages) });
      const committed = await store.commitTurn({
        sessionId,
        expectedTip: tip,
        entry: encodeMessage(turn.message),
        turn: ledgerRow(ports.createId(), turn, model, request),
        snapshot: { ...content, id: ports.createId() },
        at: ports.clock(),
      });
      tip = committed.tip;
      return committed.snapshot;
    },
  };
}

/** The text of the last user message: what the turn, tool rounds included, is an answer to. */
function lastPrompt(messages: readonly Message[]): string {
  const prompt = messages.findLast(({ role }) => role === 'user');
  return prompt ? messageText(prompt) : '';
}
