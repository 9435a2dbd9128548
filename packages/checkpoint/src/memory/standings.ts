import { requireText } from '../checks.ts';
import type { RunRecord } from '../run.ts';
import type { SessionId, SessionRecord } from '../session.ts';
import {
  checkStandingTerms,
  noneStanding,
  type Standing,
  type StandingCountQuery,
  type StandingFilter,
  type StandingQuery,
  type StandingTerms,
  standingOf,
} from '../standing.ts';
import type { MemoryData } from './memory-data.ts';

export function readStandings(data: MemoryData, { sessionIds, ...terms }: StandingQuery): Map<SessionId, Standing> {
  const standing = reader(data, terms);
  return new Map(
    sessionIds.flatMap((id) => {
      const session = data.sessions.get(id)?.item;
      return session ? [[id, standing(session)] as const] : [];
    }),
  );
}

export function countStandings(
  data: MemoryData,
  { prefix = '', ...terms }: StandingCountQuery,
): Readonly<Record<Standing, number>> {
  requireText(prefix, 'The prefix');
  const standing = reader(data, terms);
  const counts = noneStanding();
  for (const { item } of data.sessions.values()) if (item.id.startsWith(prefix)) counts[standing(item)] += 1;
  return counts;
}

/** Whether a session stands in one of these ways. */
export function standingFilter(
  data: MemoryData,
  { among, ...terms }: StandingFilter,
): (session: SessionRecord) => boolean {
  const standing = reader(data, terms);
  return (session) => among.includes(standing(session));
}

function reader(data: MemoryData, terms: StandingTerms): (session: SessionRecord) => Standing {
  checkStandingTerms(terms);
  const runsOf = Map.groupBy(data.runs.values(), ({ item }) => item.sessionId);
  return (session) => {
    const runs = (runsOf.get(session.id) ?? [])
      .toSorted((a, b) => b.item.createdAt - a.item.createdAt || b.seq - a.seq)
      .map(({ item }): RunRecord => item);
    const tipKind = data.entries.get(session.tip)?.kind ?? '';
    return standingOf({ session, tipKind, runs }, terms);
  };
}
