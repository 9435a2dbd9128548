import type { SessionId, TurnId } from '@reprise/checkpoint';
import type { ApprovalRequest, DecidedApproval } from '../approval/approval.ts';
import type { Ports } from '../ports.ts';
import type { JournaledCall, Recorder } from '../recorder.ts';
import { ToldWarnings } from './told-warnings.ts';

/** The recorder of a run, or of run after run. */
export interface RunRecorder extends Recorder {
  /** Another one that goes on from here, for a copy of the conversation: what the last turn's calls came to is known there too. */
  fork(): RunRecorder;
}

/** What is kept of the last turn. */
interface LastTurn {
  readonly lastTurnId: TurnId | undefined;
  readonly hasFailed: boolean;
  readonly calls: ReadonlyMap<number, JournaledCall>;
}

const NO_TURN: LastTurn = { lastTurnId: undefined, hasFailed: false, calls: new Map() };

/** The recorder of a run without a store: turns have ids, tool calls have keys, and nothing outlives the process. */
export function createRunRecorder(ports: Pick<Ports, 'createId'>, last: LastTurn = NO_TURN): RunRecorder {
  const { createId } = ports;
  let { lastTurnId, hasFailed } = last;
  const calls = new Map(last.calls);
  const warnings = new ToldWarnings();
  const requests: ApprovalRequest[] = [];
  const decisions: DecidedApproval[] = [];
  let sessionId: SessionId | undefined;
  const turnId = () => {
    // The state may begin with calls of a turn that was recorded elsewhere, or nowhere.
    lastTurnId ??= createId();
    return lastTurnId;
  };
  return {
    message: async () => {},
    // Nothing outlives the run that a key could be found in.
    placeOf: () => undefined,
    holdResults: () => {},
    settle: async () => {},
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
    noteWarning: (warning) => warnings.note(warning),
    lastTurnFailed: async () => hasFailed,
    // A run without a store is not taken up again.
    lastTurnPaused: () => false,
    journaledCalls: async () => new Map(calls),
    keepFiles: async () => [],
    async startToolCall({ position }) {
      const attempts = (calls.get(position)?.attempts ?? 0) + 1;
      calls.set(position, { attempts, result: undefined, isStop: false });
    },
    async finishToolCall(position, { result, isStop }) {
      calls.set(position, { attempts: calls.get(position)?.attempts ?? 1, result, isStop });
    },
    lastTurn() {
      // No two runs without a store are of one session: a decision holds for the run that it was asked for in.
      sessionId ??= createId();
      return { sessionId, turnId: turnId() };
    },
    lastRequest: () => undefined,
    readLedger: async () => [],
    approvals: () => ({ requests, decisions }),
    async requestApprovals(asked) {
      requests.push(...asked);
    },
    async decideApproval(decision) {
      decisions.push(decision);
    },
    idempotencyKey: (position) => `${turnId()}/${position}`,
    fork: () => createRunRecorder(ports, { lastTurnId: turnId(), hasFailed, calls }),
  };
}
