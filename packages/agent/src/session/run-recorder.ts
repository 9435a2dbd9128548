import type { TurnId } from '@reprise/checkpoint';
import type { Ports } from '../ports.ts';
import type { JournaledCall, Recorder } from '../recorder.ts';

/** The recorder of a run without a store: turns have ids, tool calls have keys, and nothing outlives the process. */
export function createRunRecorder({ createId }: Pick<Ports, 'createId'>): Recorder {
  let lastTurnId: TurnId | undefined;
  let hasFailed = false;
  const calls = new Map<number, JournaledCall>();
  const turnId = () => {
    // The state may begin with calls of a turn that was recorded elsewhere, or nowhere.
    lastTurnId ??= createId();
    return lastTurnId;
  };
  return {
    message: async () => {},
    editHistory: async () => {},
    async prepareTurn() {
      const id = createId();
      return {
        id,
        prefixChange: undefined,
        begin: async () => {},
        async commit({ error }) {
          lastTurnId = id;
          hasFailed = error !== undefined;
          calls.clear();
          return undefined;
        },
        abandon: async () => {},
      };
    },
    recoverTurn: async () => undefined,
    lastTurnFailed: async () => hasFailed,
    journaledCalls: async () => new Map(calls),
    keepFiles: async () => {},
    async startToolCall({ position }) {
      const attempts = (calls.get(position)?.attempts ?? 0) + 1;
      calls.set(position, { attempts, result: undefined });
    },
    async finishToolCall(position, result) {
      calls.set(position, { attempts: calls.get(position)?.attempts ?? 1, result });
    },
    idempotencyKey: (position) => `${turnId()}/${position}`,
  };
}
