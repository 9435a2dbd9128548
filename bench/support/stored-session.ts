import { type Blob, type CheckpointStore, hashBlob, type NewTurn } from '@reprise/checkpoint';
import { textOf } from './texts.ts';

export const ANSWER_BYTES = 2048;
export const QUESTION_BYTES = 100;

/** One turn, ready to be written: each step is one call of the store. */
export interface PreparedTurn {
  question(): Promise<void>;
  begin(): Promise<void>;
  commit(): Promise<void>;
}

/** Writes turns to a session of its own, as an agent would, with the model left out. */
export class SessionWriter {
  readonly #store: CheckpointStore;
  readonly #sessionId: string;
  #tip: string;
  #turns: number;

  /** Goes on from where the session is, or creates it. */
  static async open(store: CheckpointStore, sessionId: string): Promise<SessionWriter> {
    const known = await store.readSession(sessionId);
    const { tip } = known ?? (await store.createSession({ id: sessionId, createdAt: Date.now() }));
    const turns = known ? (await store.readLastSnapshot(sessionId))?.turnCount : undefined;
    return new SessionWriter(store, { sessionId, tip, turns: turns ?? 0 });
  }

  private constructor(store: CheckpointStore, start: { sessionId: string; tip: string; turns: number }) {
    this.#store = store;
    this.#sessionId = start.sessionId;
    this.#tip = start.tip;
    this.#turns = start.turns;
  }

  get turns(): number {
    return this.#turns;
  }

  /** The id of the last turn's snapshot. */
  get lastSnapshotId(): string {
    return `${this.#sessionId}/snapshot-${this.#turns}`;
  }

  async growTo(turns: number): Promise<void> {
    while (this.#turns < turns) {
      const turn = this.prepare();
      await turn.question();
      await turn.begin();
      await turn.commit();
    }
  }

  /** A user entry that names a blob of these bytes. */
  async addMedia(bytes: Uint8Array): Promise<void> {
    const blob: Blob = { hash: hashBlob(bytes), bytes };
    const payload = JSON.stringify({ v: 2, message: { role: 'user', content: [{ type: 'image', data: blob.hash }] } });
    const entries = [{ kind: 'user-message', payload, blobs: [blob.hash] }];
    await this.#append({ entries, blobs: [blob] });
  }

  prepare(): PreparedTurn {
    this.#turns += 1;
    const number = this.#turns;
    const question = textOf(number, QUESTION_BYTES);
    const answer = textOf(number, ANSWER_BYTES);
    const turn = newTurn(`${this.#sessionId}/turn-${number}`, number);
    const entry = { kind: 'assistant-message', payload: payloadOf('assistant', answer) };
    const snapshot = { id: this.lastSnapshotId, ...snapshotContent(number, question) };
    const place = () => ({ sessionId: this.#sessionId, expectedTip: this.#tip });
    return {
      question: () => this.#append({ entries: [{ kind: 'user-message', payload: payloadOf('user', question) }] }),
      begin: () => this.#store.beginTurn({ ...place(), turn }),
      commit: async () => {
        const commit = { ...place(), entry, turn, snapshot, at: Date.now() };
        this.#tip = (await this.#store.commitTurn(commit)).tip;
      },
    };
  }

  async #append(append: Pick<Parameters<CheckpointStore['appendEntries']>[0], 'entries' | 'blobs'>): Promise<void> {
    const place = { sessionId: this.#sessionId, expectedTip: this.#tip, at: Date.now() };
    this.#tip = (await this.#store.appendEntries({ ...place, ...append })).tip;
  }
}

function payloadOf(role: string, text: string): string {
  return JSON.stringify({ v: 2, message: { role, content: [{ type: 'text', text }] } });
}

/** A row as a request to Anthropic with two marks makes it. */
function newTurn(id: string, number: number): NewTurn {
  const cacheRead = 500 * number;
  return {
    id,
    responseId: 'msg_01XFDUDYJgAACzvnptvVoYEL',
    family: 'anthropic',
    model: 'claude-opus-5',
    startedAt: Date.now(),
    firstTokenMs: 412.5,
    durationMs: 9500.25,
    stopReason: 'end-turn',
    usageState: 'final',
    tokens: {
      fresh: 4,
      cacheRead,
      cacheWrite5m: 520,
      cacheWrite1h: 0,
      cacheWrite30m: null,
      cacheWrite12h: null,
      cacheWriteUnknown: null,
      output: 490,
      reasoning: null,
    },
    serverTools: '{}',
    rawUsage: rawUsage(cacheRead),
    serviceTier: 'standard',
    prefixFingerprint: hashBlob(Buffer.from(id)),
    prefixBlocks: 2 * number,
    systemHash: null,
    toolsHash: null,
    requestOptions: '{"maxTokens":4096}',
    marks: JSON.stringify([mark(0, 'system[0]'), mark(2 * number - 2), mark(2 * number)]),
    costPicoUsd: 12_345_678_900n,
  };
}

/** A cache mark as a plan tells of it. */
function mark(blockIndex: number, path = `messages[${blockIndex}].content[0]`) {
  return { blockIndex, path, lifetime: '5m', reason: 'the end of what the next request will read from the cache' };
}

function rawUsage(cacheRead: number): string {
  return JSON.stringify({
    input_tokens: 4,
    cache_creation_input_tokens: 520,
    cache_read_input_tokens: cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: 520, ephemeral_1h_input_tokens: 0 },
    output_tokens: 490,
    service_tier: 'standard',
  });
}

function snapshotContent(turnCount: number, prompt: string) {
  return {
    turnCount,
    messageCount: 2 * turnCount,
    silentTurnCount: 0,
    promptPreview: prompt.slice(0, 80),
    tokenSnapshot: {
      input: 4 * turnCount,
      output: 490 * turnCount,
      reasoning: 0,
      cacheRead: 250 * turnCount * turnCount,
      cacheWrite: 520 * turnCount,
    },
  };
}
