/**
 * From what was found to the sessions in it, one after the other.
 *
 * Owns: what one session is, in a store and in a log; that reading never writes.
 * Leaves to the importers: what a log says. To `withExaminedStore`: how a store is read without touching it.
 *
 * V1. Every response counts once: of a store the turns that each session committed itself, those it was rewound from included, not those
 *     that a fork inherited.
 * V2. A session is judged with all its turns, and then shown in the window: what was written before it may be read within.
 * V3. In memory is one session of a store at a time; of logs, all rows of a kind, as a session's files may be anywhere among them.
 */

import {
  type CheckpointStore,
  isTurnIn,
  itemsOf,
  type SessionId,
  type SessionRecord,
  type TurnRow,
  withExaminedStore,
} from '@reprise/checkpoint';
import { asObject } from '@reprise/providers';
import { AuditError } from '../errors.ts';
import { importCassette } from '../import/cassette.ts';
import { importClaudeCode } from '../import/claude-code.ts';
import type { FoundLog } from '../import/find-logs.ts';
import type { ImportReport } from '../import/import-report.ts';
import { type ContentOptions, importJsonLines } from '../import/json-lines.ts';
import type { LogImport } from '../import/log-import.ts';
import { type LedgerRow, ledgerRow } from '../ledger.ts';
import { readRecordedTurns, turnOfRow } from '../replay/recorded-turns.ts';
import { cacheStatement, type StatementOptions, statementOf } from '../statement.ts';
import { tagsOf } from '../store/session-tags.ts';
import type { AuditedSession } from './audited-session.ts';
import { type DamagedSession, damageTold, isUnreadable } from './damaged-session.ts';

export interface VisitOptions extends StatementOptions {
  /** Only these sessions. Rejects with `audit/session-missing` if one of them is nowhere. */
  readonly sessionIds?: readonly string[];
  /** Epoch milliseconds: only turns that were sent then or later. */
  readonly since?: number | undefined;
  /** Epoch milliseconds: only turns that were sent before. */
  readonly until?: number | undefined;
  /** Only turns of these models. */
  readonly models?: readonly string[] | undefined;
  /** Of a Postgres store. */
  readonly schema?: string;
  /** Whether logs are read with the content of their requests, for `recordedTurns`: it takes as much memory. */
  readonly withContent?: boolean;
  /** Is told what is being read, in a few words. */
  readonly onProgress?: (text: string) => void;
}

export interface SessionVisitor {
  readonly session: (session: AuditedSession) => Promise<void>;
  /** Is told of a session that cannot be read, or whose content cannot when `session` asks for it. */
  readonly damaged: (session: DamagedSession) => void;
  /** What the import of logs of one kind met. */
  readonly imported?: (report: ImportReport, kind: FoundLog['kind']) => void;
  /** Is told of what is passed over. */
  readonly onNote?: (note: string) => void;
}

/** A place to read: what was found, or the URL of a Postgres store. */
export type Place = Pick<FoundLog, 'path' | 'kind'> & Partial<Pick<FoundLog, 'isAssumed'>>;

/** Reads all sessions of the places. Rejects with what a store rejects with that is not about one session alone. Nothing is written. */
export async function visitSessions(
  places: readonly Place[],
  options: VisitOptions,
  visitor: SessionVisitor,
): Promise<void> {
  const missing = new Set(options.sessionIds);
  const seen: SessionVisitor = {
    ...visitor,
    session: (session) => {
      missing.delete(session.sessionId);
      return visitor.session(session);
    },
    damaged: (session) => {
      missing.delete(session.sessionId);
      visitor.damaged(session);
    },
  };
  for (const place of places.filter(({ kind }) => kind === 'store')) await visitPlace(place, options, seen);
  for (const kind of ['claude-code', 'json-lines', 'cassette'] as const) {
    const paths = places.filter((place) => place.kind === kind).map(({ path }) => path);
    if (paths.length > 0) await visitLogs(kind, paths, { options, visitor: seen });
  }
  const [lost] = missing;
  if (lost !== undefined)
    throw new AuditError('audit/session-missing', `There is no session "${lost}" in what was read.`);
}

/** A path as it is, and the URL of a database without what only its owner should see. */
export function shownLocation(location: string): string {
  if (!/^postgres(ql)?:\/\//.test(location)) return location;
  const { protocol, host, pathname } = new URL(location);
  return `${protocol}//${host}${pathname}`;
}

async function visitPlace(place: Place, options: VisitOptions, visitor: SessionVisitor): Promise<void> {
  try {
    await visitStore(place.path, options, visitor);
  } catch (error) {
    // What was only taken for a store may be another program's.
    if (!place.isAssumed || asObject(error)?.['code'] !== 'checkpoint/not-a-store') throw error;
    visitor.onNote?.(`${place.path} is a database of another program and was passed over.`);
  }
}

async function visitStore(location: string, options: VisitOptions, visitor: SessionVisitor): Promise<void> {
  const { schema, sessionIds, onProgress } = options;
  const source = shownLocation(location);
  onProgress?.(`reading ${source}`);
  await withExaminedStore({ location, ...(schema === undefined ? {} : { schema }) }, async (store) => {
    let count = 0;
    for await (const { id, read } of sessionsOf(store, sessionIds)) {
      count += 1;
      onProgress?.(`reading ${source}: session ${count}`);
      try {
        const record = await read();
        if (record) await visitor.session(await auditedSession(store, record, { ...options, source }));
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        visitor.damaged({ sessionId: id, source, problem: damageTold(error) });
      }
    }
  });
}

type AuditedRowsOptions = StatementOptions &
  Pick<VisitOptions, 'models' | 'since' | 'until'> & { readonly source: string };

/** A session of a store that is open. Rejects with `audit/unreadable-row`, and with what the store rejects with. */
export async function auditedSession(
  store: Pick<CheckpointStore, 'readBlobs' | 'readEntries' | 'readLedger' | 'readSession' | 'readTurns'>,
  record: Pick<SessionRecord, 'id' | 'metadata'>,
  options: AuditedRowsOptions,
): Promise<AuditedSession> {
  const session = auditedRows(await store.readLedger(record.id), record, options);
  return { ...session, recordedTurns: () => readRecordedTurns(store, record.id) };
}

/** The same of rows alone: nothing is known of their requests. Throws `audit/unreadable-row`. */
export function auditedRows(
  rows: readonly TurnRow[],
  record: Pick<SessionRecord, 'id' | 'metadata'>,
  { source, ...options }: AuditedRowsOptions,
): AuditedSession {
  const ledger = rows.map((row) => ({ ...ledgerRow(row), sessionId: record.id }));
  const named = {
    sessionId: record.id,
    source,
    tags: tagsOf(record),
    recordedTurns: async () => ledger.map(turnOfRow),
  };
  return audited(ledger, named, options);
}

interface FoundSession {
  readonly id: SessionId;
  /** `undefined` if it is not there. */
  readonly read: () => Promise<SessionRecord | undefined>;
}

async function* sessionsOf(
  store: CheckpointStore,
  sessionIds: readonly SessionId[] | undefined,
): AsyncGenerator<FoundSession, void, undefined> {
  const readLater = (id: SessionId): FoundSession => ({ id, read: () => store.readSession(id) });
  if (sessionIds) return yield* sessionIds.map(readLater);
  const listed = new Set<SessionId>();
  try {
    for await (const record of itemsOf((page) => store.listSessions(page))) {
      listed.add(record.id);
      yield { id: record.id, read: async () => record };
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    // One row that cannot be read hides a page of others, which the search for damage comes by one by one.
    const all: SessionId[] = [];
    for await (const _damage of store.findDamage({ onSession: (id) => all.push(id) }));
    yield* all.filter((id) => !listed.has(id)).map(readLater);
  }
}

type Importer = (paths: readonly string[], options: ContentOptions) => LogImport;

const IMPORTERS: Readonly<Record<Exclude<FoundLog['kind'], 'store'>, Importer>> = {
  'claude-code': importClaudeCode,
  'json-lines': importJsonLines,
  cassette: importCassette,
};

async function visitLogs(
  kind: keyof typeof IMPORTERS,
  paths: readonly string[],
  { options, visitor }: { readonly options: VisitOptions; readonly visitor: SessionVisitor },
): Promise<void> {
  const { sessionIds, onProgress, withContent = false } = options;
  const wanted = sessionIds && new Set(sessionIds);
  const sessions = new Map<string, LedgerRow[]>();
  const logs = IMPORTERS[kind](paths, { withPrefix: withContent });
  let count = 0;
  for await (const row of logs) {
    count += 1;
    if (count % 1000 === 1) onProgress?.(`reading ${kind} logs: ${count} responses`);
    const name = row.sessionId ?? row.source?.path ?? kind;
    if (wanted && !wanted.has(name)) continue;
    const rows = sessions.get(name);
    if (rows) rows.push(row);
    else sessions.set(name, [row]);
  }
  visitor.imported?.(logs.report(), kind);
  for (const [sessionId, rows] of sessions) {
    rows.sort((one, other) => one.startedAt - other.startedAt);
    const source = rows[0]?.source?.path ?? kind;
    const recordedTurns = async () => rows.map(turnOfRow);
    await visitor.session(audited(rows, { sessionId, source, tags: [], recordedTurns }, options));
    sessions.delete(sessionId);
  }
}

function audited(
  rows: readonly LedgerRow[],
  named: Omit<AuditedSession, 'statement' | 'turnTags'>,
  options: VisitOptions,
): AuditedSession {
  const whole = cacheStatement(rows, options);
  const turns = whole.turns.filter((turn) => isTurnIn(options, turn));
  const statement = turns.length === whole.turns.length ? whole : statementOf(turns, options);
  return { ...named, statement, turnTags: new Map(rows.map((row) => [row.id, tagsOfRow(row)])) };
}

function tagsOfRow({ tags = {}, project }: LedgerRow): readonly string[] {
  const own = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return project === undefined ? own : [...own, `project=${project}`];
}
