import type { SQL } from 'drizzle-orm';
import type { Cursor } from '../../page.ts';
import type { SessionId } from '../../session.ts';
import {
  noneStanding,
  type Standing,
  type StandingCountQuery,
  type StandingFilter,
  type StandingQuery,
  type StandingTerms,
} from '../../standing.ts';
import { eachLazily, lazily, type SqliteContext } from '../context.ts';
import { prefixRange } from '../prefix.ts';
import { type StoredSession, selectSessions, storedSession } from './stored-session.ts';

export interface SessionPage extends Cursor {
  readonly search: string;
  readonly limit: number;
  /** Of sessions whose ids begin with this. */
  readonly prefix: string | undefined;
  readonly standing: StandingFilter | undefined;
}

/** Many sessions at a time. Whether the table is whole is for the caller to have looked. */
export function sessionLists(context: SqliteContext) {
  const selects = lazily(() => prepareSelects(context));
  return {
    /** The page of sessions, newest first, and the one after it. */
    page({ prefix, limit, standing, ...query }: SessionPage): readonly StoredSession[] {
      const page = { ...query, count: limit + 1 };
      if (standing)
        return selects()
          .pageOfStanding.all({ ...page, ...among(standing, prefix) })
          .map(storedSession);
      const found =
        prefix === undefined
          ? selects().page.all(page)
          : selects().pageOfPrefix.all({ ...page, ...prefixRange(prefix) });
      return found.map(storedSession);
    },

    /** How many sessions have ids that begin with this. */
    count: (prefix: string): number => selects().countOfPrefix.get(prefixRange(prefix)) ?? 0,

    standings({ sessionIds, ...terms }: StandingQuery): ReadonlyMap<SessionId, Standing> {
      const ids = JSON.stringify(sessionIds.filter((id) => id.isWellFormed()));
      const rows = selects().standingsOf.all({ ...termValues(terms), ids });
      return new Map(rows.map(({ id, standing }) => [id, standing]));
    },

    countStandings({ prefix = '', ...terms }: StandingCountQuery): Readonly<Record<Standing, number>> {
      const counts = noneStanding();
      for (const { standing, count } of selects().countOfStandings.all({
        ...termValues(terms),
        ...prefixRange(prefix),
      }))
        counts[standing] = count;
      return counts;
    },
  };
}

function among({ among: standings, ...terms }: StandingFilter, prefix = '') {
  return { ...termValues(terms), ...prefixRange(prefix), standings: JSON.stringify(standings) };
}

function termValues({ askingKinds, brokenOutcome }: StandingTerms) {
  return { askingKinds: JSON.stringify(askingKinds), brokenOutcome };
}

function prepareSelects(context: SqliteContext) {
  const { connection, db, drizzle } = context;
  const { desc, sql } = drizzle;
  const { sessions } = context.tables;
  const { createdAt, id, seq } = sessions;
  const { placeholder } = sql;
  const isSought = sql`(${placeholder('search')} = '' OR ${says(context)})`;
  const isAfter = sql`(${createdAt}, ${seq}) < (${placeholder('createdAt')}, ${placeholder('seq')})`;
  const isOfPrefix = sql`${id} >= ${placeholder('prefix')} AND ${id} < ${placeholder('prefixEnd')}`;
  const standing = standingOf(context);
  const pageOfPrefix = (isAsked: SQL) =>
    selectSessions(context)
      .where(sql`${seq} IN (
        SELECT ${seq} FROM ${sessions} INDEXED BY sessions_again
        WHERE ${isOfPrefix} AND ${isAfter} AND ${isAsked}
        ORDER BY ${createdAt} DESC, ${seq} DESC LIMIT ${placeholder('count')})`)
      .orderBy(desc(createdAt), desc(seq))
      .prepare();
  return eachLazily({
    countOfPrefix: () =>
      connection
        .prepare<[ReturnType<typeof prefixRange>], number>(
          'SELECT count(*) FROM sessions INDEXED BY sessions_again WHERE id >= @prefix AND id < @prefixEnd',
        )
        .pluck(),
    page: () =>
      selectSessions(context)
        .where(sql`${isAfter} AND ${isSought}`)
        .orderBy(desc(createdAt), desc(seq))
        .limit(placeholder('count'))
        .prepare(),
    // The index has all that tells which sessions are on the page, unless a text is looked for.
    pageOfPrefix: () => pageOfPrefix(isSought),
    pageOfStanding: () =>
      pageOfPrefix(sql`${isSought} AND ${standing} IN (SELECT value FROM json_each(${placeholder('standings')}))`),
    standingsOf: () =>
      db
        .select({ id, standing })
        .from(sessions)
        .where(sql`${id} IN (SELECT value FROM json_each(${placeholder('ids')}))`)
        .prepare(),
    countOfStandings: () =>
      db.select({ standing, count: sql<number>`count(*)` }).from(sessions).where(isOfPrefix).groupBy(sql`1`).prepare(),
  });
}

/** Whether a session, or a snapshot that it made, has the text that is looked for. */
function says({ drizzle: { sql }, tables: { sessions, snapshots } }: SqliteContext): SQL {
  const has = (text: unknown) => sql`instr(lower(${text}), lower(${sql.placeholder('search')}))`;
  return sql`(${has(sessions.id)} OR ${has(sessions.metadata)} OR EXISTS (
    SELECT 1 FROM ${snapshots}
    WHERE ${snapshots.sessionId} = ${sessions.id} AND (${has(snapshots.promptPreview)} OR ${has(snapshots.label)})
  ))`;
}

/** What `standingOf` says of a session. */
function standingOf({ drizzle: { sql }, tables: { entries, runs, sessions } }: SqliteContext): SQL<Standing> {
  const { id, createdAt, forkSessionId, tip, updatedAt } = sessions;
  const { placeholder } = sql;
  // In the words of the index of runs that have not ended.
  const hasRun = (state: string) => sql`EXISTS (
    SELECT 1 FROM ${runs} INDEXED BY runs_not_ended
    WHERE ${runs.sessionId} = ${id} AND ${runs.state} <> 'ended' AND ${runs.state} = ${sql.raw(`'${state}'`)})`;
  const asks = sql`(${forkSessionId} IS NULL OR ${updatedAt} > ${createdAt})
    AND (SELECT ${entries.kind} FROM ${entries} WHERE ${entries.seq} = ${tip})
      IN (SELECT value FROM json_each(${placeholder('askingKinds')}))`;
  const hasBroken = sql`(
    SELECT ${runs.endedAt} >= ${updatedAt} AND instr(${runs.outcome}, ${placeholder('brokenOutcome')}) = 1
    FROM ${runs} INDEXED BY runs_of_session WHERE ${runs.sessionId} = ${id}
    ORDER BY ${runs.createdAt} DESC, ${runs.seq} DESC LIMIT 1)`;
  return sql<Standing>`CASE WHEN ${hasRun('going')} THEN 'running' WHEN ${hasRun('waiting')} THEN 'waiting'
    WHEN ${asks} THEN 'asking' WHEN ${hasBroken} THEN 'broken' ELSE 'idle' END`;
}
