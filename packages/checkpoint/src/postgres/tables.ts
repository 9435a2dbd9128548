import { CheckpointError } from '../errors.ts';
import type { Driver } from './load-driver.ts';

/**
 * The columns as queries see them. Keys, constraints and indexes are written in `migrations.ts`, and a test compares the two.
 *
 * B1. Rows point at each other by `seq`, a number that grows with every insert; names (`id`, `hash`) are kept once. Only sessions are
 *     pointed at by name: in rows that outlive them, and in runs, which are looked for by the beginning of it.
 * B2. Each turn knows the turn before it, so a branch of the ledger is walked without its entries.
 */
export type Tables = ReturnType<typeof createTables>;

/** The tables in the schema of this name. */
export function createTables({ core }: Pick<Driver, 'core'>, schemaName: string) {
  const schema = core.pgSchema(schemaName);
  const types = createTypes(core);
  return {
    ...entryTables(schema, types),
    turns: turnTable(schema, types),
    ...sessionTables(schema, types),
    ...journalTables(schema, types),
    ...runTables(schema, types),
  };
}

type Core = Driver['core'];
type Schema = ReturnType<Core['pgSchema']>;
type Types = ReturnType<typeof createTypes>;

function createTypes({ boolean, customType, text }: Core) {
  const integer = customType<{ data: number; driverData: unknown }>({
    dataType: () => 'bigint',
    fromDriver: (value) => safeInteger(value),
  });
  /** 64 bits as decimal text. */
  const decimal = customType<{ data: string; driverData: unknown }>({
    dataType: () => 'bigint',
    fromDriver: (value) => String(value),
  });
  /** A number with a fraction, which the server's settings cannot round. */
  const real = customType<{ data: number; driverData: unknown }>({
    dataType: () => 'numeric',
    fromDriver: (value) => Number(value),
  });
  const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
    dataType: () => 'bytea',
    toDriver: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    fromDriver: (value) => new Uint8Array(value),
  });
  return { integer, decimal, real, bytes, boolean, text };
}

/** The driver hands out 64 bits as text, or as what the application has told it to. */
function safeInteger(value: unknown): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new CheckpointError('checkpoint/corrupt', `The store is damaged: it holds ${value} where a count belongs.`);
}

function entryTables(schema: Schema, { integer, text, bytes }: Types) {
  return {
    entries: schema.table('entries', {
      seq: integer('seq').primaryKey(),
      id: text('id').notNull(),
      parent: integer('parent'),
      kind: text('kind').notNull(),
      payload: text('payload').notNull(),
      createdAt: integer('created_at').notNull(),
      /** How many blobs it names, so that a lost one is missed. */
      blobCount: integer('blob_count').notNull(),
      /** Over what its id does not cover. */
      checksum: integer('checksum').notNull(),
    }),
    blobs: schema.table('blobs', {
      seq: integer('seq').primaryKey(),
      hash: text('hash').notNull(),
      bytes: bytes('bytes').notNull(),
    }),
    entryBlobs: schema.table('entry_blobs', {
      entry: integer('entry').notNull(),
      blob: integer('blob').notNull(),
    }),
  };
}

function turnTable(schema: Schema, types: Types) {
  const { integer, decimal, text, real } = types;
  return schema.table('turns', {
    seq: integer('seq').primaryKey(),
    id: text('id').notNull(),
    parent: integer('parent'),
    entry: integer('entry').notNull(),
    sessionId: text('session_id').notNull(),
    ordinal: integer('ordinal').notNull(),
    responseId: text('response_id'),
    ...requestColumns(types),
    firstTokenMs: real('first_token_ms'),
    durationMs: real('duration_ms').notNull(),
    stopReason: text('stop_reason').notNull(),
    usageState: text('usage_state', { enum: ['final', 'partial', 'none'] }).notNull(),
    fresh: integer('fresh'),
    cacheRead: integer('cache_read'),
    cacheWrite5m: integer('cache_write_5m'),
    cacheWrite1h: integer('cache_write_1h'),
    cacheWrite30m: integer('cache_write_30m'),
    cacheWrite12h: integer('cache_write_12h'),
    cacheWriteUnknown: integer('cache_write_unknown'),
    output: integer('output'),
    reasoning: integer('reasoning'),
    serverTools: text('server_tools').notNull(),
    rawUsage: text('raw_usage'),
    serviceTier: text('service_tier'),
    costPicoUsd: decimal('cost_pico_usd'),
    hash: text('hash').notNull(),
  });
}

/** What a model was asked: columns that ended and pending turns share. */
function requestColumns({ integer, text }: Types) {
  return {
    family: text('family').notNull(),
    model: text('model').notNull(),
    startedAt: integer('started_at').notNull(),
    prefixFingerprint: text('prefix_fingerprint').notNull(),
    prefixBlocks: integer('prefix_blocks'),
    systemBlob: integer('system_blob'),
    toolsBlob: integer('tools_blob'),
    requestOptions: text('request_options').notNull(),
    marks: text('marks').notNull(),
  };
}

function sessionTables(schema: Schema, types: Types) {
  const { integer, text, boolean } = types;
  return {
    snapshots: schema.table('snapshots', {
      seq: integer('seq').primaryKey(),
      id: text('id').notNull(),
      /** The first entry of its branch. */
      root: integer('root').notNull(),
      turn: integer('turn').notNull(),
      entry: integer('entry').notNull(),
      sessionId: text('session_id').notNull(),
      reason: text('reason', { enum: ['turn', 'rewind'] }).notNull(),
      createdAt: integer('created_at').notNull(),
      label: text('label'),
      turnCount: integer('turn_count').notNull(),
      messageCount: integer('message_count').notNull(),
      silentTurnCount: integer('silent_turn_count').notNull(),
      promptPreview: text('prompt_preview').notNull(),
      input: integer('input').notNull(),
      output: integer('output').notNull(),
      reasoning: integer('reasoning').notNull(),
      cacheRead: integer('cache_read').notNull(),
      cacheWrite: integer('cache_write').notNull(),
      hash: text('hash').notNull(),
    }),
    /** The turns whose own snapshot was deleted: one that is missing without a row here was lost. */
    deletedSnapshots: schema.table('deleted_snapshots', { turn: integer('turn').primaryKey() }),
    sessions: schema.table('sessions', {
      seq: integer('seq').primaryKey(),
      id: text('id').notNull(),
      /** The first entry of its branch. Sessions of one tree have the same one. */
      root: integer('root').notNull(),
      tip: integer('tip').notNull(),
      tipTurn: integer('tip_turn'),
      forkSessionId: text('fork_session_id'),
      forkSnapshotId: text('fork_snapshot_id'),
      createdAt: integer('created_at').notNull(),
      updatedAt: integer('updated_at').notNull(),
      metadata: text('metadata').notNull(),
      turnsCommitted: integer('turns_committed').notNull(),
      /** How many snapshots it has made that were not deleted, so that a lost one is missed. */
      snapshotsKept: integer('snapshots_kept').notNull(),
      hash: text('hash').notNull(),
    }),
    pendingTurns: schema.table('pending_turns', {
      session: integer('session').primaryKey(),
      id: text('id').notNull(),
      ...requestColumns(types),
      hash: text('hash').notNull(),
    }),
    /** Every session has a row from its creation on, with fence 0 until somebody takes the lease: a fence never starts again. */
    leases: schema.table('leases', {
      session: integer('session').primaryKey(),
      holder: text('holder'),
      fence: integer('fence').notNull(),
      expiresAt: integer('expires_at').notNull(),
      interruptRequested: boolean('interrupt_requested').notNull(),
      hash: text('hash').notNull(),
    }),
  };
}

function journalTables(schema: Schema, { integer, text }: Types) {
  return {
    toolCalls: schema.table('tool_calls', {
      turn: integer('turn').notNull(),
      position: integer('position').notNull(),
      sessionId: text('session_id').notNull(),
      toolCallId: text('tool_call_id').notNull(),
      toolName: text('tool_name').notNull(),
      effect: text('effect', { enum: ['pure', 'idempotent', 'effect'] }).notNull(),
      idempotencyKey: text('idempotency_key').notNull(),
      attempts: integer('attempts').notNull(),
      startedAt: integer('started_at').notNull(),
      outcome: text('outcome'),
      finishedAt: integer('finished_at'),
      hash: text('hash').notNull(),
    }),
    fileBackups: schema.table('file_backups', {
      seq: integer('seq').primaryKey(),
      sessionId: text('session_id').notNull(),
      snapshot: integer('snapshot').notNull(),
      path: text('path').notNull(),
      blob: integer('blob'),
      mode: integer('mode'),
      state: text('state', { enum: ['kept', 'absent', 'too-large'] }).notNull(),
      createdAt: integer('created_at').notNull(),
      hash: text('hash').notNull(),
    }),
  };
}

function runTables(schema: Schema, { integer, text, boolean }: Types) {
  return {
    runs: schema.table('runs', {
      seq: integer('seq').primaryKey(),
      id: text('id').notNull(),
      sessionId: text('session_id').notNull(),
      state: text('state', { enum: ['waiting', 'going', 'ended'] }).notNull(),
      attempt: integer('attempt').notNull(),
      holder: text('holder'),
      stopRequested: boolean('stop_requested').notNull(),
      lastEvent: integer('last_event').notNull(),
      createdAt: integer('created_at').notNull(),
      startedAt: integer('started_at'),
      endedAt: integer('ended_at'),
      outcome: text('outcome'),
      request: text('request').notNull(),
      requestChecksum: integer('request_checksum').notNull(),
      hash: text('hash').notNull(),
    }),
    /** A row for the events of one append. */
    runEvents: schema.table('run_events', {
      run: integer('run').notNull(),
      lastEvent: integer('last_event').notNull(),
      firstEvent: integer('first_event').notNull(),
      events: text('events').notNull(),
      checksum: integer('checksum').notNull(),
    }),
  };
}
