import { hash } from 'node:crypto';
import type { SessionId } from '../session.ts';
import type { Connection } from './database.ts';
import type { Listening } from './listening.ts';
import { preparedText, type StatementSource, schemaIn } from './statements.ts';

/** Who waits for a session's lease to change hands. */
export interface LeaseWatch {
  readonly sessionId: SessionId;
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}

const CHANNEL = 'reprise_leases';

/** Resolves once the watcher will be told. */
export async function watchLease(listening: Listening, { sessionId, onChange, signal }: LeaseWatch): Promise<void> {
  const key = keyOf(listening.schema, sessionId);
  const onTold = (told: string | undefined) => {
    if (told === key || told === undefined) onChange();
  };
  await listening.add({ channel: CHANNEL, onTold, signal });
}

/** Tells whoever watches the session's lease, in any process, once this transaction is committed. */
export async function tellWatchers(connection: Connection, sessionId: SessionId): Promise<void> {
  await connection.use(prepareTell)(sessionId);
}

/** What is told of a session: short, whatever its id is. */
function keyOf(schema: string, sessionId: SessionId): string {
  return hash('sha256', JSON.stringify([schema, sessionId]), 'hex');
}

function prepareTell(source: StatementSource) {
  const { orm } = source;
  const schema = schemaIn(source);
  const tell = preparedText(source, orm.sql`SELECT pg_notify(${CHANNEL}, ${orm.sql.placeholder('key')})`);
  return (sessionId: SessionId) => tell({ key: keyOf(schema, sessionId) });
}
