/** The tables of format 2. */
export const FORMAT_2_TABLES = `
  CREATE TABLE blobs (
    seq INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    bytes BLOB NOT NULL
  ) STRICT;

  CREATE TABLE loose_blobs (
    blob INTEGER PRIMARY KEY REFERENCES blobs (seq)
  ) STRICT;

  CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    parent INTEGER REFERENCES entries (seq) CHECK (parent < seq),
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    blob_count INTEGER NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE loose_entries (
    entry INTEGER PRIMARY KEY REFERENCES entries (seq),
    root INTEGER NOT NULL REFERENCES entries (seq)
  ) STRICT;

  CREATE TABLE entry_blobs (
    entry INTEGER NOT NULL REFERENCES entries (seq),
    blob INTEGER NOT NULL REFERENCES blobs (seq),
    PRIMARY KEY (entry, blob)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX entry_blobs_of_blob ON entry_blobs (blob);

  CREATE TABLE turns (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    parent INTEGER REFERENCES turns (seq) CHECK (parent < seq),
    entry INTEGER NOT NULL REFERENCES entries (seq),
    session_id TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    response_id TEXT,
    family TEXT NOT NULL,
    model TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    prefix_fingerprint TEXT NOT NULL,
    prefix_blocks INTEGER,
    system_blob INTEGER REFERENCES blobs (seq),
    tools_blob INTEGER REFERENCES blobs (seq),
    request_options TEXT NOT NULL,
    marks TEXT NOT NULL,
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
    service_tier TEXT,
    cost_pico_usd INTEGER,
    hash TEXT NOT NULL,
    UNIQUE (session_id, ordinal)
  ) STRICT;

  CREATE INDEX turns_of_system ON turns (system_blob) WHERE system_blob IS NOT NULL;
  CREATE INDEX turns_of_tools ON turns (tools_blob) WHERE tools_blob IS NOT NULL;

  CREATE TABLE snapshots (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    turn INTEGER NOT NULL REFERENCES turns (seq),
    entry INTEGER NOT NULL REFERENCES entries (seq),
    root INTEGER NOT NULL REFERENCES entries (seq),
    session_id TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('turn', 'rewind')),
    created_at INTEGER NOT NULL,
    label TEXT,
    turn_count INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    silent_turn_count INTEGER NOT NULL,
    prompt_preview TEXT NOT NULL,
    input INTEGER,
    output INTEGER,
    reasoning INTEGER,
    cache_read INTEGER,
    cache_write INTEGER,
    hash TEXT NOT NULL
  ) STRICT;

  CREATE INDEX snapshots_of_turn ON snapshots (turn);
  CREATE INDEX snapshots_of_session ON snapshots (session_id);

  CREATE TABLE deleted_snapshots (
    turn INTEGER PRIMARY KEY REFERENCES turns (seq)
  ) STRICT;

  CREATE TABLE sessions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    root INTEGER NOT NULL REFERENCES entries (seq),
    tip INTEGER NOT NULL REFERENCES entries (seq),
    tip_turn INTEGER REFERENCES turns (seq),
    fork_session_id TEXT,
    fork_snapshot_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    turns_committed INTEGER NOT NULL,
    snapshots_kept INTEGER NOT NULL,
    hash TEXT NOT NULL,
    CHECK ((fork_session_id IS NULL) = (fork_snapshot_id IS NULL))
  ) STRICT;

  -- A session that one index lost is found by the other, and not taken for one that never was.
  CREATE INDEX sessions_again ON sessions (id, created_at);
  CREATE INDEX sessions_by_time ON sessions (created_at);
  CREATE INDEX sessions_of_root ON sessions (root);

  CREATE TABLE pending_turns (
    seq INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES sessions (seq),
    id TEXT NOT NULL,
    family TEXT NOT NULL,
    model TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    prefix_fingerprint TEXT NOT NULL,
    prefix_blocks INTEGER,
    system_blob INTEGER REFERENCES blobs (seq),
    tools_blob INTEGER REFERENCES blobs (seq),
    request_options TEXT NOT NULL,
    marks TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;

  CREATE UNIQUE INDEX pending_turns_of_session ON pending_turns (session);

  CREATE TABLE tool_calls (
    turn INTEGER NOT NULL REFERENCES turns (seq),
    position INTEGER NOT NULL,
    session_id TEXT NOT NULL,
    tool_call_id TEXT NOT NULL,
    tool_name TEXT NOT NULL,
    effect TEXT NOT NULL CHECK (effect IN ('pure', 'idempotent', 'effect')),
    idempotency_key TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    outcome TEXT,
    finished_at INTEGER,
    hash TEXT NOT NULL,
    PRIMARY KEY (turn, position)
  ) STRICT, WITHOUT ROWID;

  -- A call that the table lost is missed, and not run a second time.
  CREATE INDEX tool_calls_again ON tool_calls (turn);

  CREATE TABLE leases (
    session INTEGER PRIMARY KEY REFERENCES sessions (seq),
    holder TEXT,
    fence INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    interrupt_requested INTEGER NOT NULL CHECK (interrupt_requested IN (0, 1)),
    hash TEXT NOT NULL
  ) STRICT;

  CREATE TABLE file_backups (
    seq INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL,
    snapshot INTEGER NOT NULL REFERENCES snapshots (seq),
    path TEXT NOT NULL,
    blob INTEGER REFERENCES blobs (seq),
    mode INTEGER,
    state TEXT NOT NULL CHECK (state IN ('kept', 'absent', 'too-large')),
    created_at INTEGER NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;

  CREATE UNIQUE INDEX file_backups_of_snapshot ON file_backups (snapshot, path);
  CREATE INDEX file_backups_of_session ON file_backups (session_id, snapshot);
  CREATE INDEX file_backups_of_blob ON file_backups (blob) WHERE blob IS NOT NULL;
`;
