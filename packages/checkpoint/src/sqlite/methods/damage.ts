import { CheckpointError } from '../../errors.ts';
import type { SessionId } from '../../session.ts';
import { lostTurns } from '../../sql/lost-turns.ts';
import { corrupt, damageIn } from '../../sql/rows.ts';
import type { Damage } from '../../store.ts';
import { requireOrder } from '../chain.ts';
import type { SqliteContext } from '../context.ts';
import type { Rows } from '../rows/rows.ts';
import type { ReadDump } from './dump.ts';

interface Search {
  readonly context: SqliteContext;
  readonly rows: Rows;
  readonly readDump: ReadDump;
  /** Is told of each session before it is read. */
  readonly onSession: (sessionId: SessionId) => void;
}

/** Looks at the file, then at each row of each table, and then at whether each session is complete. Says nothing twice. */
export async function* findDamage(search: Search): AsyncGenerator<Damage> {
  const said = new Set<string>();
  for await (const damage of findings(search)) {
    if (said.has(damage.message)) continue;
    said.add(damage.message);
    yield damage;
  }
}

async function* findings({ context, rows, readDump, onSession }: Search): AsyncGenerator<Damage> {
  yield* damageOfFile(context);
  for (const table of tablesOf(rows)) {
    for await (const row of rowsOf(context, table)) {
      if ('message' in row) yield row;
      else yield* damageFrom(context, table.place(row), () => table.check(row));
    }
  }
  for await (const row of rowsOf(context, SESSIONS)) {
    if ('message' in row) yield row;
    else {
      onSession(row.id);
      yield* damageOfSession({ context, rows, readDump }, row);
    }
  }
}

async function* damageOfSession(
  { context, rows, readDump }: Omit<Search, 'onSession'>,
  { seq, id }: Row,
): AsyncGenerator<Damage> {
  let isWhole = true;
  const read = () => {
    const session = rows.sessions.find(id);
    if (session === undefined) throw corrupt(`session '${id}' is missing from its indexes`);
    readDump(session);
  };
  for await (const damage of damageFrom(context, { sessionId: id }, read)) {
    isWhole = false;
    yield damage;
  }
  // What cannot be read as a whole names its first damage alone.
  if (isWhole) return;
  let lost: readonly string[] = [];
  yield* damageFrom(context, { sessionId: id }, () => {
    const { connection } = context;
    const ordinals = connection.prepare<[string], number>('SELECT ordinal FROM turns WHERE session_id = ?').pluck();
    const count = connection.prepare<[number], number>('SELECT turns_committed FROM sessions WHERE seq = ?').pluck();
    lost = lostTurns(id, ordinals.all(id), count.get(seq) ?? 0);
  });
  for (const message of lost) yield { message, sessionId: id };
}

type Place = Omit<Damage, 'message'>;

async function* damageOfFile({ connection, read }: SqliteContext): AsyncGenerator<Damage> {
  let problems: readonly string[] = [];
  const look = (pragma: string, describe: (row: Record<string, unknown>) => string) => () => {
    problems = connection.prepare<[], Record<string, unknown>>(`PRAGMA ${pragma}`).all().map(describe);
  };
  const integrity = look('integrity_check', (row) => String(row['integrity_check']));
  const references = look(
    'foreign_key_check',
    ({ table, rowid, parent }) => `row ${rowid} of ${table} names a row of ${parent} that is missing`,
  );
  for (const each of [integrity, references]) {
    yield* damageFrom({ read }, {}, each);
    for (const message of problems) if (message !== 'ok') yield { message };
  }
}

/** A table whose rows are looked at one by one. */
interface Table {
  readonly name: string;
  /** The column by which people know a row. */
  readonly id: string;
  /** The column that says whose a row is; `undefined` where none does. */
  readonly session?: string;
}

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly sessionId: SessionId | null;
}

const SESSIONS: Table = { name: 'sessions', id: 'id' };

interface CheckedTable extends Table {
  /** Throws for a row that is not as it was written. */
  readonly check: (row: Row) => void;
  readonly place: (row: Row) => Place;
}

function tablesOf({
  blobs,
  entries,
  runEvents,
  runs,
  sessions,
  snapshots,
  toolCalls,
  turns,
}: Rows): readonly CheckedTable[] {
  return [
    { name: 'blobs', id: 'hash', check: ({ id }) => blobs.read([id]), place: () => ({}) },
    { name: 'entries', id: 'id', check: ({ seq }) => entries.read(seq), place: ({ id }) => ({ entryId: id }) },
    {
      name: 'turns',
      id: 'id',
      session: 'session_id',
      check: ({ seq, id }) => {
        turns.read(seq);
        toolCalls.ofTurn(seq, id);
      },
      place: ({ id, sessionId }) => ({ turnId: id, ...(sessionId === null ? {} : { sessionId }) }),
    },
    {
      name: 'snapshots',
      id: 'id',
      session: 'session_id',
      check: ({ seq }) => snapshots.read(seq),
      place: ({ id, sessionId }) => ({ snapshotId: id, ...(sessionId === null ? {} : { sessionId }) }),
    },
    {
      name: 'runs',
      id: 'id',
      check: ({ seq }) => {
        const stored = runs.read(seq);
        runEvents.check(stored);
        const { id, sessionId } = stored.run;
        if (sessions.find(sessionId) === undefined) throw corrupt(`the session of run '${id}' is missing`);
      },
      place: ({ id }) => ({ runId: id }),
    },
  ];
}

/** How many rows are listed at a time. */
const BATCH = 100;

/** Every row of the table, and the damage that ends the list. */
async function* rowsOf(
  { connection, read }: SqliteContext,
  { name, id, session = 'NULL' }: Table,
): AsyncGenerator<Row | Damage> {
  const list = `SELECT seq, ${id} AS id, ${session} AS sessionId FROM ${name} NOT INDEXED WHERE seq > ? ORDER BY seq LIMIT ${BATCH}`;
  for (let after: number | undefined = 0; after !== undefined; ) {
    let batch: readonly Row[] = [];
    const from: number = after;
    yield* damageFrom({ read }, {}, () => {
      batch = connection.prepare<[number], Row>(list).all(from);
      requireOrder(name, batch, from);
    });
    for (const row of batch)
      yield typeof row.id === 'string' ? row : { message: `row ${row.seq} of ${name} has no ${id}` };
    const last = Math.max(...batch.map(({ seq }) => seq));
    after = last > from ? last : undefined;
  }
}

/** What `work` meets: one finding, or none. */
async function* damageFrom(
  { read }: Pick<SqliteContext, 'read'>,
  place: Place,
  work: () => unknown,
): AsyncGenerator<Damage> {
  try {
    await read(work);
  } catch (error) {
    if (!(error instanceof CheckpointError) || !DAMAGE.has(error.code)) throw error;
    yield { message: damageIn(error), ...place };
  }
}

const DAMAGE: ReadonlySet<string> = new Set<CheckpointError['code']>(['checkpoint/corrupt', 'checkpoint/blob-missing']);
