import type Database from 'better-sqlite3';
import type { RunEvent } from '../../run.ts';
import { corrupt } from '../../sql/rows.ts';
import { type EventsRow, eventsFromRows, eventsRow, type RunProgress } from '../../sql/run-rows.ts';
import { eachLazily, lazily, prepareInsert, type SqliteContext } from '../context.ts';
import type { StoredRun } from './runs.ts';

export function runEventRows(context: SqliteContext) {
  const { connection, tables } = context;
  const insert = lazily(() => prepareInsert<EventsRow & { readonly run: number }>(context, tables.runEvents));
  const statements = lazily(() => prepareStatements(connection));

  /** Nothing is read before the first row is asked for: a connection with a query that was begun can do nothing else. */
  function* rowsAfter(run: number, event: number): Generator<EventsRow> {
    yield* statements().after.iterate(run, event);
  }

  return {
    /** Adds events after the run's last one. */
    append({ seq, run }: StoredRun<RunProgress>, events: readonly string[]): void {
      if (events.length > 0) insert().run({ ...eventsRow(run, events), run: seq });
    },

    /** Events after that number, oldest first, at most so many. */
    read(
      { seq, run }: StoredRun<RunProgress>,
      range: { readonly after: number; readonly limit: number },
    ): readonly RunEvent[] {
      return eventsFromRows(run, rowsAfter(seq, range.after), range);
    },

    /** Throws unless the run has all of its events, and no others. */
    check({ seq, run }: StoredRun<RunProgress>): void {
      eventsFromRows(run, rowsAfter(seq, 0), { after: 0, limit: run.lastEvent });
      if (statements().last.get(seq) !== run.lastEvent) throw corrupt(`run '${run.id}' has more events than it had`);
    },
  };
}

function prepareStatements(connection: Database.Database) {
  return eachLazily({
    after: () =>
      connection.prepare<[number, number], EventsRow>(`
      SELECT first_event AS firstEvent, last_event AS lastEvent, events, checksum FROM run_events
      WHERE run = ? AND last_event > ? ORDER BY last_event`),
    last: () =>
      connection.prepare<[number], number>('SELECT coalesce(max(last_event), 0) FROM run_events WHERE run = ?').pluck(),
  });
}
