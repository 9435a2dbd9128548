import type Database from 'better-sqlite3';
import type { TokenColumns, TurnRow } from '../../ledger.ts';
import { hashSnapshot, hashTurn } from '../../row-hash.ts';
import type { Snapshot, TokenSnapshot } from '../../session.ts';
import { corrupt } from '../../sql/rows.ts';
import type { PlannedTurn } from './plan-from-format-1.ts';

/** The places and hashes of the turns that were copied. */
export type Turns = ReadonlyMap<string, { readonly seq: number; readonly hash: string }>;

type OldTurn = Pick<TurnRow, 'responseId' | 'family' | 'model' | 'startedAt' | 'firstTokenMs' | 'durationMs'> &
  Pick<TurnRow, 'stopReason' | 'usageState' | 'serverTools' | 'rawUsage' | 'prefixFingerprint' | 'marks'> &
  TokenColumns & { readonly costPicoUsd: string | null };

/** Copies the turns of the plan. */
export function copyTurns(connection: Database.Database, plan: readonly PlannedTurn[]): Turns {
  const select = connection.prepare<[string], OldTurn>(`SELECT
    response_id AS responseId, family, model, started_at AS startedAt, first_token_ms AS firstTokenMs,
    duration_ms AS durationMs, stop_reason AS stopReason, usage_state AS usageState, server_tools AS serverTools,
    raw_usage AS rawUsage, prefix_fingerprint AS prefixFingerprint, marks, cast(cost_pico_usd AS TEXT) AS costPicoUsd,
    ${columnsOrNull(connection, 'old_turns', TOKEN_COLUMNS)} FROM old_turns WHERE id = ?`);
  const insert = connection.prepare(INSERT_TURN);
  const copied = new Map<string, { readonly seq: number; readonly hash: string }>();
  for (const planned of plan) {
    const old = select.get(planned.id);
    if (old === undefined) throw corrupt(`turn '${planned.id}' is missing from an index`);
    const parent = copied.get(planned.parentId ?? '');
    const row = turnRow(old, planned, parent?.hash ?? null);
    const place = { entry: planned.entry, parent: parent?.seq ?? null };
    const { lastInsertRowid } = insert.run({ ...row, ...row.tokens, ...place });
    copied.set(planned.id, { seq: Number(lastInsertRowid), hash: row.hash });
  }
  return copied;
}

function turnRow(old: OldTurn, { id, parentId, entryId, sessionId, ordinal }: PlannedTurn, parentHash: string | null) {
  const { fresh, cacheRead, cacheWrite5m, cacheWrite1h, cacheWrite30m, cacheWrite12h, ...rest } = old;
  const { cacheWriteUnknown, output, reasoning, costPicoUsd, ...columns } = rest;
  const writes = { cacheWrite5m, cacheWrite1h, cacheWrite30m, cacheWrite12h, cacheWriteUnknown };
  const unknown = { prefixBlocks: null, systemHash: null, toolsHash: null, requestOptions: '{}', serviceTier: null };
  const row = {
    ...columns,
    ...unknown,
    ...{ id, parentId, entryId, sessionId, ordinal },
    tokens: { fresh, cacheRead, ...writes, output, reasoning },
    costPicoUsd: costPicoUsd === null ? null : BigInt(costPicoUsd),
  };
  return { ...row, hash: hashTurn(row, parentHash) };
}

const TOKEN_COLUMNS: Readonly<Record<keyof TokenColumns, string>> = {
  fresh: 'fresh',
  cacheRead: 'cache_read',
  cacheWrite5m: 'cache_write_5m',
  cacheWrite1h: 'cache_write_1h',
  cacheWrite30m: 'cache_write_30m',
  cacheWrite12h: 'cache_write_12h',
  cacheWriteUnknown: 'cache_write_unknown',
  output: 'output',
  reasoning: 'reasoning',
};

const INSERT_TURN = `
  INSERT INTO turns (id, parent, entry, session_id, ordinal, response_id, family, model, started_at, prefix_fingerprint,
    request_options, marks, first_token_ms, duration_ms, stop_reason, usage_state, fresh, cache_read, cache_write_5m,
    cache_write_1h, cache_write_30m, cache_write_12h, cache_write_unknown, output, reasoning, server_tools, raw_usage,
    cost_pico_usd, hash)
  VALUES (@id, @parent, @entry, @sessionId, @ordinal, @responseId, @family, @model, @startedAt, @prefixFingerprint,
    @requestOptions, @marks, @firstTokenMs, @durationMs, @stopReason, @usageState, @fresh, @cacheRead, @cacheWrite5m,
    @cacheWrite1h, @cacheWrite30m, @cacheWrite12h, @cacheWriteUnknown, @output, @reasoning, @serverTools, @rawUsage,
    @costPicoUsd, @hash)`;

type OldSnapshot = Pick<Snapshot, 'id' | 'createdAt' | 'turnCount' | 'messageCount' | 'promptPreview'> &
  Pick<TokenSnapshot, 'input' | 'output' | 'reasoning'> & {
    readonly silentTurnCount: number | null;
    readonly cacheRead: number | null;
    readonly cacheWrite: number | null;
  };

/** Copies the snapshots, each of which belongs to a turn of the plan. */
export function copySnapshots(connection: Database.Database, plan: readonly PlannedTurn[], turns: Turns): void {
  const counters = { silentTurnCount: 'silent_turn_count', cacheRead: 'cache_read', cacheWrite: 'cache_write' };
  const select = connection.prepare<[string, string], OldSnapshot>(`SELECT
    id, created_at AS createdAt, turn_count AS turnCount, message_count AS messageCount, prompt_preview AS promptPreview,
    input, output, reasoning, ${columnsOrNull(connection, 'old_snapshots', counters)}
    FROM old_snapshots WHERE entry_id = ? AND session_id = ?`);
  const insert = connection.prepare(INSERT_SNAPSHOT);
  for (const { id: turnId, entryId, sessionId, entry, root } of plan) {
    const old = select.get(entryId, sessionId);
    if (old === undefined) throw corrupt(`the snapshot of turn '${turnId}' is missing`);
    const snapshot = snapshotOf(old, { entryId, sessionId, turnId });
    insert.run({
      ...snapshot,
      ...old,
      silentTurnCount: snapshot.silentTurnCount,
      ...{ entry, root },
      turn: turns.get(turnId)?.seq,
      hash: hashSnapshot(snapshot),
    });
  }
  requireSame(connection, 'snapshots');
}

function snapshotOf(old: OldSnapshot, place: Pick<Snapshot, 'entryId' | 'sessionId' | 'turnId'>): Snapshot {
  const { id, createdAt, turnCount, messageCount, promptPreview, input, output, reasoning, cacheRead, cacheWrite } =
    old;
  return {
    ...place,
    id,
    reason: 'turn',
    createdAt,
    label: null,
    turnCount,
    messageCount,
    silentTurnCount: old.silentTurnCount ?? turnCount,
    promptPreview,
    tokenSnapshot: { input, output, reasoning, cacheRead: cacheRead ?? 0, cacheWrite: cacheWrite ?? 0 },
  };
}

const INSERT_SNAPSHOT = `
  INSERT INTO snapshots (id, turn, entry, root, session_id, reason, created_at, turn_count, message_count,
    silent_turn_count, prompt_preview, input, output, reasoning, cache_read, cache_write, hash)
  VALUES (@id, @turn, @entry, @root, @sessionId, @reason, @createdAt, @turnCount, @messageCount,
    @silentTurnCount, @promptPreview, @input, @output, @reasoning, @cacheRead, @cacheWrite, @hash)`;

/** The columns under other names, with NULL for those that the table lacks. */
function columnsOrNull(
  connection: Database.Database,
  table: string,
  columns: Readonly<Record<string, string>>,
): string {
  const here = new Set(
    connection.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table),
  );
  return Object.entries(columns)
    .map(([name, column]) => `${here.has(column) ? column : 'NULL'} AS ${name}`)
    .join(', ');
}

/** Every old snapshot belonged to a turn. */
function requireSame(connection: Database.Database, table: string): void {
  const count = (name: string) => connection.prepare<[], number>(`SELECT count(*) FROM ${name}`).pluck().get();
  const [before, after] = [count(`old_${table}`), count(table)];
  if (before !== after) throw corrupt(`${before} ${table} are stored, and ${after} of them belong to a turn`);
}
