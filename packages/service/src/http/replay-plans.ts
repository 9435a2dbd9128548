/**
 * What sessions would have cost under other plans.
 *
 * Owns: how much of it one request may ask for, and that others are served meanwhile.
 * Leaves to the audit: the replay, and the advice.
 *
 * P1. A replay is in steps: between two of them other requests are served, and nothing goes on for a client that has left.
 * P2. A tenant's replays are done one after the other.
 * P3. A session is replayed as a whole, as its turns read what those before them wrote; of it only turns of the selection are added up.
 */

import { adviseInSteps, mergeTurns, type RecordedTurn, readRecordedTurns, type Scenario } from '@reprise/audit';
import { type CheckpointStore, isTurnIn, type SessionId, type TurnRange, type TurnRow } from '@reprise/checkpoint';
import { HttpProblem, invalidRequest } from './http-problem.ts';
import { adviceBody, type WhatIfBody } from './schemas/what-if.ts';
import type { HttpService } from './service.ts';
import { takeSteps } from './take-steps.ts';

/** How much is replayed for one request. */
interface ReplayBounds {
  /** Turns, of all sessions together. */
  readonly turns: number;
  readonly sessions: number;
}

/** What a replay takes grows with the square of the turns of a session: so many of one session take some ten seconds. */
const BOUNDS: ReplayBounds = { turns: 2500, sessions: 200 };

export interface ReplayTerms {
  readonly tenant: string;
  /** Default: those that the audit advises from. */
  readonly plans?: readonly Scenario[] | undefined;
  /** Of the client. */
  readonly signal: AbortSignal;
  readonly bounds?: ReplayBounds;
}

export type Replays = Pick<HttpService, 'closing' | 'inTurn' | 'store'>;

/** The branch that the session is on, inherited turns included. Rejects with an `HttpProblem` for one that is too long. */
export function replaySession(service: Replays, id: SessionId, terms: ReplayTerms): Promise<WhatIfBody> {
  return service.inTurn(turnKey(terms), async () => {
    const { length } = await service.store.readTurns(id);
    const { turns: most } = terms.bounds ?? BOUNDS;
    if (length > most) throw tooLong(length, most);
    const turns = await readRecordedTurns(service.store, id);
    return replay(service, turns, { ...terms, sessions: { replayed: 1, selected: 1 }, counts: () => true });
  });
}

/** The sessions with turns in the range, last used first, as far as they fit: of each branch the turns that these sessions committed. */
export function replaySelection(service: Replays, range: TurnRange, terms: ReplayTerms): Promise<WhatIfBody> {
  const { store, inTurn } = service;
  return inTurn(turnKey(terms), async () => {
    const sums = await store.sumTurns({ ...range, by: ['sessionId'] });
    const newest = sums.toSorted((one, other) => other.lastStartedAt - one.lastStartedAt);
    const sessionIds = newest.flatMap(({ key: { sessionId } }) => sessionId ?? []);
    const chosen = await chooseSessions(store, sessionIds, terms.bounds ?? BOUNDS);
    const rows = [...chosen.values()].flat().filter((row) => chosen.has(row.sessionId) && isTurnIn(range, row));
    const ids = new Set(rows.map(({ id }) => id));
    const branches = await Promise.all([...chosen.keys()].map((id) => readRecordedTurns(store, id)));
    return replay(service, mergeTurns(branches), {
      ...terms,
      sessions: { replayed: chosen.size, selected: sums.length },
      counts: ({ row }) => ids.has(row.id),
    });
  });
}

function turnKey({ tenant }: ReplayTerms): string {
  return `replay/${tenant}`;
}

function tooLong(turns: number, most: number): HttpProblem {
  const detail = `The session has ${turns} turns, and up to ${most} are replayed here. \`reprise-audit --advise\` on the store takes any number.`;
  return invalidRequest(detail, 422);
}

/** The first of the sessions that are within the bounds together, with their rows. One that does not fit is left out. */
async function chooseSessions(
  store: Pick<CheckpointStore, 'readSession' | 'readTurns'>,
  sessionIds: readonly SessionId[],
  bounds: ReplayBounds,
): Promise<ReadonlyMap<SessionId, readonly TurnRow[]>> {
  const chosen = new Map<SessionId, readonly TurnRow[]>();
  let turnsLeft = bounds.turns;
  for (const id of sessionIds.slice(0, bounds.sessions)) {
    // Of a session that is gone a fork may have rows.
    const rows = (await store.readSession(id)) ? await store.readTurns(id) : [];
    if (rows.length === 0 || rows.length > turnsLeft) continue;
    chosen.set(id, rows);
    turnsLeft -= rows.length;
  }
  return chosen;
}

interface Replay extends ReplayTerms {
  readonly sessions: WhatIfBody['sessions'];
  readonly counts: (turn: RecordedTurn) => boolean;
}

async function replay(
  { closing }: Replays,
  turns: Iterable<RecordedTurn>,
  { plans, signal: client, sessions, counts }: Replay,
): Promise<WhatIfBody> {
  const signal = AbortSignal.any([client, closing]);
  try {
    const advice = await takeSteps(adviseInSteps(turns, { counts, ...(plans ? { candidates: plans } : {}) }), signal);
    return adviceBody(advice, sessions);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new HttpProblem({ status: 503, code: 'service/stopping', detail: 'The replay was broken off.' });
  }
}
