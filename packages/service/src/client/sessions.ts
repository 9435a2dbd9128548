import type { ApprovalBody, ApprovalListBody, DecideBody, DecidedBody } from '../http/schemas/approval.ts';
import type { InputBody, MessageItemBody, MessagePageBody } from '../http/schemas/message.ts';
import type { BusyChoice, RunBody } from '../http/schemas/run.ts';
import type {
  ForkBody,
  NewSessionBody,
  SessionBody,
  SessionChangeBody,
  SessionCountsBody,
  SessionState,
} from '../http/schemas/session.ts';
import type { RewindBody, RewoundBody, SnapshotBody } from '../http/schemas/snapshot.ts';
import type { ExplanationBody, SessionStatementBody } from '../http/schemas/statement.ts';
import type { TurnBody, TurnPageBody } from '../http/schemas/turn.ts';
import type { WarmUntilBody } from '../http/schemas/warm-until.ts';
import type { WhatIfBody } from '../http/schemas/what-if.ts';
import { type PageOf, type Pages, pagesOf } from './pages.ts';
import { createRunHandle, type RunHandle, type RunTerms } from './run-handle.ts';
import type { CallOptions, ClientRequest } from './transport.ts';

/** The sessions of a service. Every method rejects with a `ServiceProblem`, or with the reason of its signal. */
export interface SessionsClient {
  /** With the id of a session that is there it rejects; sent twice over a bad connection it makes one session all the same. */
  create(session?: NewSessionBody, options?: CallOptions): Promise<SessionBody>;
  /** Newest first. */
  list(query?: SessionsQuery): Pages<SessionBody>;
  /** How many there are in each state. */
  count(options?: CallOptions): Promise<SessionCountsBody>;
  get(id: string, options?: CallOptions): Promise<SessionBody>;
  update(id: string, change: SessionChangeBody, options?: CallOptions): Promise<SessionBody>;
  /** For good, with its runs. */
  delete(id: string, options?: CallOptions): Promise<void>;
  /** The messages of its branch, oldest first; or those up to a snapshot that it made or has on its branch. */
  messages(id: string, query?: PageQuery & { readonly snapshot?: string }): Pages<MessageItemBody, MessagePageBody>;
  /** The last of its messages, or those that go before a page, which gave `previous`; oldest first all the same. */
  messagesBefore(id: string, query?: PageQuery & { readonly before?: string }): Promise<MessagePageBody>;
  /** The ledger of its branch, or of its whole life, oldest first. */
  turns(id: string, query?: PageQuery & { readonly scope?: 'branch' | 'lifetime' }): Pages<TurnBody, TurnPageBody>;
  /** The last of its branch's turns, or those that go before a page, which gave `previous`; oldest first all the same. */
  turnsBefore(id: string, query?: PageQuery & { readonly before?: string }): Promise<TurnPageBody>;
  /**
   * Says something. Resolves when the run is kept, and will be done whatever becomes of this client: sent twice over a bad connection it is
   * one run all the same.
   */
  send(id: string, input: InputBody, options?: SendOptions): Promise<RunHandle>;
  /** Goes on from where the conversation stopped: after a decision, an error or a stop. */
  goOn(id: string, options?: SendOptions): Promise<RunHandle>;
  /** A run of the session, such as one that another client began. Asks nothing of the service. */
  run(id: string, runId: string): RunHandle;
  /** Its runs, newest first. */
  runs(id: string, query?: PageQuery & { readonly state?: RunBody['state'] }): Pages<RunBody>;
  /** What it can be rewound to: all it has made, newest first; or what its branch has, those of a fork's origin included, oldest first. */
  snapshots(id: string, query?: SnapshotsQuery): Pages<SnapshotBody>;
  /** A new session that shares everything up to a snapshot with this one, by default to its last turn; as safe to send twice as `create`. */
  fork(id: string, fork?: ForkBody, options?: CallOptions): Promise<SessionBody>;
  /** Takes it back to a snapshot. Nothing is lost: `left` leads back. */
  rewind(id: string, rewind: RewindBody, options?: CallOptions): Promise<RewoundBody>;
  /** Gives a snapshot that the session made a name; `null` takes it away. */
  label(id: string, snapshotId: string, label: string | null, options?: CallOptions): Promise<SnapshotBody>;
  /** The tool calls that wait for a decision, or were decided and not carried out yet. */
  approvals(id: string, options?: CallOptions): Promise<ApprovalListBody['items']>;
  /** What became of a tool call that was to be decided on, carried out or not. */
  approval(id: string, approvalId: string, options?: CallOptions): Promise<ApprovalBody>;
  /** Decides on a tool call; with `continue`, a run carries it out. */
  decide(id: string, approvalId: string, decision: DecideBody, options?: CallOptions): Promise<Decided>;
  statement(
    id: string,
    query?: CallOptions & { readonly scope?: 'branch' | 'lifetime' },
  ): Promise<SessionStatementBody>;
  /** What broke its cache. */
  explanation(id: string, options?: CallOptions): Promise<ExplanationBody>;
  /** Until when the vendor's cache holds it, and what its next message costs. */
  warmUntil(id: string, options?: CallOptions): Promise<WarmUntilBody>;
  /** What its branch would have cost under other plans, such as `auto,ttl=1h`; default: all that can be advised. */
  whatIf(id: string, query?: CallOptions & { readonly plans?: readonly string[] }): Promise<WhatIfBody>;
}

export interface PageQuery extends CallOptions {
  /** How many items a page has at most. */
  readonly limit?: number;
}

export interface SessionsQuery extends PageQuery {
  /** Looks at ids, metadata, prompts and labels. */
  readonly search?: string;
  /** Only those in one of these states. */
  readonly state?: SessionState | readonly SessionState[];
}

export interface SnapshotsQuery extends PageQuery {
  /** Default `made`. */
  readonly scope?: 'branch' | 'made';
  /** Looks at prompts and labels; with the scope `made`. */
  readonly search?: string;
}

export interface SendOptions extends CallOptions {
  /** What to do while another run has the session. Default `queue`. */
  readonly onBusy?: BusyChoice;
  /** Creates the session if it is not there. Default false. */
  readonly create?: boolean;
  /** Names the run: the same message with the same key is the same run, also from another client. Default: a new key. */
  readonly key?: string;
}

export interface Decided extends Omit<DecidedBody, 'run'> {
  readonly run: RunHandle | null;
}

export function createSessionsClient(terms: Omit<RunTerms, 'id' | 'sessionId'>): SessionsClient {
  const { transport, ports } = terms;
  const ask = <Body>(
    method: ClientRequest['method'],
    path: readonly string[],
    more?: Partial<ClientRequest>,
  ): Promise<Body> => transport.json({ method, path: ['v1', 'sessions', ...path], ...more });
  const pages = <Item, Page extends PageOf<Item> = PageOf<Item>>(
    path: readonly string[],
    query: NonNullable<ClientRequest['query']>,
    signal: AbortSignal | undefined,
  ): Pages<Item, Page> => pagesOf((after) => ask('GET', path, { query: { ...query, after }, signal }));
  const run = (sessionId: string, id: string): RunHandle => createRunHandle({ ...terms, sessionId, id });

  /** A request that the service knows again, so that it can be sent again. */
  const once = (key: string = ports.createId()): Pick<ClientRequest, 'headers' | 'isRepeatable'> => ({
    headers: { 'idempotency-key': key },
    isRepeatable: true,
  });

  async function start(id: string, input: InputBody | undefined, options: SendOptions = {}): Promise<RunHandle> {
    const { onBusy, create, key = ports.createId(), signal } = options;
    const started = await ask<RunBody>('POST', [id, 'runs'], {
      body: { input, onBusy },
      query: { create: create ? 'true' : undefined },
      ...once(key),
      signal,
    });
    return run(id, started.id);
  }

  return {
    create: (session = {}, options) => ask('POST', [], { body: session, ...once(), ...options }),
    list: ({ signal, search, limit, state } = {}) =>
      pages([], { search, limit, state: [state ?? []].flat().join(',') || undefined }, signal),
    count: ({ signal } = {}) => transport.json({ method: 'GET', path: ['v1', 'session-counts'], signal }),
    get: (id, options) => ask('GET', [id], options),
    update: (id, change, options) => ask('PATCH', [id], { body: change, ...options }),
    delete: (id, options) => ask('DELETE', [id], options),
    messages: (id, { signal, limit, snapshot } = {}) => pages([id, 'messages'], { limit, snapshot }, signal),
    messagesBefore: (id, { signal, before = 'end', limit } = {}) =>
      ask('GET', [id, 'messages'], { query: { before, limit }, signal }),
    turns: (id, { signal, limit, scope } = {}) => pages([id, 'turns'], { limit, scope }, signal),
    turnsBefore: (id, { signal, before = 'end', limit } = {}) =>
      ask('GET', [id, 'turns'], { query: { before, limit }, signal }),
    send: start,
    goOn: (id, options) => start(id, undefined, options),
    run,
    runs: (id, { signal, limit, state } = {}) => pages([id, 'runs'], { limit, state }, signal),
    snapshots: (id, { signal, limit, scope, search } = {}) =>
      pages([id, 'snapshots'], { limit, scope, search }, signal),
    fork: (id, fork = {}, options) => ask('POST', [id, 'fork'], { body: fork, ...once(), ...options }),
    rewind: (id, rewind, options) => ask('POST', [id, 'rewind'], { body: rewind, ...options }),
    label: (id, snapshotId, label, options) =>
      ask('PATCH', [id, 'snapshots', snapshotId], { body: { label }, ...options }),
    approvals: async (id, options) => (await ask<ApprovalListBody>('GET', [id, 'approvals'], options)).items,
    approval: (id, approvalId, options) => ask('GET', [id, 'approvals', approvalId], options),
    async decide(id, approvalId, decision, options) {
      const decided = await ask<DecidedBody>('POST', [id, 'approvals', approvalId], { body: decision, ...options });
      return { ...decided, run: decided.run ? run(id, decided.run.id) : null };
    },
    statement: (id, { signal, scope } = {}) => ask('GET', [id, 'statement'], { query: { scope }, signal }),
    explanation: (id, options) => ask('GET', [id, 'explanation'], options),
    warmUntil: (id, options) => ask('GET', [id, 'warm-until'], options),
    whatIf: (id, { signal, plans } = {}) => ask('GET', [id, 'what-if'], { query: { plan: plans }, signal }),
  };
}
