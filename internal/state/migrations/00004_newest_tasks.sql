-- One text for SQLite and PostgreSQL, as 00001.

-- +goose Up

-- Finds the newest task of an asset: ids of runs grow with time.
CREATE INDEX tasks_newest ON tasks (asset, run_id, id);

-- +goose Down

DROP INDEX tasks_newest;
