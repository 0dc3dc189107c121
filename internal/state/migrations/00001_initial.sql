-- One text for SQLite and PostgreSQL. Times are microseconds since 1970 in UTC;
-- an interval is [start_at, end_at), and 0, 0 stands for "the whole asset".
-- Flags are 0 or 1. Names of PostgreSQL types are used where SQLite takes any name:
-- bytea holds bytes in both.

-- +goose Up

-- Names keep their spelling and are unique by their key, which is the name with ASCII letters in
-- lower case: as DuckDB compares names.
CREATE TABLE namespaces (
    key        text PRIMARY KEY,
    name       text NOT NULL,
    properties text NOT NULL DEFAULT '{}', -- JSON object
    created_at bigint NOT NULL
);

-- The current state of the catalog. The pointer of a table is metadata_location:
-- who changes it names the value it expects to find (compare-and-set).
CREATE TABLE tables (
    key               text PRIMARY KEY, -- of namespace.name
    namespace_key     text NOT NULL REFERENCES namespaces (key),
    namespace         text NOT NULL,
    name              text NOT NULL,
    kind              text NOT NULL CHECK (kind IN ('table', 'view')),
    uuid              text NOT NULL,
    metadata_location text NOT NULL,
    previous_location text NOT NULL DEFAULT '', -- the pointer before the last change
    snapshot_id       bigint NOT NULL DEFAULT 0, -- current snapshot of main; 0: none
    updated_at        bigint NOT NULL
);
CREATE INDEX tables_by_namespace ON tables (namespace_key);

-- Every change of every table, in the order in which they happened; never updated.
CREATE TABLE commits (
    id                bigint NOT NULL, -- of the commit; grows in commit order
    seq               bigint NOT NULL, -- of the change within the commit
    uid               text NOT NULL, -- of the commit; by it a committer that got no answer finds out
    at                bigint NOT NULL,
    principal         text NOT NULL,
    key               text NOT NULL, -- of namespace.name
    namespace         text NOT NULL,
    name              text NOT NULL,
    uuid              text NOT NULL,
    operation         text NOT NULL, -- create, update, put_view, drop
    snapshot_id       bigint NOT NULL DEFAULT 0,
    metadata_location text NOT NULL,
    previous_location text NOT NULL DEFAULT '',
    PRIMARY KEY (id, seq)
);
CREATE INDEX commits_by_table ON commits (key, id);

-- How far each producer has read its source.
CREATE TABLE positions (
    producer text PRIMARY KEY,
    version  bigint NOT NULL,
    value    bytea NOT NULL,
    at       bigint NOT NULL
);

-- The interval ledger: what every asset holds, and made of what. Rows of one asset never overlap.
CREATE TABLE filled (
    asset       text NOT NULL,
    start_at    bigint NOT NULL,
    end_at      bigint NOT NULL,
    fingerprint text NOT NULL,
    inputs      text NOT NULL DEFAULT '{}', -- JSON object: table name to snapshot id
    snapshot_id bigint NOT NULL DEFAULT 0,
    at          bigint NOT NULL,
    PRIMARY KEY (asset, start_at)
);

-- A released lease keeps its row, so that its token never repeats.
CREATE TABLE leases (
    name       text PRIMARY KEY,
    token      bigint NOT NULL,
    holder     text NOT NULL, -- empty: free
    expires_at bigint NOT NULL
);

CREATE TABLE runs (
    id           text PRIMARY KEY,
    requested_by text NOT NULL,
    selector     text NOT NULL,
    options      text NOT NULL DEFAULT '{}', -- JSON object
    status       text NOT NULL,
    created_at   bigint NOT NULL,
    started_at   bigint,
    finished_at  bigint,
    holder       text NOT NULL DEFAULT '', -- of the lease it ran under
    error        text NOT NULL DEFAULT ''
);
CREATE INDEX runs_by_time ON runs (created_at);

CREATE TABLE tasks (
    run_id      text NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    id          text NOT NULL,
    asset       text NOT NULL,
    start_at    bigint NOT NULL DEFAULT 0,
    end_at      bigint NOT NULL DEFAULT 0,
    status      text NOT NULL,
    reason      text NOT NULL DEFAULT '', -- why it is in the run
    upstream    text NOT NULL DEFAULT '[]', -- JSON array: ids of tasks of the run it waits for
    attempt     integer NOT NULL DEFAULT 0,
    fingerprint text NOT NULL DEFAULT '',
    queued_at   bigint,
    ready_at    bigint, -- not before; the end of a retry's pause
    started_at  bigint,
    finished_at bigint,
    rows        bigint NOT NULL DEFAULT 0,
    bytes       bigint NOT NULL DEFAULT 0,
    files       bigint NOT NULL DEFAULT 0,
    snapshot_id bigint NOT NULL DEFAULT 0,
    unchanged   integer NOT NULL DEFAULT 0,
    note        text NOT NULL DEFAULT '',
    error       text NOT NULL DEFAULT '',
    error_kind  text NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, id)
);
CREATE INDEX tasks_by_asset ON tasks (asset, start_at);
CREATE INDEX tasks_by_status ON tasks (status);

CREATE TABLE task_logs (
    run_id  text NOT NULL,
    task_id text NOT NULL,
    attempt integer NOT NULL,
    seq     bigint NOT NULL,
    at      bigint NOT NULL,
    level   text NOT NULL,
    message text NOT NULL,
    attrs   text NOT NULL DEFAULT '{}', -- JSON object
    PRIMARY KEY (run_id, task_id, attempt, seq),
    FOREIGN KEY (run_id, task_id) REFERENCES tasks (run_id, id) ON DELETE CASCADE
);

-- What is known of an asset besides its intervals.
CREATE TABLE asset_state (
    asset       text PRIMARY KEY,
    checked_at  bigint NOT NULL DEFAULT 0, -- the source was last asked for something new
    fingerprint text NOT NULL DEFAULT '',
    inputs      text NOT NULL DEFAULT '{}', -- JSON object: table name to snapshot id
    detail      text NOT NULL DEFAULT '{}' -- JSON object, the asset kind's own
);

CREATE TABLE check_results (
    asset        text NOT NULL,
    name         text NOT NULL,
    run_id       text NOT NULL,
    task_id      text NOT NULL,
    attempt      integer NOT NULL,
    at           bigint NOT NULL,
    passed       integer NOT NULL,
    severity     text NOT NULL, -- error, warn
    rows_failing bigint NOT NULL DEFAULT 0,
    sample       text NOT NULL DEFAULT '[]', -- JSON array of the first failing rows
    message      text NOT NULL DEFAULT '',
    PRIMARY KEY (asset, name, run_id, task_id, attempt)
);
CREATE INDEX check_results_by_time ON check_results (asset, name, at);

-- +goose Down

DROP TABLE check_results;
DROP TABLE asset_state;
DROP TABLE task_logs;
DROP TABLE tasks;
DROP TABLE runs;
DROP TABLE leases;
DROP TABLE filled;
DROP TABLE positions;
DROP TABLE commits;
DROP TABLE tables;
DROP TABLE namespaces;
