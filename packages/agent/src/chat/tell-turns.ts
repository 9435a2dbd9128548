import type { AssistantTurn } from '@reprise/providers';
import type { Recorder } from '../recorder.ts';

/** The recorder, telling each turn that it has committed: also one that no listener was there to hear of. */
export function tellTurns(recorder: Recorder, onTurn: (turn: AssistantTurn) => void): Recorder {
  return {
    ...recorder,
    async prepareTurn(request) {
      const prepared = await recorder.prepareTurn(request);
      return {
        ...prepared,
        async commit(turn, state) {
          const snapshot = await prepared.commit(turn, state);
          onTurn(turn);
          return snapshot;
        },
      };
    },
  };
}
