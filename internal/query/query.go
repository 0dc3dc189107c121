// Package query is the one door for reading: a statement that a person or program wrote goes in, with who asks;
// rows come out, with what was read for them.
//
// [Service.Run] has the statement resolved (scan: names to files, pruned, authorised) and executed (in a sandbox process), and
// streams what it returns. Nothing is read ahead of the caller.
package query

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/scan"
)

// Options of a [Service].
type Options struct {
	Resolver *scan.Resolver
	Executor scan.Executor
	// Limits are those of requests that leave a field of their own zero.
	Limits engine.Limits
	// TimeZone is the IANA name of sessions whose request names none; empty is UTC.
	TimeZone string
	Log      *slog.Logger     // nil: slog.Default()
	Clock    func() time.Time // nil: time.Now
}

// Service runs statements. It is safe for concurrent use.
type Service struct {
	resolver *scan.Resolver
	executor scan.Executor
	limits   engine.Limits
	timeZone string
	log      *slog.Logger
	now      func() time.Time
}

// New returns a service that reads through a resolver and an executor.
func New(opts Options) *Service {
	if opts.TimeZone == "" {
		opts.TimeZone = "UTC"
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	return &Service{
		resolver: opts.Resolver, executor: opts.Executor, limits: opts.Limits, timeZone: opts.TimeZone,
		log: opts.Log, now: opts.Clock,
	}
}

// Request is one statement.
type Request struct {
	// SQL is one SELECT in DuckDB's dialect over tables of the catalog, or DESCRIBE of one, or SHOW TABLES.
	SQL string
	// Params are the values of its $name parameters.
	Params []engine.Param
	// Limits override the service's, field by field.
	Limits engine.Limits
	// TimeZone is the IANA name of the session; empty is the service's.
	TimeZone string
}

// Run starts a statement on behalf of a principal. The caller reads the rows and releases them; ending ctx ends the
// statement. Errors that whoever wrote the statement can act on are *[engine.StatementError] (by errors.As); their
// Position, when it is not negative, is a byte of Request.SQL. Others are failures of the system.
func (s *Service) Run(ctx context.Context, by govern.Principal, req Request) (*Rows, error) {
	start := s.now()
	rows, err := s.run(ctx, by, req, start)
	if err != nil {
		s.log.DebugContext(ctx, "query failed", "principal", by.Name, "elapsed", s.now().Sub(start), "error", err)
		return nil, err
	}
	return rows, nil
}

func (s *Service) run(ctx context.Context, by govern.Principal, req Request, start time.Time) (*Rows, error) {
	command := parseCommand(req.SQL)
	if command.verb == showTables {
		return s.showTables(ctx, by, start)
	}
	limits := override(s.limits, req.Limits)
	zone := req.TimeZone
	if zone == "" {
		zone = s.timeZone
	}
	resolved, err := s.resolver.Resolve(ctx, by, scan.Request{
		SQL: command.sql, Params: req.Params, TimeZone: zone, Limits: limits,
	})
	if err != nil {
		return nil, command.explain(err)
	}
	if command.verb == describe {
		return s.describe(resolved, by, start)
	}
	if limits.Time > 0 {
		// Finding the files was part of the statement's time.
		left := limits.Time - s.now().Sub(start)
		if left <= 0 {
			return nil, &engine.StatementError{
				Kind: engine.Timeout, Position: -1,
				Message: fmt.Sprintf("the statement ran longer than its time limit of %s", limits.Time),
			}
		}
		resolved.Job.Limits.Time = left
	}
	reader, err := s.executor.Query(ctx, resolved.Job)
	if err != nil {
		return nil, atOriginal(err, command, resolved.Job.SQL)
	}
	return s.rows(reader, resolved, by, start), nil
}

// override is base with the fields that over sets.
func override(base, over engine.Limits) engine.Limits {
	if over.Time != 0 {
		base.Time = over.Time
	}
	if over.Memory != 0 {
		base.Memory = over.Memory
	}
	if over.ResultBytes != 0 {
		base.ResultBytes = over.ResultBytes
	}
	if over.ResultRows != 0 {
		base.ResultRows = over.ResultRows
	}
	if over.Threads != 0 {
		base.Threads = over.Threads
	}
	return base
}

// atOriginal drops the position of an error in a statement that was rewritten: it points into another text.
func atOriginal(err error, command command, executed string) error {
	var statement *engine.StatementError
	if !errors.As(err, &statement) || statement.Position < 0 {
		return err
	}
	if executed != command.sql {
		moved := *statement
		moved.Position = -1
		return &moved
	}
	return command.explain(err)
}

func (s *Service) rows(reader array.RecordReader, resolved *scan.Resolved, by govern.Principal, start time.Time) *Rows {
	rows := &Rows{
		RecordReader: reader,
		Columns:      resolved.Columns,
		Tables:       resolved.Tables,
		Stamps:       resolved.Stamps,
		Volatility:   resolved.Volatility,
		start:        start,
		ready:        s.now(),
		now:          s.now,
	}
	rows.done = func(err error) {
		stats := rows.Stats()
		s.log.Debug("query", "principal", by.Name, "rows", stats.Rows, "elapsed", stats.Elapsed,
			"tables", len(rows.Tables), "files", stats.Files, "bytes", stats.Bytes, "error", err)
	}
	rows.refs.Store(1)
	return rows
}
