-- One text for SQLite and PostgreSQL, as 00001.

-- +goose Up

-- Every attempt of a task; tasks has what is true of the last one.
CREATE TABLE task_attempts (
    run_id      text NOT NULL,
    task_id     text NOT NULL,
    attempt     integer NOT NULL, -- from 1
    status      text NOT NULL, -- running, succeeded, failed, cancelled, interrupted
    started_at  bigint NOT NULL,
    finished_at bigint,
    error       text NOT NULL DEFAULT '',
    error_kind  text NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, task_id, attempt),
    FOREIGN KEY (run_id, task_id) REFERENCES tasks (run_id, id) ON DELETE CASCADE
);

-- The number of a line in the log of its run, in the order in which lines became visible: who has read up to
-- a number misses none by going on behind it.
ALTER TABLE task_logs ADD COLUMN line bigint NOT NULL DEFAULT 0;
UPDATE task_logs SET line = numbered.line FROM (
    SELECT run_id, task_id, attempt, seq, row_number() OVER (PARTITION BY run_id ORDER BY at, task_id, attempt, seq) AS line FROM task_logs
) numbered
WHERE numbered.run_id = task_logs.run_id AND numbered.task_id = task_logs.task_id
    AND numbered.attempt = task_logs.attempt AND numbered.seq = task_logs.seq;
CREATE INDEX task_logs_by_line ON task_logs (run_id, line);

CREATE INDEX check_results_by_run ON check_results (run_id, task_id);

-- +goose Down

DROP INDEX check_results_by_run;
DROP INDEX task_logs_by_line;
ALTER TABLE task_logs DROP COLUMN line;
DROP TABLE task_attempts;
