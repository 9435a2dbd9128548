/**
 * Writes on top of a session's last entry.
 *
 * Owns: where the next entry goes, and what the store holds already.
 * Leaves to `session-recorder.ts`: what is written. To `held-facts.ts`: what may wait. To the store: what durable means, and who may write.
 *
 * D1. Each write names the tip that the last one left: if another process has moved the session, the store refuses.
 * D2. A write carries only the blobs that this writer has not seen the store hold for this session.
 * D3. A round of tools that nobody has to wait for is written with the note of the next request: one transaction for both.
 */

import type {
  Blob,
  BlobHash,
  CheckpointStore,
  EntryId,
  PendingTurn,
  SessionId,
  Snapshot,
  TurnCommit,
} from '@reprise/checkpoint';
import type { Ports } from '../ports.ts';
import { HeldFacts } from './held-facts.ts';
import { type EncodedEntry, encodeMessage } from './record.ts';

/** The note that a model is about to be asked, with the blobs that it names. */
export interface NoteOfTurn {
  readonly turn: PendingTurn;
  readonly blobs: readonly Blob[];
}

/** Where a writer begins. `lease` gives the fence to write with, or `undefined` to write without a lease. */
export interface WriterStart {
  readonly sessionId: SessionId;
  readonly tip: EntryId;
  /** What the session is known to name. */
  readonly blobs: Iterable<BlobHash>;
  readonly lease: () => number | undefined;
}

export class SessionWriter {
  readonly held: HeldFacts = new HeldFacts();
  readonly sessionId: SessionId;
  readonly #store: CheckpointStore;
  readonly #clock: Ports['clock'];
  readonly #lease: () => number | undefined;
  readonly #knownBlobs: Set<BlobHash>;
  #tip: EntryId;

  constructor(store: CheckpointStore, clock: Ports['clock'], { sessionId, tip, blobs, lease }: WriterStart) {
    this.sessionId = sessionId;
    this.#store = store;
    this.#clock = clock;
    this.#lease = lease;
    this.#knownBlobs = new Set(blobs);
    this.#tip = tip;
  }

  get tip(): EntryId {
    return this.#tip;
  }

  /** Who writes to which session, for writes that do not move its tip. */
  get right(): { readonly sessionId: SessionId; readonly fence: number | undefined } {
    return { sessionId: this.sessionId, fence: this.#lease() };
  }

  /** Writes what is held, then these entries, and the note if there is one: all of it, or nothing. */
  async append(added: readonly EncodedEntry[], note?: NoteOfTurn): Promise<void> {
    const { ranCalls, messages } = this.held.take();
    const encoded = [...messages.map(encodeMessage), ...added];
    const entries = encoded.map(({ entry }) => entry);
    const named = encoded.flatMap((each) => each.blobs);
    const blobs = this.#unknown(note ? [...named, ...note.blobs] : named);
    const append = { ...this.#place, entries, ranCalls, ...(note && { turn: note.turn }), blobs, at: this.#clock() };
    ({ tip: this.#tip } = await this.#store.appendEntries(append));
    this.#know(named);
  }

  /** Writes what is held, if anything is. */
  async settle(): Promise<void> {
    if (!this.held.isEmpty) await this.append([]);
  }

  /** Notes that a model is about to be asked, with what is held. */
  async begin(note: NoteOfTurn): Promise<void> {
    if (!this.held.isEmpty) return this.append([], note);
    await this.#store.beginTurn({ ...this.#place, turn: note.turn, blobs: this.#unknown(note.blobs) });
  }

  /** Commits a turn with its message. `named` are the blobs that the turn names; the store has them if it was noted. */
  async commit(
    { entry, blobs }: EncodedEntry,
    turn: Pick<TurnCommit, 'turn' | 'snapshot'>,
    named: readonly Blob[],
    isNoted: boolean,
  ): Promise<Snapshot> {
    const missing = this.#unknown(isNoted ? blobs : [...named, ...blobs]);
    const commit = { ...this.#place, entry, ...turn, blobs: missing, at: this.#clock() };
    const { tip, snapshot } = await this.#store.commitTurn(commit);
    this.#know([...named, ...blobs]);
    this.#tip = tip;
    return snapshot;
  }

  get #place(): { readonly sessionId: SessionId; readonly fence: number | undefined; readonly expectedTip: EntryId } {
    return { ...this.right, expectedTip: this.#tip };
  }

  #unknown(blobs: readonly Blob[]): readonly Blob[] {
    return blobs.filter(({ hash }) => !this.#knownBlobs.has(hash));
  }

  #know(blobs: readonly Blob[]): void {
    for (const { hash } of blobs) this.#knownBlobs.add(hash);
  }
}
