import type { AgentListBody } from '../http/schemas/agents.ts';
import type { OpenApprovalsBody } from '../http/schemas/approval.ts';
import type { CallerBody } from '../http/schemas/caller.ts';
import type { StatementBody, StatementKey } from '../http/schemas/statement.ts';
import type { WhatIfBody } from '../http/schemas/what-if.ts';
import { type Pages, pagesOf } from './pages.ts';
import { browserPorts, type ClientPorts, DEFAULT_PATIENCE, type Patience } from './patience.ts';
import { createSessionsClient, type PageQuery, type SessionsClient } from './sessions.ts';
import { type CallOptions, createTransport } from './transport.ts';

export interface ClientOptions {
  /** Sent as `Authorization: Bearer …`; a function is asked before each request. Default: none. */
  readonly token?: string | (() => Promise<string> | string);
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For operators: the tenant whose sessions are read, or `*` for all in lists. Nothing is written there. Default: the caller's own. */
  readonly tenant?: string;
  /** How long an answer may take to begin, in ms. Default 30 000. */
  readonly timeoutMs?: number;
  /** After how long without a word, of which a service says one each 15 s, a stream is dead, in ms. Default 40 000. */
  readonly silenceMs?: number;
  /** How long to try what passes. Defaults: waits from 0.5 s to 15 s, and gives up after 2 minutes without a sign of life. */
  readonly patience?: Partial<Patience>;
  /** For tests. */
  readonly ports?: Partial<ClientPorts>;
}

/** A service of agents, as its clients see it. */
export interface ServiceClient {
  readonly sessions: SessionsClient;
  /** The sessions whose tool calls wait for a decision, newest first, with these calls. */
  approvals(query?: PageQuery): Pages<OpenApprovalsBody>;
  /** The agents that sessions can have. */
  agents(options?: CallOptions): Promise<AgentListBody['items']>;
  /** Who this client is to the service. */
  caller(options?: CallOptions): Promise<CallerBody>;
  /** What the turns of the tenant come to, in groups. */
  statement(query?: StatementQuery): Promise<StatementBody>;
  /** The same as a report for people, while it is made. */
  report(query: ReportQuery): Promise<Response>;
  /** What the turns would have cost under other plans, of as many of the newest sessions as can be replayed. */
  whatIf(query?: WhatIfQuery): Promise<WhatIfBody>;
}

/** Which turns of the tenant's. */
export interface SelectionQuery extends CallOptions {
  /** Epoch milliseconds. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Those that answered. Default: all. */
  readonly models?: readonly string[] | undefined;
  /** Those that committed the turns. Default: all. */
  readonly sessions?: readonly string[] | undefined;
}

export interface WhatIfQuery extends SelectionQuery {
  /** Such as `auto,ttl=1h`. Default: all that can be advised. */
  readonly plans?: readonly string[];
}

export interface StatementQuery extends SelectionQuery {
  /** What the turns of a group have in common. Default `day`. */
  readonly by?: StatementKey | readonly StatementKey[];
  /** Whose days, such as `Europe/Lisbon`. Default UTC. */
  readonly timeZone?: string;
}

export interface ReportQuery extends Omit<StatementQuery, 'by'> {
  readonly type: 'text/csv' | 'text/html';
  /** Default `day`. */
  readonly by?: StatementKey;
}

/** A client of the service at that address, under which its `/v1` is. Connects to nothing by itself. */
export function createClient(url: string | URL, options: ClientOptions = {}): ServiceClient {
  const { token, tenant, headers = {}, timeoutMs = 30_000, silenceMs = 40_000 } = options;
  const patience = { ...DEFAULT_PATIENCE, ...options.patience };
  const ports = { ...browserPorts, ...options.ports };
  const transport = createTransport({
    url: String(url),
    // A browser's own `fetch` must be called as the window's.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    token: () => (typeof token === 'function' ? token() : token),
    headers,
    tenant,
    timeoutMs,
    patience,
    ports,
  });
  return {
    sessions: createSessionsClient({ transport, silenceMs, patience, ports }),
    approvals: ({ signal, limit } = {}) =>
      pagesOf((after) => transport.json({ method: 'GET', path: ['v1', 'approvals'], query: { limit, after }, signal })),
    agents: async (call) =>
      (await transport.json<AgentListBody>({ method: 'GET', path: ['v1', 'agents'], ...call })).items,
    caller: (call) => transport.json({ method: 'GET', path: ['v1', 'caller'], ...call }),
    statement: ({ signal, by, ...query } = {}) =>
      transport.json({
        method: 'GET',
        path: ['v1', 'statement'],
        query: { ...selected(query), by: [by ?? []].flat().join(',') || undefined },
        signal,
      }),
    report: ({ signal, type, ...query }) =>
      transport.stream({
        method: 'GET',
        path: ['v1', 'statement'],
        query: selected(query),
        headers: { accept: type },
        signal,
      }),
    whatIf: ({ signal, plans, ...query } = {}) =>
      transport.json({ method: 'GET', path: ['v1', 'what-if'], query: { ...selected(query), plan: plans }, signal }),
  };
}

/** As the service's queries are called. */
function selected<Query extends SelectionQuery>({ models, sessions, ...query }: Query) {
  return { ...query, model: models, session: sessions };
}
