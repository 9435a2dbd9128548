import { loadSqliteCore } from '../sql/load-drizzle.ts';

/**
 * The columns as queries see them. Keys, constraints and indexes are written in `formats/`, and a test compares the two.
 *
 * B1. Rows point at each other by `seq`, a number that grows with every insert; names (`id`, `hash`) are kept once. Only sessions are
 *     pointed at by name, in rows that outlive them.
 * B2. Each turn knows the turn before it, so a branch of the ledger is walked without its entries.
 */
export type Tables = ReturnType<typeof defineTables>;

export function defineTables() {
  return { ...defineTree(), ...defineLedger(), ...defineSessionWork(), ...defineRuns() };
}

function defineTree() {
  const { blob, integer, sqliteTable, text } = loadSqliteCore();
  return {
    blobs: sqliteTable('blobs', {
      seq: integer('seq').primaryKey(),
      hash: text('hash').notNull(),
      bytes: blob('bytes', { mode: 'buffer' }).notNull(),
    }),
    /** Blobs that something has ceased to name. The next deletion of a session looks whether anything else does. */
    looseBlobs: sqliteTable('loose_blobs', { blob: integer('blob').primaryKey() }),
    entries: sqliteTable('entries', {
      seq: integer('seq').primaryKey(),
      id: text('id').notNull(),
      parent: integer('parent'),
      kind: text('kind').notNull(),
      payload: text('payload').notNull(),
      createdAt: integer('created_at').notNull(),
      /** How many blobs it names, so that a lost one is missed. */
      blobCount: integer('blob_count').notNull(),
      /** Over what the id does not cover. */
      checksum: integer('checksum').notNull(),
    }),
    /** Entries at which the snapshot of a rewind was deleted, with the first of their branch. Nothing else may lead to them any more. */
    looseEntries: sqliteTable('loose_entries', {
      entry: integer('entry').primaryKey(),
      root: integer('root').notNull(),
    }),
    entryBlobs: sqliteTable('entry_blobs', { entry: integer('entry').notNull(), blob: integer('blob').notNull() }),
    sessions: sqliteTable('sessions', {
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
  };
}

function defineLedger() {
  const { integer, real, sqliteTable, text } = loadSqliteCore();
  return {
    turns: sqliteTable('turns', {
      seq: integer('seq').primaryKey(),
      id: text('id').notNull(),
      parent: integer('parent'),
      entry: integer('entry').notNull(),
      sessionId: text('session_id').notNull(),
      ordinal: integer('ordinal').notNull(),
      responseId: text('response_id'),
      ...requestColumns(),
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
      /** A 64-bit integer. Read it through `cast(… as text)`: the driver hands out doubles. */
      costPicoUsd: integer('cost_pico_usd'),
      hash: text('hash').notNull(),
    }),
    snapshots: sqliteTable('snapshots', {
      seq: integer('seq').primaryKey(),
      id: text('id').notNull(),
      turn: integer('turn').notNull(),
      entry: integer('entry').notNull(),
      /** The first entry of the branch, so that a fork finds its tree without walking there. */
      root: integer('root').notNull(),
      sessionId: text('session_id').notNull(),
      reason: text('reason', { enum: ['turn', 'rewind'] }).notNull(),
      createdAt: integer('created_at').notNull(),
      label: text('label'),
      turnCount: integer('turn_count').notNull(),
      messageCount: integer('message_count').notNull(),
      silentTurnCount: integer('silent_turn_count').notNull(),
      promptPreview: text('prompt_preview').notNull(),
      input: integer('input'),
      output: integer('output'),
      reasoning: integer('reasoning'),
      cacheRead: integer('cache_read'),
      cacheWrite: integer('cache_write'),
      hash: text('hash').notNull(),
    }),
    /** The turns whose own snapshot was deleted: one that is missing without a row here was lost. */
    deletedSnapshots: sqliteTable('deleted_snapshots', { turn: integer('turn').primaryKey() }),
  };
}

/** What is there of a session while somebody works on it. */
function defineSessionWork() {
  const { integer, sqliteTable, text } = loadSqliteCore();
  return {
    pendingTurns: sqliteTable('pending_turns', {
      seq: integer('seq').primaryKey(),
      session: integer('session').notNull(),
      id: text('id').notNull(),
      ...requestColumns(),
      hash: text('hash').notNull(),
    }),
    toolCalls: sqliteTable('tool_calls', {
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
    /** Every session has a row from its creation on, with fence 0 until somebody takes the lease: a fence never starts again. */
    leases: sqliteTable('leases', {
      session: integer('session').primaryKey(),
      holder: text('holder'),
      fence: integer('fence').notNull(),
      expiresAt: integer('expires_at').notNull(),
      /** 0 or 1. */
      interruptRequested: integer('interrupt_requested').notNull(),
      hash: text('hash').notNull(),
    }),
    fileBackups: sqliteTable('file_backups', {
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

function defineRuns() {
  const { integer, sqliteTable, text } = loadSqliteCore();
  return {
    runs: sqliteTable('runs', {
      seq: integer('seq').primaryKey(),
      id: text('id').notNull(),
      /** By name, since runs are looked for by the beginnings of it. */
      sessionId: text('session_id').notNull(),
      state: text('state', { enum: ['waiting', 'going', 'ended'] }).notNull(),
      attempt: integer('attempt').notNull(),
      holder: text('holder'),
      /** 0 or 1. */
      stopRequested: integer('stop_requested').notNull(),
      lastEvent: integer('last_event').notNull(),
      createdAt: integer('created_at').notNull(),
      startedAt: integer('started_at'),
      endedAt: integer('ended_at'),
      outcome: text('outcome'),
      requestChecksum: integer('request_checksum').notNull(),
      hash: text('hash').notNull(),
    }),
    /** Beside the runs, so that many of those are on a page that each append writes. */
    runRequests: sqliteTable('run_requests', {
      run: integer('run').primaryKey(),
      request: text('request').notNull(),
    }),
    /** A row for the events of one append; in the order of writing, which takes a third of the time that the order of runs would. */
    runEvents: sqliteTable('run_events', {
      seq: integer('seq').primaryKey(),
      run: integer('run').notNull(),
      firstEvent: integer('first_event').notNull(),
      lastEvent: integer('last_event').notNull(),
      checksum: integer('checksum').notNull(),
      events: text('events').notNull(),
    }),
  };
}

function requestColumns() {
  const { integer, text } = loadSqliteCore();
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
