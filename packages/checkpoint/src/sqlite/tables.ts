import { customType, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

// The columns as queries see them. Keys, constraints and indexes are written in migrations.ts, and a test compares the two.

/** A 64-bit integer. Read it through `cast(… as text)`: the driver hands out doubles. */
const bigInteger = customType<{ data: bigint; driverData: bigint }>({ dataType: () => 'integer' });

export const sessions = sqliteTable('sessions', {
  seq: integer('seq').primaryKey(),
  id: text('id').notNull(),
  tip: text('tip').notNull(),
  forkSessionId: text('fork_session_id'),
  forkSnapshotId: text('fork_snapshot_id'),
  forkEntryId: text('fork_entry_id'),
  createdAt: integer('created_at').notNull(),
});

export const entries = sqliteTable('entries', {
  seq: integer('seq').primaryKey(),
  id: text('id').notNull(),
  parent: text('parent'),
  kind: text('kind').notNull(),
  payload: text('payload').notNull(),
  createdAt: integer('created_at').notNull(),
});

export const turns = sqliteTable('turns', {
  id: text('id').primaryKey().notNull(),
  entryId: text('entry_id').notNull(),
  sessionId: text('session_id').notNull(),
  responseId: text('response_id'),
  family: text('family').notNull(),
  model: text('model').notNull(),
  startedAt: integer('started_at').notNull(),
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
  prefixFingerprint: text('prefix_fingerprint').notNull(),
  marks: text('marks').notNull(),
  costPicoUsd: bigInteger('cost_pico_usd'),
});

export const snapshots = sqliteTable('snapshots', {
  id: text('id').primaryKey().notNull(),
  entryId: text('entry_id').notNull(),
  sessionId: text('session_id').notNull(),
  createdAt: integer('created_at').notNull(),
  turnCount: integer('turn_count').notNull(),
  messageCount: integer('message_count').notNull(),
  silentTurnCount: integer('silent_turn_count').notNull(),
  promptPreview: text('prompt_preview').notNull(),
  input: integer('input').notNull(),
  output: integer('output').notNull(),
  reasoning: integer('reasoning').notNull(),
  cacheRead: integer('cache_read').notNull(),
  cacheWrite: integer('cache_write').notNull(),
});
