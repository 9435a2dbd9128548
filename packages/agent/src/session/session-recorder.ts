/**
 * A session's facts, committed one after the other.
 *
 * Owns: where the next one goes, and what the store holds already.
 * Leaves to `record.ts` and `ledger-row.ts`: what they look like. To the store: what durable means, and who may write.
 *
 * D1. Each write names the tip that the last one left: if another process has moved the session, the store refuses.
 * D2. A write carries only the blobs that this recorder has not seen the store hold for this session.
 * D3. A round of tools that nobody has to wait for is written with the note of the next request: one transaction for both (`HeldFacts`).
 * D4. A turn has its id before its model is asked, and keeps it, whether it is committed by this process or by the one that finds it.
 */

import {
  type Blob,
  type BlobHash,
  type CheckpointStore,
  type EntryId,
  type FileCheckpointer,
  makeSnapshot,
  type NewTurn,
  type PendingTurn,
  type RequestColumns,
  type SessionId,
  type Snapshot,
  type SnapshotId,
  type TurnRow,
} from '@reprise/checkpoint';
import {
  type AssistantTurn,
  assistantTurn,
  type Message,
  type Model,
  type ModelRequest,
  messageText,
  ProviderError,
  type StopReason,
  type ToolMessage,
  type UserMessage,
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
import { findPrefixChange, type LastRequest } from './find-prefix-change.ts';
import { HeldFacts } from './held-facts.ts';
import { placesAfterEdit } from './keyed-places.ts';
import { countedRequest, ledgerRow, type RecordedRequest, recordRequest } from './ledger-row.ts';
import { newestSnapshot } from './newest-snapshot.ts';
import type { LoadedSession } from './open-session.ts';
import { type PrefixChange, type PrefixChangePolicy, type SentPrefix, sentPrefix } from './prefix-change.ts';
import {
  decodeOutcome,
  type EncodedEntry,
  encodeApprovalDecision,
  encodeApprovalRequest,
  encodeEdit,
  encodeKeyedMessage,
  encodeMessage,
  encodeOutcome,
} from './record.ts';

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

interface NoteOfTurn {
  readonly turn: PendingTurn;
  readonly blobs: readonly Blob[];
}

class StoreRecorder implements SessionRecorder {
  readonly #store: CheckpointStore;
  readonly #settings: SessionRecorderSettings;
  readonly #lease: () => number | undefined;
  readonly #sessionId: SessionId;
  readonly #knownBlobs: Set<BlobHash>;
  readonly #held = new HeldFacts();
  #tip: EntryId;
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
    this.#sessionId = record.id;
    this.#tip = record.tip;
    this.#last = lastTurn;
    this.#isEdited = isEdited;
    this.#approvals = { requests: [...approvals.requests], decisions: [...approvals.decisions] };
    this.#keyedPlaces = new Map(keyedPlaces);
    this.#knownBlobs = new Set(blobs);
  }

  get tip(): EntryId {
    return this.#tip;
  }

  async message(message: UserMessage | ToolMessage, sent?: SentKey): Promise<void> {
    await this.#append([sent ? encodeKeyedMessage(message, sent.key) : encodeMessage(message)]);
    if (sent) this.#keyedPlaces.set(sent.key, sent.place);
  }

  placeOf(key: string): number | undefined {
    return this.#keyedPlaces.get(key);
  }

  holdResults(message: ToolMessage): void {
    this.#held.holdResults(message);
  }

  async settle(): Promise<void> {
    if (!this.#held.isEmpty) await this.#append([]);
  }

  async editHistory(edit: HistoryEdit, history: readonly Message[]): Promise<void> {
    await this.#append([encodeEdit(edit)]);
    this.#isEdited = true;
    this.#keyedPlaces = placesAfterEdit(this.#keyedPlaces, history, edit);
  }

  approvals(): ApprovalLog {
    return this.#approvals;
  }

  async requestApprovals(requests: readonly ApprovalRequest[]): Promise<void> {
    await this.#append(requests.map(encodeApprovalRequest));
    this.#approvals.requests.push(...requests);
  }

  async decideApproval(decision: DecidedApproval): Promise<void> {
    await this.#append([encodeApprovalDecision(decision)]);
    this.#approvals.decisions.push(decision);
  }

  /** Writes what is held, then these entries, and the note of a model call if there is one: all of it, or nothing. */
  async #append(added: readonly EncodedEntry[], note?: NoteOfTurn): Promise<void> {
    const at = this.#settings.ports.clock();
    const { ranCalls, messages } = this.#held.take();
    const encoded = [...messages.map(encodeMessage), ...added];
    const entries = encoded.map(({ entry }) => entry);
    const named = encoded.flatMap((each) => each.blobs);
    const blobs = this.#unknown(note ? [...named, ...note.blobs] : named);
    const append = { ...this.#place(), entries, ranCalls, ...(note && { turn: note.turn }), blobs, at };
    ({ tip: this.#tip } = await this.#store.appendEntries(append));
    this.#know(named);
  }

  async prepareTurn(request: ModelRequest, attribution: Attribution = UNTOUCHED): Promise<PreparedTurn> {
    const { model, ports } = this.#settings;
    const prefix = sentPrefix(model, request);
    const prefixChange = await this.#findChange(prefix, attribution);
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
      abandon: () => this.#store.abandonTurn(this.#right()),
    };
  }

  async recoverTurn(before: AgentState): Promise<RecoveredTurn | undefined> {
    this.#held.forgetRunning();
    const pending = await this.#store.readPendingTurn(this.#sessionId);
    if (!pending) return undefined;
    const { id, startedAt, ...columns } = pending;
    const turn = lostTurn({ startedAt, ...columns });
    const state = applyTurn(before, turn);
    const snapshot = await this.#commit({ id, columns, blobs: [], isNoted: true }, turn, state);
    return { turn, state, snapshot };
  }

  async lastTurnFailed(): Promise<boolean> {
    return this.#last !== undefined && FAILED.has(this.#last.stopReason);
  }

  lastTurnPaused(): boolean {
    return this.#last?.stopReason === 'pause';
  }

  async journaledCalls(): Promise<ReadonlyMap<number, JournaledCall>> {
    if (!this.#last) return new Map();
    await this.settle();
    const calls = await this.#store.readToolCalls(this.#last.id);
    return new Map(
      calls.map(({ position, attempts, outcome, idempotencyKey }) => [
        position,
        {
          attempts,
          ...(outcome === null
            ? { result: undefined, isStop: false }
            : decodeOutcome(outcome, `tool call ${idempotencyKey}`)),
        },
      ]),
    );
  }

  async startToolCall({ position, call, effect, again = false }: ToolStart): Promise<void> {
    if (this.#held.isDue) await this.settle();
    const intent = {
      turnId: this.#lastTurnId(),
      position,
      toolCallId: call.id,
      toolName: call.name,
      idempotencyKey: this.idempotencyKey(position),
      startedAt: this.#settings.ports.clock(),
    };
    // A call that the journal has may have been of another class then.
    if (effect === 'pure' && !again) return this.#held.start(position, { ...intent, effect });
    await this.#store.startToolCall({ ...this.#right(), ...intent, effect, again });
    this.#held.start(position, undefined);
  }

  async finishToolCall(position: number, outcome: ToolOutcome): Promise<void> {
    const [encoded, at] = [encodeOutcome(outcome), this.#settings.ports.clock()];
    const started = this.#held.end(position);
    if (!started) {
      await this.#store.finishToolCall({
        ...this.#right(),
        turnId: this.#lastTurnId(),
        position,
        outcome: encoded,
        at,
      });
      return;
    }
    if (await this.#held.holdCall({ ...started, outcome: encoded, finishedAt: at })) await this.settle();
  }

  async keepFiles(paths: readonly string[]): Promise<void> {
    const { files, ports } = this.#settings;
    if (!files || paths.length === 0) return;
    const right = this.#right();
    const committed = this.#committed;
    const isNewest = committed !== undefined && committed.fence !== undefined && committed.fence === right.fence;
    const snapshotId = isNewest ? committed.snapshotId : await newestSnapshot(this.#store, right, ports);
    await files.beforeChange(this.#store, { ...right, snapshotId, paths, at: ports.clock() });
  }

  lastTurn(): TurnPlace {
    return { sessionId: this.#sessionId, turnId: this.#lastTurnId() };
  }

  lastRequest(): CountedRequest | undefined {
    return this.#last && countedRequest(this.#last);
  }

  readLedger(): Promise<readonly TurnRow[]> {
    return this.#store.readLedger(this.#sessionId);
  }

  idempotencyKey(position: number): string {
    return `${this.#lastTurnId()}/${position}`;
  }

  async #findChange(prefix: SentPrefix, { replacedBy }: Attribution): Promise<PrefixChange | undefined> {
    const { model, onPrefixChange } = this.#settings;
    if (!this.#last || this.#isEdited || onPrefixChange === 'allow') return undefined;
    return findPrefixChange(this.#last, { model, prefix, replacedBy, store: this.#store, sessionId: this.#sessionId });
  }

  async #begin(open: OpenTurn): Promise<void> {
    const turn = { id: open.id, ...open.columns, startedAt: this.#settings.ports.clock() };
    if (this.#held.isEmpty) await this.#store.beginTurn({ ...this.#place(), turn, blobs: this.#unknown(open.blobs) });
    else await this.#append([], { turn, blobs: open.blobs });
    open.isNoted = true;
  }

  async #commit(open: OpenTurn, turn: AssistantTurn, state: AgentState): Promise<Snapshot> {
    const { createId, clock } = this.#settings.ports;
    const { entry, blobs } = encodeMessage(turn.message);
    const row = ledgerRow(open.id, open.columns, turn);
    const missing = this.#unknown(open.isNoted ? blobs : [...open.blobs, ...blobs]);
    const { sessionId: _named, ...content } = makeSnapshot({
      sessionId: this.#sessionId,
      state,
      prompt: lastPrompt(state.messages),
    });
    const snapshot = { ...content, id: createId() };
    const committed = await this.#store.commitTurn({
      ...this.#place(),
      entry,
      turn: row,
      snapshot,
      blobs: missing,
      at: clock(),
    });
    this.#know([...open.blobs, ...blobs]);
    this.#moveTo(committed.tip, row);
    this.#committed = { snapshotId: snapshot.id, fence: this.#lease() };
    return committed.snapshot;
  }

  #moveTo(tip: EntryId, turn: NewTurn): void {
    this.#tip = tip;
    this.#last = { ...turn, entryId: tip };
    this.#isEdited = false;
  }

  #lastTurnId(): string {
    // A call without a turn is of a history that nobody recorded; its journal has no turn to stand with, and the store says so.
    return this.#last?.id ?? this.#sessionId;
  }

  #right(): { readonly sessionId: SessionId; readonly fence: number | undefined } {
    return { sessionId: this.#sessionId, fence: this.#lease() };
  }

  #place(): { readonly sessionId: SessionId; readonly fence: number | undefined; readonly expectedTip: EntryId } {
    return { ...this.#right(), expectedTip: this.#tip };
  }

  #unknown(blobs: readonly Blob[]): readonly Blob[] {
    return blobs.filter(({ hash }) => !this.#knownBlobs.has(hash));
  }

  #know(blobs: readonly Blob[]): void {
    for (const { hash } of blobs) this.#knownBlobs.add(hash);
  }
}

const FAILED: ReadonlySet<string> = new Set<StopReason>(['aborted', 'error']);

/** The turn of a call whose process died: nobody knows what came of it, and how long it took. */
function lostTurn({ family, model, startedAt }: RequestColumns): AssistantTurn {
  return assistantTurn({
    message: { role: 'assistant', content: [] },
    stopReason: 'aborted',
    family,
    model,
    timing: { startedAt, durationMs: 0 },
    usageState: 'none',
    error: new ProviderError(
      'provider/aborted',
      'The process ended while the model was answering; the vendor may have billed an answer that is lost.',
    ),
  });
}

/** The text of the last user message: what the turn, tool rounds included, is an answer to. */
export function lastPrompt(messages: readonly Message[]): string {
  const prompt = messages.findLast(({ role }) => role === 'user');
  return prompt ? messageText(prompt) : '';
}
