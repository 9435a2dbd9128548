import type { EntryId, SessionId, Snapshot, TurnId, TurnRow } from '@reprise/checkpoint';
import type {
  AssistantTurn,
  Message,
  ModelRequest,
  ToolCallBlock,
  ToolMessage,
  ToolResultBlock,
  UserMessage,
  WarningEvent,
} from '@reprise/providers';
import type { ApprovalLog, ApprovalRequest, DecidedApproval } from './approval/approval.ts';
import type { CountedRequest } from './context/estimate-request.ts';
import type { HistoryEdit } from './history-edit.ts';
import type { Attribution } from './session/attribution.ts';
import type { PrefixChange } from './session/prefix-change.ts';
import type { AgentState } from './state.ts';
import type { EffectClass } from './tools/tool.ts';

/**
 * Where a run's facts become durable. A run goes on only after each of these has resolved. What is held is durable with the next of them
 * that writes, and once `settle` has resolved: it is what a crash may take, since it would be made again from the rest.
 */
export interface Recorder {
  /** `sent` is the key that it was sent with, and its place among the messages. */
  message(message: UserMessage | ToolMessage, sent?: SentKey): Promise<void>;

  /** Where the message stands, counted from 0, that was sent with this key; `undefined` if the branch holds none. */
  placeOf(key: string): number | undefined;

  /** The results of a round of tools, held. */
  holdResults(message: ToolMessage): void;

  /** Writes what is held. If that fails, or another write that carries it, it is not held any more. */
  settle(): Promise<void>;

  /** Changes what the model is shown from here on; `history` is what it was shown so far. */
  editHistory(edit: HistoryEdit, history: readonly Message[]): Promise<void>;

  /** One model call, before it is made; `attribution` says what of the request is not the agent's own. */
  prepareTurn(request: ModelRequest, attribution?: Attribution): Promise<PreparedTurn>;

  /**
   * A model call that was begun and has neither come to an end nor been abandoned, since its process died: its vendor may have billed it.
   * Commits it as an aborted turn without a word and without counts; resolves to that turn.
   */
  recoverTurn(state: AgentState): Promise<RecoveredTurn | undefined>;

  /** Whether the last turn ended in an error or an abort, so that the calls it may hold are not to be run. */
  lastTurnFailed(): Promise<boolean>;

  /** Takes note of a warning that is told: whether the session's listeners have not had it. Durable with the next turn. */
  noteWarning(warning: WarningEvent): boolean;

  /** Whether the last turn was a pause of the vendor's, which goes on when it is sent back as it is. */
  lastTurnPaused(): boolean;

  /** What the journal holds of the calls of the last turn, by their position among its calls. Empty when none was started. */
  journaledCalls(): Promise<ReadonlyMap<number, JournaledCall>>;

  /**
   * Keeps what these files are, durable before a tool changes them; resolves to those that are too large to be kept. Rejects with `checkpoint/path-refused` for one that cannot be kept;
   * does nothing in a session that keeps no files.
   */
  keepFiles(paths: readonly string[]): Promise<readonly string[]>;

  /**
   * Intent: durable before the tool runs, unless that is `pure` and runs for the first time: it loses nothing by running again. Rejects with
   * `checkpoint/tool-call-started` if another branch was faster; see `ToolJournal`.
   */
  startToolCall(start: ToolStart): Promise<void>;

  /** Outcome: durable before the run goes on. That of a call without an intent is held, unless others are running that may take long. */
  finishToolCall(position: number, outcome: ToolOutcome): Promise<void>;

  /** The session, and the turn that its open calls are of. */
  lastTurn(): TurnPlace;

  /** The last request of the branch that has its row; `undefined` before the first, and where nothing is kept. */
  lastRequest(): CountedRequest | undefined;

  /** Every row that this session has committed in its lifetime; none where nothing is kept. */
  readLedger(): Promise<readonly TurnRow[]>;

  /** What the branch holds of approvals. */
  approvals(): ApprovalLog;

  /** Durable before anybody hears of them. */
  requestApprovals(requests: readonly ApprovalRequest[]): Promise<void>;

  /** Durable before anything follows from it. */
  decideApproval(decision: DecidedApproval): Promise<void>;

  /** The key of a call of the last turn: the same for every execution of it, in any process, fork or rewind. */
  idempotencyKey(position: number): string;
}

/** One that writes on top of the last entry it has seen. */
export interface SessionRecorder extends Recorder {
  /** That entry: if the store's tip is another one, somebody else went on. */
  readonly tip: EntryId;
}

/** The key of a send, with the place of its message. */
export interface SentKey {
  readonly key: string;
  readonly place: number;
}

export interface PreparedTurn {
  readonly id: TurnId;
  /** How the request's prefix differs from the last request's of this branch; `undefined` when it only adds to it. */
  readonly prefixChange: PrefixChange | undefined;
  /** Notes that the model is about to be asked, and writes what is held. */
  begin(): Promise<void>;
  /** Commits the response with its counts, in one piece; `state` already holds it. */
  commit(turn: AssistantTurn, state: AgentState): Promise<Snapshot | undefined>;
  /** Takes the note back: there was no response, and nothing was billed. */
  abandon(): Promise<void>;
}

export interface RecoveredTurn {
  readonly turn: AssistantTurn;
  readonly state: AgentState;
  readonly snapshot: Snapshot | undefined;
}

export interface TurnPlace {
  readonly sessionId: SessionId;
  readonly turnId: TurnId;
}

export interface ToolStart {
  readonly position: number;
  readonly call: ToolCallBlock;
  readonly effect: EffectClass;
  /** Whether its owner wants a call of unknown outcome to run again although it must not run twice. */
  readonly again?: boolean;
}

/** What came of a call, as the journal keeps it. */
export interface ToolOutcome {
  readonly result: ToolResultBlock;
  /** Whether the tool has asked for the run to end; see `stop`. */
  readonly isStop: boolean;
}

/** A call that was started; its result is missing while nobody knows what came of it. */
export interface JournaledCall {
  readonly attempts: number;
  readonly result: ToolResultBlock | undefined;
  /** See `ToolOutcome`. */
  readonly isStop: boolean;
}
