-- +goose Up

-- The statements that people ran through the API, the newest of each principal; older ones are deleted.
CREATE TABLE queries (
    principal   text NOT NULL,
    id          text NOT NULL,
    sql         text NOT NULL,
    status      text NOT NULL, -- succeeded, failed, cancelled
    started_at  bigint NOT NULL,
    finished_at bigint NOT NULL,
    detail      text NOT NULL, -- JSON object: what was read, how long it took, and what went wrong
    PRIMARY KEY (principal, id)
);
CREATE INDEX queries_by_start ON queries (principal, started_at);

-- Statements that people gave a name, to run them again.
CREATE TABLE saved_queries (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    sql         text NOT NULL,
    description text NOT NULL DEFAULT '',
    principal   text NOT NULL, -- who saved it last
    updated_at  bigint NOT NULL
);

-- +goose Down

DROP TABLE saved_queries;
DROP TABLE queries;
