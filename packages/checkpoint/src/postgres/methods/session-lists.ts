import type { SQL } from 'drizzle-orm';
import { requireText } from '../../checks.ts';
import { type Page, pageBounds, pageOf } from '../../page.ts';
import type { SessionId, SessionRecord } from '../../session.ts';
import { prefixEnd } from '../../sql/prefix-end.ts';
import {
  checkStandingTerms,
  noneStanding,
  type Standing,
  type StandingCountQuery,
  type StandingQuery,
} from '../../standing.ts';
import type { CheckpointStore, SessionListQuery } from '../../store.ts';
import type { Connection, Database } from '../database.ts';
import { pageValues, says } from '../lists.ts';
import { selectSessions, storedSession } from '../rows/sessions.ts';
import { prepared, type StatementSource } from '../statements.ts';

type SessionListMethods = Pick<CheckpointStore, 'countSessions' | 'countStandings' | 'listSessions' | 'readStandings'>;

export function createSessionLists(database: Database): SessionListMethods {
  return {
    listSessions: (query) => database.ask((connection) => listSessions(connection, query)),
    countSessions: (query) => database.ask((connection) => countSessions(connection, query)),
    readStandings: (query) => database.ask((connection) => readStandings(connection, query)),
    countStandings: (query) => database.ask((connection) => countStandings(connection, query)),
  };
}

async function listSessions(connection: Connection, query: SessionListQuery = {}): Promise<Page<SessionRecord>> {
  const { prefix = '', standing } = query;
  const bounds = pageBounds(query);
  requireText(prefix, 'The prefix');
  if (standing) checkStandingTerms(standing);
  const { page, pageOfPrefix, pageOfStanding } = connection.use(prepareLists);
  const values = { ...pageValues(bounds), turnId: null, snapshotId: null };
  const rows = standing
    ? await pageOfStanding.execute({ ...values, ...prefixValues(prefix), ...standing })
    : await (prefix === '' ? page.execute(values) : pageOfPrefix.execute({ ...values, ...prefixValues(prefix) }));
  const sessions = rows.map((row) => storedSession(row, connection.clock));
  return pageOf(
    sessions.map(({ seq, record }) => ({ seq, createdAt: record.createdAt, item: record })),
    bounds.limit,
  );
}

async function countSessions(
  connection: Connection,
  { prefix = '' }: { readonly prefix?: string | undefined } = {},
): Promise<number> {
  requireText(prefix, 'The prefix');
  const [row] = await connection.use(prepareLists).countOfPrefix.execute(prefixValues(prefix));
  return row?.count ?? 0;
}

async function readStandings(connection: Connection, query: StandingQuery): Promise<ReadonlyMap<SessionId, Standing>> {
  checkStandingTerms(query);
  const sessionIds = query.sessionIds.filter((id) => id.isWellFormed() && !id.includes('\0'));
  const rows = await connection.use(prepareLists).standingsOf.execute({ ...query, sessionIds });
  return new Map(rows.map(({ id, standing }) => [id, standing]));
}

async function countStandings(
  connection: Connection,
  { prefix = '', ...terms }: StandingCountQuery,
): Promise<Readonly<Record<Standing, number>>> {
  requireText(prefix, 'The prefix');
  checkStandingTerms(terms);
  const rows = await connection.use(prepareLists).countOfStandings.execute({ ...terms, ...prefixValues(prefix) });
  const counts = noneStanding();
  for (const { standing, count } of rows) counts[standing] = count;
  return counts;
}

function prefixValues(prefix: string) {
  return { prefix, prefixEnd: prefixEnd(prefix) ?? null };
}

function prepareLists(source: StatementSource) {
  const { db, tables, orm } = source;
  const { sessions, snapshots } = tables;
  const { desc, sql } = orm;
  const { placeholder } = sql;
  const { createdAt, id, metadata, seq } = sessions;
  const isFound = sql`(${says(source, id)} OR ${says(source, metadata)} OR EXISTS (
    SELECT FROM ${snapshots} WHERE ${snapshots.sessionId} = ${id}
    AND (${says(source, snapshots.promptPreview)} OR ${says(source, snapshots.label)})
  ))`;
  const isAfter = sql`(${createdAt}, ${seq}) < (${placeholder('createdAt')}::bigint, ${placeholder('seq')}::bigint)`;
  const isOfPrefix = sql`${id} >= ${placeholder('prefix')}::text
    AND (${placeholder('prefixEnd')}::text IS NULL OR ${id} < ${placeholder('prefixEnd')}::text)`;
  const standing = standingOf(source);
  const page = (isAsked: SQL) =>
    prepared(
      selectSessions(source)
        .where(sql`${isAsked} AND (${placeholder('search')} = '' OR ${isFound})`)
        .orderBy(desc(createdAt), desc(seq))
        .limit(placeholder('count')),
    );
  return {
    page: page(isAfter),
    pageOfPrefix: page(sql`${isAfter} AND ${isOfPrefix}`),
    pageOfStanding: page(sql`${isAfter} AND ${isOfPrefix} AND ${standing} = ANY(${placeholder('among')}::text[])`),
    countOfPrefix: prepared(db.select({ count: sql<number>`count(*)::int` }).from(sessions).where(isOfPrefix)),
    standingsOf: prepared(
      db
        .select({ id, standing })
        .from(sessions)
        .where(sql`${id} = ANY(${placeholder('sessionIds')}::text[])`),
    ),
    countOfStandings: prepared(
      db.select({ standing, count: sql<number>`count(*)::int` }).from(sessions).where(isOfPrefix).groupBy(sql`1`),
    ),
  };
}

/** What `standingOf` says of a session. */
function standingOf({ orm: { sql }, tables: { entries, runs, sessions } }: StatementSource): SQL<Standing> {
  const { id, createdAt, forkSessionId, tip, updatedAt } = sessions;
  const { placeholder } = sql;
  const hasRun = (state: string) => sql`EXISTS (
    SELECT FROM ${runs} WHERE ${runs.sessionId} = ${id} AND ${runs.state} = ${sql.raw(`'${state}'`)})`;
  const asks = sql`(${forkSessionId} IS NULL OR ${updatedAt} > ${createdAt})
    AND (SELECT e.kind FROM ${entries} e WHERE e.seq = ${tip}) = ANY(${placeholder('askingKinds')}::text[])`;
  const hasBroken = sql`(
    SELECT ${runs.endedAt} >= ${updatedAt} AND starts_with(${runs.outcome}, ${placeholder('brokenOutcome')}::text)
    FROM ${runs} WHERE ${runs.sessionId} = ${id}
    ORDER BY ${runs.createdAt} DESC, ${runs.seq} DESC LIMIT 1)`;
  return sql<Standing>`CASE WHEN ${hasRun('going')} THEN 'running' WHEN ${hasRun('waiting')} THEN 'waiting'
    WHEN ${asks} THEN 'asking' WHEN ${hasBroken} THEN 'broken' ELSE 'idle' END`;
}
