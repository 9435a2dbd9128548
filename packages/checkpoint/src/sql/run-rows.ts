/**
 * Runs and their events as SQL hands them out ↔ as the contract names them, alike for both databases.
 *
 * Owns: what is computed over a row when it is written, and the check of it.
 * Leaves to the stores: which rows are read.
 *
 * Q1. What was asked for, which may be long, is checked on its own, so that a run goes on without its request being read.
 * Q2. The events of one append are one row. The rows of a run lead from the first event to its last one; one that is lost is missed.
 */

import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { RunEvent, RunRecord } from '../run.ts';
import { corrupt } from './rows.ts';

/** All of a run but what was asked for. */
export type RunProgress = Omit<RunRecord, 'request'>;

/** A run without its request, and what was computed over it. */
export interface RunProgressSelection extends RunProgress {
  readonly requestChecksum: number;
  readonly hash: string;
}

export interface RunSelection extends RunProgressSelection {
  readonly request: string;
}

/** The events of one append, with the numbers of the first and the last. */
export interface EventsRow {
  readonly firstEvent: number;
  readonly lastEvent: number;
  /** A JSON array of texts. */
  readonly events: string;
  /** Over all of this and the run. */
  readonly checksum: number;
}

export function requestChecksum(request: string): number {
  return crc32(request);
}

/** SHA-256 of the UTF-8 bytes of a JSON array of the fields in the order written here, in hexadecimal digits. */
export function hashRun(run: RunProgress, requestChecksum: number): string {
  const fields = [
    run.id,
    run.sessionId,
    run.state,
    run.attempt,
    run.holder,
    Number(run.stopRequested),
    run.lastEvent,
    run.createdAt,
    run.startedAt,
    run.endedAt,
    run.outcome,
    requestChecksum,
  ];
  return hash('sha256', JSON.stringify(fields), 'hex');
}

export function runFromRow(row: RunSelection): RunRecord {
  const { id, sessionId, ...progress } = progressFromRow(row);
  if (!isStillText(row.request) || requestChecksum(row.request) !== row.requestChecksum)
    throw corrupt(`the request of run '${id}' ${CHANGED}`);
  return { id, sessionId, request: row.request, ...progress };
}

export function progressFromRow(row: RunProgressSelection): RunProgress {
  const run: RunProgress = {
    id: row.id,
    sessionId: row.sessionId,
    state: row.state,
    attempt: row.attempt,
    holder: row.holder,
    stopRequested: row.stopRequested,
    lastEvent: row.lastEvent,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    outcome: row.outcome,
  };
  if (hashRun(run, row.requestChecksum) !== row.hash) throw corrupt(`run '${run.id}' ${CHANGED}`);
  return run;
}

/** The row of events that come after the run's last one; there is at least one of them. */
export function eventsRow({ id, lastEvent }: RunProgress, events: readonly string[]): EventsRow {
  const row = {
    firstEvent: lastEvent + 1,
    lastEvent: lastEvent + events.length,
    events: JSON.stringify(events),
  };
  return { ...row, checksum: eventsChecksum(id, row) };
}

/**
 * The events of the run after that number, at most so many. `rows` are those that end after it, in their order, and are read no further than
 * they are needed. Throws `checkpoint/corrupt` unless they are the run's and all of them.
 */
export function eventsFromRows(
  run: Pick<RunProgress, 'id' | 'lastEvent'>,
  rows: Iterable<EventsRow>,
  { after, limit }: { readonly after: number; readonly limit: number },
): readonly RunEvent[] {
  const found: RunEvent[] = [];
  const last = Math.min(run.lastEvent, after + limit);
  let next: number | undefined;
  if (last <= after) return found;
  for (const row of rows) {
    const texts = textsOf(run, row, next ?? Math.min(row.firstEvent, after + 1));
    next = row.lastEvent + 1;
    for (const [index, event] of texts.entries()) {
      const number = row.firstEvent + index;
      if (number > after && number <= last) found.push({ number, event });
    }
    if (row.lastEvent >= last) break;
  }
  const end = after + found.length;
  if (end < last) throw corrupt(`event ${end + 1} of run '${run.id}' is missing`);
  return found;
}

function textsOf(
  { id, lastEvent }: Pick<RunProgress, 'id' | 'lastEvent'>,
  row: EventsRow,
  first: number,
): readonly string[] {
  if (row.firstEvent !== first) throw corrupt(`event ${first} of run '${id}' is missing`);
  if (!isStillText(row.events) || eventsChecksum(id, row) !== row.checksum || row.lastEvent > lastEvent) {
    throw corrupt(`event ${row.firstEvent} of run '${id}' ${CHANGED}`);
  }
  // What `eventsRow` wrote, as its checksum says.
  return JSON.parse(row.events) as readonly string[];
}

function eventsChecksum(runId: string, { firstEvent, lastEvent, events }: Omit<EventsRow, 'checksum'>): number {
  return crc32(events, crc32(JSON.stringify([runId, firstEvent, lastEvent])));
}

/** A damaged column may hold the same bytes as a blob, and have the same checksum. */
function isStillText(value: unknown): boolean {
  return typeof value === 'string';
}

const CHANGED = 'is not what it was when it was written';
