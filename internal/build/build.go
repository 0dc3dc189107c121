// Package build makes the table or view of a model: one asset × one interval.
//
// # Stage, check, publish
//
// A build resolves the model's statement, has a sandbox write its rows as data files, works out the table that these
// files would make, runs the model's checks over exactly that table, and only then publishes it, in
// one commit with the ledger row that says what it was made of. Until the commit nothing of a build can be
// seen; a failed check leaves the published table as it was.
//
// # What the writes mean
//
//   - view: the query's text becomes the view, once it binds and its checks hold over it.
//   - full: the table holds exactly the query's rows, and its columns. Equal rows are no new snapshot.
//   - interval(column): the query's rows replace those whose column is in the interval; rows outside of it are an error.
//   - merge(key): the query's rows update those with their key or are added. Nothing is ever removed.
//   - append: the query's rows are added. The guard against adding them twice is the ledger: a build that was
//     published has its row there, in the same commit, so a run that is repeated after a crash finds it and does
//     not build again. With $start and $end in the query each interval is appended once, when it has ended;
//     without them the query runs whenever something that it reads has changed. What was appended stays as it
//     is when the definition changes.
//
// Columns that a model stops making are dropped by full; in tables that keep rows they stay and are NULL in new ones.
package build

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/quality"
	"github.com/hosu-io/hosu/internal/scan"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/transform"
)

// Properties of the tables and views that a build makes.
const (
	propertyModel = "hosu.model" // the model's name
	propertyWrite = "hosu.write" // its write kind
)

// Options of a [Builder]. All but Limits, Clock and TimeZone are required.
type Options struct {
	Catalog  *catalog.Catalog
	Lake     *lake.Lake
	Resolver quality.Resolver
	Executor scan.Executor
	Checker  *quality.Checker
	State    *state.DB        // where results of checks are recorded
	TimeZone string           // IANA name of the workspace's; default UTC
	Limits   engine.Limits    // of one model's statement
	Clock    func() time.Time // default time.Now
}

// Builder makes tables and views. It is safe for concurrent use.
type Builder struct{ Options }

// New returns a builder.
func New(opts Options) *Builder {
	if opts.TimeZone == "" {
		opts.TimeZone = "UTC"
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	return &Builder{opts}
}

// Request is what to build.
type Request struct {
	By       govern.Principal
	Model    *project.Model
	Interval transform.Interval // zero for a model without intervals
	// Fingerprint is recorded with what was filled; it is the asset's.
	Fingerprint string
	// Effects happen with the commit; the filled interval is added to them.
	Effects catalog.Effects
	// Task is where results of checks are recorded.
	Task quality.Task
	// Progress, when set, is told of each step: "read", "write", "check", "publish".
	Progress func(step string, rows, bytes int64)
	Log      *slog.Logger // nil: discarded
}

// Outcome is what a build did.
type Outcome struct {
	Rows, Bytes int64 // new in the table
	Files       int
	SnapshotID  int64 // 0: nothing was committed to the table, or it is a view
	// Unchanged: the table, or the view, is what it was; only the ledger knows of the build.
	Unchanged bool
	// Checks are the results of all checks; those that failed did not block.
	Checks []quality.Result
}

// Warnings are the checks that failed without stopping the build.
func (o Outcome) Warnings() []quality.Result {
	var failed []quality.Result
	for _, r := range o.Checks {
		if !r.Passed {
			failed = append(failed, r)
		}
	}
	return failed
}

// building is one call of Build.
type building struct {
	*Builder
	Request
	ident    catalog.Ident
	at       time.Time // when the inputs were looked at
	resolved *scan.Resolved
	columns  []schema.Column
	outcome  Outcome
}

// Build makes a model's table or view. Errors are *[Error].
func (b *Builder) Build(ctx context.Context, req Request) (Outcome, error) {
	if req.Progress == nil {
		req.Progress = func(string, int64, int64) {}
	}
	if req.Log == nil {
		req.Log = slog.New(slog.DiscardHandler)
	}
	w := &building{Builder: b, Request: req}
	if err := w.build(ctx); err != nil {
		return Outcome{}, &Error{Model: req.Model.Name, Pos: req.Model.Pos, Err: err}
	}
	return w.outcome, nil
}

func (b *building) build(ctx context.Context) (err error) {
	if b.ident, err = catalog.ParseIdent(b.Model.Name); err != nil {
		return err
	}
	if err := b.resolve(ctx); err != nil {
		return err
	}
	var existing *catalog.Entry
	switch entry, err := b.Catalog.Entry(ctx, b.ident); {
	case err == nil:
		existing = &entry
	case !errors.Is(err, catalog.ErrNoSuchTable):
		return err
	}
	if b.Model.Write.Kind == project.WriteView {
		return b.view(ctx, existing)
	}
	if existing != nil && existing.Kind == catalog.KindView {
		return b.table(ctx, existing)
	}
	if existing != nil {
		if err := b.checkPartition(ctx); err != nil {
			return err
		}
	}
	return b.table(ctx, nil)
}

// resolve finds what the statement reads and makes, and holds it to the model's contracts.
func (b *building) resolve(ctx context.Context) error {
	b.Progress("read", 0, 0)
	b.at = b.Clock()
	statement, err := transform.Model(b.Model, b.Interval)
	if err != nil {
		return err
	}
	b.resolved, err = b.Resolver.Resolve(ctx, b.By, scan.Request{
		SQL: statement.SQL, Params: statement.Params, TimeZone: b.TimeZone, Limits: b.Limits,
	})
	if err != nil {
		return b.located(err)
	}
	for _, use := range b.resolved.Tables {
		b.Log.Info("reads "+use.Ident.String(), "snapshot", use.SnapshotID, "files", use.Files, "of", use.FilesTotal, "rows", use.Rows)
	}
	b.columns, err = quality.Columns(b.Model, b.resolved.Columns)
	return permanently(err)
}

// located puts file:line:column before an error of the model's own SQL.
func (b *building) located(err error) error {
	if b.resolved != nil && b.resolved.Job.SQL != b.Model.SQL {
		return err // its position is in a text that the author did not write
	}
	return quality.Locate(err, b.Model.Pos.File, b.Model.SQL, b.Model.SQLLine)
}

// effects are the request's and the ledger row.
func (b *building) effects() catalog.Effects {
	filled := catalog.Filled{
		Asset: b.Model.Name, Start: b.Interval.Start, End: b.Interval.End, Fingerprint: b.Fingerprint, At: b.at, Inputs: map[string]int64{},
	}
	for _, use := range b.resolved.Tables {
		if !use.Pinned {
			filled.Inputs[use.Ident.String()] = use.SnapshotID
		}
	}
	effects := b.Effects
	effects.Filled = append(append([]catalog.Filled(nil), effects.Filled...), filled)
	return effects
}

// spec is the write that the model asks for.
func (b *building) spec() lake.Spec {
	m := b.Model
	spec := lake.Spec{
		By: b.By, Table: b.ident, Columns: b.columns, Partition: m.Partition, TimeZone: b.TimeZone,
		Properties: iceberg.Properties{propertyModel: m.Name, propertyWrite: string(m.Write.Kind)},
	}
	switch m.Write.Kind {
	case project.WriteAppend:
		spec.Mode = lake.Append
	case project.WriteInterval:
		spec.Mode = lake.Overwrite
		spec.Interval = &lake.Interval{Column: m.Write.Column, Start: b.Interval.Start, End: b.Interval.End}
	case project.WriteMerge:
		spec.Mode, spec.Key = lake.Merge, m.Write.Key
	default:
		spec.Mode, spec.DropMissing = lake.Replace, true
	}
	return spec
}

// table stages, checks and publishes the rows. view is the view that the table takes the place of, if there is one.
func (b *building) table(ctx context.Context, view *catalog.Entry) error {
	spec := b.spec()
	if view != nil {
		spec.Instead = view
		b.Log.Info("the table takes the place of a view")
	}
	target, err := b.Lake.Prepare(ctx, spec)
	if err != nil {
		return b.writeError(err)
	}
	b.Progress("write", 0, 0)
	files, err := b.Executor.Build(ctx, b.resolved.Job, target.Output)
	if err != nil {
		return errors.Join(b.located(err), b.Lake.Abandon(target))
	}
	b.Log.Info("rows written", "files", len(files))
	staged, err := b.Lake.Stage(ctx, target, files)
	if err != nil {
		return b.writeError(err)
	}
	b.Log.Info("staged", "rows", staged.Rows, "bytes", staged.Bytes, "files", staged.Files)
	if err := b.publish(ctx, staged); err != nil {
		return errors.Join(err, b.Lake.Discard(context.WithoutCancel(ctx), staged))
	}
	return nil
}

func (b *building) publish(ctx context.Context, staged *lake.Staged) error {
	b.Progress("check", staged.Rows, staged.Bytes)
	check := func(ctx context.Context, staged *lake.Staged) error { return b.check(ctx, staged.This) }
	if err := check(ctx, staged); err != nil {
		return err
	}
	b.Progress("publish", staged.Rows, staged.Bytes)
	published, err := b.Lake.Publish(ctx, staged, b.effects(), lake.Recheck(check))
	if err != nil {
		return err
	}
	b.outcome.Rows, b.outcome.Bytes, b.outcome.Files = staged.Rows, staged.Bytes, staged.Files
	b.outcome.SnapshotID, b.outcome.Unchanged = published.SnapshotID, !staged.Changed
	b.Log.Info("published", "snapshot", published.SnapshotID, "rows", staged.Rows, "bytes", staged.Bytes, "files", staged.Files,
		"unchanged", b.outcome.Unchanged)
	return nil
}

// check runs the model's checks over this, which stands for the model's table under both of its names, and records what they found.
func (b *building) check(ctx context.Context, this engine.Relation) error {
	checks := quality.Checks(b.Model)
	if len(checks) == 0 {
		return nil
	}
	this.Schema, this.Name = "", project.This
	named := this
	named.Schema, named.Name = b.ident.Namespace, b.ident.Name
	results, err := b.Checker.Run(ctx, b.By, checks, this, named)
	if err != nil {
		return err
	}
	if err := quality.Record(ctx, b.State, b.Model.Name, b.Task, results); err != nil {
		return err
	}
	b.outcome.Checks = results
	for _, r := range results {
		switch {
		case r.Passed:
			b.Log.Info("check passed", "check", r.Check.Name)
		case r.Check.Blocking:
			b.Log.Error(r.Message(), "check", r.Check.Name)
		default:
			b.Log.Warn(r.Message(), "check", r.Check.Name)
		}
	}
	return quality.Blocked(b.Model.Name, results)
}

// writeError makes a table that cannot take the model's rows a permanent failure.
func (b *building) writeError(err error) error {
	if transient(err) {
		return err
	}
	return permanently(fmt.Errorf("%s: %w", b.Model.Pos, err))
}
