/**
 * A session's facts, committed one after the other.
 *
 * Owns: which facts there are, and what of the last turn the next one needs.
 * Leaves to `record.ts` and `ledger-row.ts`: what they look like. To `session-writer.ts`: where they go. To `call-journal.ts`: tool calls.
 *
 * E1. A turn has its id before its model is asked, and keeps it, whether it is committed by this process or by the one that finds it.
 */

import type { CheckpointStore, EntryId, FileCheckpointer, Snapshot, SnapshotId, TurnRow } from '@reprise/checkpoint';
import type {
  AssistantTurn,
  Message,
  Model,
  ModelRequest,
  StopReason,
  ToolMessage,
  UserMessage,
  WarningEvent,
} from '@reprise/providers';
import type { ApprovalLog, ApprovalRequest, DecidedApproval } from '../approval/approval.ts';
import type { CountedRequest } from '../context/estimate-request.ts';
import type { HistoryEdit } from '../history-edit.ts';
import type { Ports } from '../ports.ts';
import type {
  JournaledCall,
  PreparedTurn,
  RecoveredTurn,
  SentKey,
  SessionRecorder,
  ToolOutcome,
  ToolStart,
  TurnPlace,
} from '../recorder.ts';
import { type AgentState, applyTurn } from '../state.ts';
import { type Attribution, UNTOUCHED } from './attribution.ts';
import { CallJournal } from './call-journal.ts';
import { findPrefixChange, type LastRequest } from './find-prefix-change.ts';
import { placesAfterEdit } from './keyed-places.ts';
import { countedRequest, ledgerRow, type RecordedRequest, recordRequest } from './ledger-row.ts';
import { lostTurn } from './lost-turn.ts';
import { newestSnapshot } from './newest-snapshot.ts';
import type { LoadedSession } from './open-session.ts';
import { type PrefixChange, type PrefixChangePolicy, type SentPrefix, sentPrefix } from './prefix-change.ts';
import {
  encodeApprovalDecision,
  encodeApprovalRequest,
  encodeEdit,
  encodeKeyedMessage,
  encodeMessage,
} from './record.ts';
import { SessionWriter } from './session-writer.ts';
import { snapshotContent } from './snapshot-content.ts';
import { keptWarnings, ToldWarnings } from './told-warnings.ts';

export interface SessionRecorderSettings {
  readonly model: Model;
  readonly ports: Ports;
  /** With `allow` no change of the prefix is looked for. */
  readonly onPrefixChange: PrefixChangePolicy;
  /** Keeps the files that tools touch; without one they are not kept. */
  readonly files?: FileCheckpointer;
}

/** Records a session from where it was loaded. `lease` gives the fence to write with, or `undefined` to write without a lease. */
export function createSessionRecorder(
  store: CheckpointStore,
  loaded: LoadedSession,
  settings: SessionRecorderSettings,
  lease: () => number | undefined,
): SessionRecorder {
  return new StoreRecorder(store, loaded, settings, lease);
}

/** A model call between its note and its row. */
interface OpenTurn extends RecordedRequest {
  readonly id: string;
  /** Whether the store has a note of it, and with that its blobs. */
  isNoted: boolean;
}

class StoreRecorder implements SessionRecorder {
  readonly #store: CheckpointStore;
  readonly #settings: SessionRecorderSettings;
  readonly #lease: () => number | undefined;
  readonly #writer: SessionWriter;
  readonly #calls: CallJournal;
  readonly #warnings: ToldWarnings;
  #last: LastRequest | undefined;
  /** Whether the history was edited since: the next request is meant not to begin with the last one. */
  #isEdited: boolean;
  readonly #approvals: { readonly requests: ApprovalRequest[]; readonly decisions: DecidedApproval[] };
  #keyedPlaces: Map<string, number>;
  /** The last snapshot that was made here; while its lease is held nobody else makes a newer one. */
  #committed: { readonly snapshotId: SnapshotId; readonly fence: number | undefined } | undefined;

  constructor(
    store: CheckpointStore,
    { record, lastTurn, isEdited, approvals, keyedPlaces, blobs }: LoadedSession,
    settings: SessionRecorderSettings,
    lease: () => number | undefined,
  ) {
    this.#store = store;
    this.#settings = settings;
    this.#lease = lease;
    const { clock } = settings.ports;
    this.#writer = new SessionWriter(store, clock, { sessionId: record.id, tip: record.tip, blobs, lease });
    this.#calls = new CallJournal(store, this.#writer, clock, () => this.#lastTurnId());
    this.#last = lastTurn;
    // A fork is a session of its own, and its listeners are others.
    this.#warnings = new ToldWarnings(lastTurn?.sessionId === record.id ? keptWarnings(lastTurn) : []);
    this.#isEdited = isEdited;
    this.#approvals = { requests: [...approvals.requests], decisions: [...approvals.decisions] };
    this.#keyedPlaces = new Map(keyedPlaces);
  }

  get tip(): EntryId {
    return this.#writer.tip;
  }

  async message(message: UserMessage | ToolMessage, sent?: SentKey): Promise<void> {
    await this.#writer.append([sent ? encodeKeyedMessage(message, sent.key) : encodeMessage(message)]);
    if (sent) this.#keyedPlaces.set(sent.key, sent.place);
  }

  placeOf(key: string): number | undefined {
    return this.#keyedPlaces.get(key);
  }

  holdResults(message: ToolMessage): void {
    this.#writer.held.holdResults(message);
  }

  settle(): Promise<void> {
    return this.#writer.settle();
  }

  async editHistory(edit: HistoryEdit, history: readonly Message[]): Promise<void> {
    await this.#writer.append([encodeEdit(edit)]);
    this.#isEdited = true;
    this.#keyedPlaces = placesAfterEdit(this.#keyedPlaces, history, edit);
  }

  approvals(): ApprovalLog {
    return this.#approvals;
  }

  async requestApprovals(requests: readonly ApprovalRequest[]): Promise<void> {
    await this.#writer.append(requests.map(encodeApprovalRequest));
    this.#approvals.requests.push(...requests);
  }

  async decideApproval(decision: DecidedApproval): Promise<void> {
    await this.#writer.append([encodeApprovalDecision(decision)]);
    this.#approvals.decisions.push(decision);
  }

  async prepareTurn(request: ModelRequest, attribution: Attribution = UNTOUCHED): Promise<PreparedTurn> {
    const { model, ports } = this.#settings;
    const prefix = sentPrefix(model, request);
    const prefixChange = await this.#findChange(request, prefix, attribution);
    const open: OpenTurn = {
      id: ports.createId(),
      ...recordRequest(model, { request, attribution }, prefix, this.#last),
      isNoted: false,
    };
    return {
      id: open.id,
      prefixChange,
      begin: () => this.#begin(open),
      commit: (turn, state) => this.#commit(open, turn, state),
      abandon: () => this.#store.abandonTurn(this.#writer.right),
    };
  }

  async recoverTurn(before: AgentState): Promise<RecoveredTurn | undefined> {
    this.#writer.held.forgetRunning();
    const pending = await this.#store.readPendingTurn(this.#writer.sessionId);
    if (!pending) return undefined;
    const { id, startedAt, ...columns } = pending;
    const turn = lostTurn({ startedAt, ...columns });
    const state = applyTurn(before, turn);
    const snapshot = await this.#commit({ id, columns, blobs: [], isNoted: true }, turn, state);
    return { turn, state, snapshot };
  }

  noteWarning(warning: WarningEvent): boolean {
    return this.#warnings.note(warning);
  }

  async lastTurnFailed(): Promise<boolean> {
    return this.#last !== undefined && FAILED.has(this.#last.stopReason);
  }

  lastTurnPaused(): boolean {
    return this.#last?.stopReason === 'pause';
  }

  async journaledCalls(): Promise<ReadonlyMap<number, JournaledCall>> {
    return this.#last ? this.#calls.read() : new Map();
  }

  startToolCall(start: ToolStart): Promise<void> {
    return this.#calls.start(start);
  }

  finishToolCall(position: number, outcome: ToolOutcome): Promise<void> {
    return this.#calls.finish(position, outcome);
  }

  async keepFiles(paths: readonly string[]): Promise<readonly string[]> {
    const { files, ports } = this.#settings;
    if (!files || paths.length === 0) return [];
    const { right } = this.#writer;
    const committed = this.#committed;
    const isNewest = committed !== undefined && committed.fence !== undefined && committed.fence === right.fence;
    const snapshotId = isNewest ? committed.snapshotId : await newestSnapshot(this.#store, right, ports);
    return files.beforeChange(this.#store, { ...right, snapshotId, paths, at: ports.clock() });
  }

  lastTurn(): TurnPlace {
    return { sessionId: this.#writer.sessionId, turnId: this.#lastTurnId() };
  }

  lastRequest(): CountedRequest | undefined {
    return this.#last && countedRequest(this.#last);
  }

  readLedger(): Promise<readonly TurnRow[]> {
    return this.#store.readLedger(this.#writer.sessionId);
  }

  idempotencyKey(position: number): string {
    return this.#calls.keyOf(position);
  }

  async #findChange(
    request: ModelRequest,
    prefix: SentPrefix,
    { replacedBy }: Attribution,
  ): Promise<PrefixChange | undefined> {
    const { model, onPrefixChange } = this.#settings;
    if (!this.#last || this.#isEdited || onPrefixChange === 'allow') return undefined;
    return findPrefixChange(this.#last, {
      model,
      request,
      prefix,
      replacedBy,
      store: this.#store,
      sessionId: this.#writer.sessionId,
    });
  }

  async #begin(open: OpenTurn): Promise<void> {
    const turn = { id: open.id, ...open.columns, startedAt: this.#settings.ports.clock() };
    await this.#writer.begin({ turn, blobs: open.blobs });
    open.isNoted = true;
  }

  async #commit(open: OpenTurn, turn: AssistantTurn, state: AgentState): Promise<Snapshot> {
    const row = ledgerRow(open.id, open.columns, turn, this.#warnings.fields);
    const content = snapshotContent(this.#writer.sessionId, state);
    const snapshot = await this.#writer.commit(
      encodeMessage(turn.message),
      { turn: row, snapshot: { ...content, id: this.#settings.ports.createId() } },
      open.blobs,
      open.isNoted,
    );
    this.#last = { ...row, entryId: this.#writer.tip };
    this.#isEdited = false;
    this.#committed = { snapshotId: snapshot.id, fence: this.#lease() };
    return snapshot;
  }

  #lastTurnId(): string {
    // A call without a turn is of a history that nobody recorded; its journal has no turn to stand with, and the store says so.
    return this.#last?.id ?? this.#writer.sessionId;
  }
}

const FAILED: ReadonlySet<string> = new Set<StopReason>(['aborted', 'error']);
