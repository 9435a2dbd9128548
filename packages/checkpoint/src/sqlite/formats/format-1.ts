/** The tables of format 1. */
export const FORMAT_1_TABLES = `
  CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    parent TEXT REFERENCES entries (id),
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE sessions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    tip TEXT NOT NULL REFERENCES entries (id),
    fork_session_id TEXT REFERENCES sessions (id),
    fork_snapshot_id TEXT REFERENCES snapshots (id),
    fork_entry_id TEXT REFERENCES entries (id),
    created_at INTEGER NOT NULL,
    CHECK ((fork_session_id IS NULL) = (fork_snapshot_id IS NULL) AND (fork_session_id IS NULL) = (fork_entry_id IS NULL))
  ) STRICT;

  CREATE TABLE turns (
    id TEXT PRIMARY KEY NOT NULL,
    entry_id TEXT NOT NULL REFERENCES entries (id),
    session_id TEXT NOT NULL REFERENCES sessions (id),
    response_id TEXT,
    family TEXT NOT NULL,
    model TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    first_token_ms REAL,
    duration_ms REAL NOT NULL,
    stop_reason TEXT NOT NULL,
    usage_state TEXT NOT NULL CHECK (usage_state IN ('final', 'partial', 'none')),
    fresh INTEGER,
    cache_read INTEGER,
    cache_write_5m INTEGER,
    cache_write_1h INTEGER,
    cache_write_30m INTEGER,
    cache_write_12h INTEGER,
    cache_write_unknown INTEGER,
    output INTEGER,
    reasoning INTEGER,
    server_tools TEXT NOT NULL,
    raw_usage TEXT,
    prefix_fingerprint TEXT NOT NULL,
    marks TEXT NOT NULL,
    cost_pico_usd INTEGER
  ) STRICT;

  CREATE UNIQUE INDEX turns_of_entry ON turns (entry_id, session_id);

  CREATE TABLE snapshots (
    id TEXT PRIMARY KEY NOT NULL,
    entry_id TEXT NOT NULL REFERENCES entries (id),
    session_id TEXT NOT NULL REFERENCES sessions (id),
    created_at INTEGER NOT NULL,
    turn_count INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    silent_turn_count INTEGER NOT NULL,
    prompt_preview TEXT NOT NULL,
    input INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write INTEGER NOT NULL
  ) STRICT;

  CREATE UNIQUE INDEX snapshots_of_entry ON snapshots (entry_id, session_id);
`;
