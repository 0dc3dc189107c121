package orchestrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/state"
)

// book is what planning knows: read once, then kept up to date with the tasks that this run finishes. Under the
// run lease nobody else changes the assets, and what others commit to other tables is seen by the next run.
type book struct {
	mu        sync.Mutex
	fills     map[string][]fill // oldest first
	snapshots map[string]int64
	checked   map[string]checked
	failures  map[string]TaskInfo // the newest tasks of assets, of those that failed
	// upcoming are tables that a plan expects to change.
	upcoming map[string]bool
}

func (o *Orchestrator) readBook(ctx context.Context) (*book, error) {
	b := &book{fills: map[string][]fill{}, snapshots: map[string]int64{}, failures: map[string]TaskInfo{}, upcoming: map[string]bool{}}
	err := o.cfg.State.View(ctx, func(tx *state.Tx) error {
		s := store{tx}
		rows, err := tx.AllFilled()
		if err != nil {
			return err
		}
		clear(b.fills)
		for len(rows) > 0 {
			n := 1
			for n < len(rows) && rows[n].Asset == rows[0].Asset {
				n++
			}
			b.fills[rows[0].Asset] = fills(rows[:n])
			rows = rows[n:]
		}
		if b.checked, err = s.allChecked(); err != nil {
			return err
		}
		last, err := s.lastTasks()
		if err != nil {
			return err
		}
		clear(b.failures)
		for asset, t := range last {
			if t.Status == Failed {
				b.failures[asset] = t
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is filled: %w", err)
	}
	// Snapshots are read after the ledger: one that is newer than what the ledger knows means work, never less of it.
	entries, err := o.cfg.Tables.Tables(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("read the current snapshots: %w", err)
	}
	for _, e := range entries {
		b.snapshots[e.Ident.String()] = e.SnapshotID
	}
	return b, nil
}

// refresh reads an asset again after a task of it has ended.
func (b *book) refresh(ctx context.Context, o *Orchestrator, asset string) error {
	var rows []state.Filled
	err := o.cfg.State.View(ctx, func(tx *state.Tx) (err error) {
		rows, err = tx.Filled(asset)
		return err
	})
	if err != nil {
		return err
	}
	ident, err := catalog.ParseIdent(asset)
	if err != nil {
		return err
	}
	entry, err := o.cfg.Tables.Entry(ctx, ident)
	if err != nil && !errors.Is(err, catalog.ErrNoSuchTable) {
		return fmt.Errorf("read the current snapshot of %s: %w", asset, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fills[asset] = fills(rows)
	if err == nil {
		b.snapshots[entry.Ident.String()] = entry.SnapshotID
	}
	return nil
}

// filledSince reports that the ledger has all of [start, end) of asset with this fingerprint, recorded at or after since.
func (b *book) filledSince(asset string, s slot, fingerprint string, since time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.fills[asset] {
		if f.fingerprint == fingerprint && !f.at.Before(since) && f.start.Equal(s.start) && f.end.Equal(s.end) {
			return true
		}
	}
	return false
}

// demand is what a caller asked for beyond what is missing.
type demand struct {
	force  bool
	within slot
}

// plan says what asset a needs.
func (b *book) plan(o *Orchestrator, a *project.Asset, d demand, now time.Time) ([]PlannedTask, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := planner{now: now, loc: o.cfg.Location, snapshots: b.snapshots, upcoming: b.upcoming, force: d.force, within: d.within}
	for _, up := range o.cfg.Graph.Inputs(a.Name) { // a view says nothing of intervals: what it reads does
		if m := o.asset(up).Model; m != nil && m.Intervals() {
			if p.upstream == nil {
				p.upstream = map[string][]fill{}
			}
			p.upstream[up] = b.fills[o.asset(up).Name]
		}
	}
	c := b.checked[a.Name]
	h := history{fills: b.fills[a.Name], checked: c.at, checkedFingerprint: c.fingerprint}
	if failed := b.failures[a.Name]; failed.Fingerprint == a.Fingerprint { // how another definition failed says nothing of this one
		h.failure = failed.Error
	}
	return p.asset(a, a.Fingerprint, h)
}

// Plan says what a run of the selected assets would do now, in the order of the graph. Nothing is changed. A task that only
// runs if another one changes its input is marked IfChanged.
func (o *Orchestrator) Plan(ctx context.Context, req Request) ([]PlannedTask, error) {
	names, err := o.cfg.Graph.Select(req.Selectors...)
	if err != nil {
		return nil, err
	}
	b, err := o.readBook(ctx)
	if err != nil {
		return nil, err
	}
	now := o.cfg.Clock.Now()
	var plan []PlannedTask
	for _, name := range names {
		tasks, err := b.planAhead(o, o.asset(name), req.demand(), now)
		if err != nil {
			return nil, err
		}
		plan = append(plan, tasks...)
	}
	return plan, nil
}

// planAhead plans a as if the assets planned before had changed their tables.
func (b *book) planAhead(o *Orchestrator, a *project.Asset, d demand, now time.Time) ([]PlannedTask, error) {
	upcoming := b.upcoming
	b.upcoming = nil
	certain, err := b.plan(o, a, d, now)
	b.upcoming = upcoming
	if err != nil {
		return nil, err
	}
	tasks, err := b.plan(o, a, d, now)
	if err != nil || len(tasks) == 0 {
		return nil, err
	}
	for i, t := range tasks {
		tasks[i].IfChanged = !slices.ContainsFunc(certain, func(c PlannedTask) bool {
			return slot{c.Start, c.End} == slot{t.Start, t.End} || slot{c.Start, c.End}.overlaps(slot{t.Start, t.End})
		})
	}
	b.upcoming[a.Name] = true
	if m := a.Model; m != nil && m.Write.Kind == project.WriteView {
		// Who reads a view reads, and recorded, the tables below it: those tell.
		delete(b.upcoming, a.Name)
	}
	return tasks, nil
}
