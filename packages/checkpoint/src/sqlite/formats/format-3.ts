/** What format 3 adds to the tables of format 2. */
export const FORMAT_3_ADDITIONS = `
  CREATE TABLE runs (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'going', 'ended')),
    attempt INTEGER NOT NULL,
    holder TEXT,
    stop_requested INTEGER NOT NULL CHECK (stop_requested IN (0, 1)),
    last_event INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    outcome TEXT,
    request_checksum INTEGER NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;

  -- A run that one index lost is found by the other, and not taken for one that never was.
  CREATE INDEX runs_again ON runs (id, session_id);
  CREATE INDEX runs_by_time ON runs (created_at);
  CREATE INDEX runs_of_session ON runs (session_id, created_at, state);
  CREATE INDEX runs_not_ended ON runs (session_id, created_at, state) WHERE state <> 'ended';
  CREATE INDEX runs_by_end ON runs (ended_at) WHERE ended_at IS NOT NULL;

  CREATE TABLE run_requests (
    run INTEGER PRIMARY KEY REFERENCES runs (seq),
    request TEXT NOT NULL
  ) STRICT;

  CREATE TABLE run_events (
    seq INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (seq),
    first_event INTEGER NOT NULL CHECK (first_event <= last_event),
    last_event INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    events TEXT NOT NULL
  ) STRICT;

  CREATE UNIQUE INDEX run_events_of_run ON run_events (run, last_event);
`;
