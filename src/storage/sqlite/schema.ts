/**
 * Versioned migrations: entry n brings version n to n+1. Never edit one that has been released.
 *
 * A run's payloads live in its history only (`workflow.started` holds the input, the last event the
 * result), so that a run's row stays narrow and cheap to change. `key` is the row's own number:
 * run ids are random, and an index over (key, sequence) grows at few places instead of everywhere.
 * `ready` marks a run that wants a worker's attention; `home` is the worker that started or last
 * claimed it; `gated` one that waits at a gate, where each of its gates has a row in `gates`, held
 * or not. `places` is the gate's limit, the same in all rows of a name; `joins` says that it does
 * not count for this run; `gate_set` tells which runs have the same gates.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL UNIQUE,
    workflow TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER,
    error TEXT,
    idempotency_key TEXT,
    max_duration INTEGER,
    metadata TEXT,
    tags TEXT,
    recovery_attempts INTEGER NOT NULL,
    max_recovery_attempts INTEGER NOT NULL,
    recover INTEGER NOT NULL,
    parent_run_id TEXT,
    nesting_depth INTEGER NOT NULL,
    continued_from TEXT,
    continued_to TEXT,
    epoch INTEGER NOT NULL,
    owner INTEGER,
    home INTEGER,
    ready INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX runs_idempotency ON runs (workflow, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
  CREATE INDEX runs_ready ON runs (key) WHERE ready = 1;
  CREATE INDEX runs_owner ON runs (owner) WHERE owner IS NOT NULL;

  CREATE TABLE history (
    run INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    count INTEGER NOT NULL,
    events TEXT NOT NULL
  );
  CREATE UNIQUE INDEX history_position ON history (run, sequence);

  CREATE TABLE timers (
    run INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (run, id)
  ) WITHOUT ROWID;
  CREATE INDEX timers_due ON timers (due_at, run);

  CREATE TABLE hooks (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL,
    hook_id TEXT NOT NULL,
    name TEXT NOT NULL,
    token TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    received_at INTEGER,
    expires_at INTEGER,
    payload TEXT,
    payload_schema TEXT
  );
  CREATE UNIQUE INDEX hooks_id ON hooks (run, hook_id);
  CREATE INDEX hooks_pending ON hooks (key) WHERE status = 'pending';

  CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    message TEXT NOT NULL
  );
  CREATE INDEX inbox_run ON inbox (run, id);

  CREATE TABLE workers (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    worker_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_key TEXT,
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  );

  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO meta (name, value) VALUES ('fence', 0);
  `,
  `
  ALTER TABLE runs ADD COLUMN child_id TEXT;
  ALTER TABLE runs ADD COLUMN forked_from TEXT;
  ALTER TABLE runs ADD COLUMN schedule_id TEXT;
  ALTER TABLE runs ADD COLUMN scheduled_at INTEGER;
  ALTER TABLE runs ADD COLUMN code_version TEXT;
  ALTER TABLE runs ADD COLUMN progress TEXT;
  ALTER TABLE runs ADD COLUMN gated INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX runs_parent ON runs (parent_run_id) WHERE parent_run_id IS NOT NULL;
  CREATE INDEX runs_schedule ON runs (schedule_id) WHERE schedule_id IS NOT NULL;

  ALTER TABLE inbox ADD COLUMN type TEXT NOT NULL DEFAULT '';
  UPDATE inbox SET type = message ->> '$.type';
  UPDATE runs SET ready = 1 WHERE status = 'interrupted' AND owner IS NULL
    AND key IN (SELECT run FROM inbox WHERE type IN ('cancel', 'resume'));

  CREATE TABLE gates (
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    places INTEGER NOT NULL,
    joins INTEGER NOT NULL,
    held INTEGER NOT NULL,
    gate_set TEXT NOT NULL,
    PRIMARY KEY (run, name)
  ) WITHOUT ROWID;
  CREATE INDEX gates_queue ON gates (name, held, run, gate_set);

  CREATE TABLE schedules (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    schedule_id TEXT NOT NULL UNIQUE,
    workflow TEXT NOT NULL,
    spec TEXT NOT NULL,
    input TEXT NOT NULL,
    status TEXT NOT NULL,
    overlap_policy TEXT NOT NULL,
    catch_up_policy TEXT NOT NULL,
    catch_up_window INTEGER,
    metadata TEXT,
    tags TEXT,
    definition TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    paused_at INTEGER,
    deleted_at INTEGER,
    decided_through INTEGER NOT NULL,
    next_run_at INTEGER,
    last_run_at INTEGER,
    last_run_id TEXT,
    version INTEGER NOT NULL,
    total INTEGER NOT NULL,
    successful INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL
  );
  CREATE INDEX schedules_due ON schedules (status, next_run_at);

  CREATE TABLE schedule_log (
    schedule_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    type TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (schedule_id, sequence)
  ) WITHOUT ROWID;

  CREATE TABLE rate_places (
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    PRIMARY KEY (name, number)
  ) WITHOUT ROWID;
  `,
];
