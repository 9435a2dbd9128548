import { hash } from 'node:crypto';
import type { SQL } from 'drizzle-orm';
import type { RunId } from '../run.ts';
import type { Connection } from './database.ts';
import type { Listening } from './listening.ts';
import { preparedText, type StatementSource, schemaIn } from './statements.ts';

/** Who waits for something to happen to a run. */
export interface RunWatch {
  /** Gets the run, or `undefined` when it may be any. */
  readonly onChange: (runId: RunId | undefined) => void;
  readonly signal: AbortSignal;
}

/** Resolves once the watcher will be told. */
export async function watchRuns(listening: Listening, { onChange, signal }: RunWatch): Promise<void> {
  const onTold = (payload: string | undefined) => {
    // A watcher may end while it is told.
    for (const runId of runsIn(payload)) if (!signal.aborted) onChange(runId);
  };
  await listening.add({ channel: channelOf(listening.schema), onTold, signal });
}

/** Tells whoever watches runs, in any process, of these once this transaction is committed. */
export async function tellRunWatchers(connection: Connection, runIds: readonly RunId[]): Promise<void> {
  if (runIds.length > 0) await connection.use(prepareTell)({ payloads: runPayloads(runIds) });
}

/** The statement that tells the `payloads` it is given. */
export function tellStatement(source: StatementSource): SQL {
  const { sql } = source.orm;
  const payloads = sql`unnest(${sql.placeholder('payloads')}::text[]) AS payload`;
  return sql`SELECT pg_notify(${channelOf(schemaIn(source))}, payload) FROM ${payloads}`;
}

/** The server takes payloads of less than 8000 bytes. */
const MAX_PAYLOAD_BYTES = 7999;

/** Says that it may be any run. */
const ANY_RUN = '';

/** The runs as few payloads: each a JSON array of ids. */
export function runPayloads(runIds: readonly RunId[]): readonly string[] {
  const payloads: string[][] = [];
  let bytes = MAX_PAYLOAD_BYTES;
  for (const id of runIds.map((runId) => JSON.stringify(runId))) {
    // With the comma or the bracket after it. A payload begins with a bracket of its own.
    const size = Buffer.byteLength(id) + 1;
    if (1 + size > MAX_PAYLOAD_BYTES) return [ANY_RUN];
    const isFull = bytes + size > MAX_PAYLOAD_BYTES;
    if (isFull) payloads.push([]);
    payloads.at(-1)?.push(id);
    bytes = size + (isFull ? 1 : bytes);
  }
  return payloads.map((ids) => `[${ids.join(',')}]`);
}

function runsIn(payload: string | undefined): readonly (RunId | undefined)[] {
  if (payload === undefined || payload === ANY_RUN) return [undefined];
  try {
    const ids: unknown = JSON.parse(payload);
    return Array.isArray(ids) ? ids.map(String) : [undefined];
  } catch {
    // Anybody may tell anything on a channel.
    return [undefined];
  }
}

/** A channel for each store, since much is told of runs. The server takes names of up to 63 bytes. */
function channelOf(schema: string): string {
  return `reprise_runs_${hash('sha256', schema, 'hex').slice(0, 32)}`;
}

function prepareTell(source: StatementSource) {
  return preparedText(source, tellStatement(source));
}
