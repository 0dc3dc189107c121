package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/failpoint"
	"github.com/hosu-io/hosu/internal/state"
)

const (
	// maxAttempts bounds how often a commit is made anew because its tables moved although what
	// it requires of them still holds.
	maxAttempts = 32
	// resolveTimeout bounds finding out whether a commit happened.
	resolveTimeout = 30 * time.Second

	stepMetadataWritten = "commit.metadata_written"
	stepPointerSwapped  = "commit.pointer_swapped"
)

// Result is what a commit did.
type Result struct {
	// ID numbers the commit in the log; 0 when no table changed. It grows in commit order.
	ID int64
	At time.Time
	// Tables are the tables changed or checked, as they are now, by the name in the [Change]; those dropped and
	// views are missing.
	Tables map[Ident]*table.Table
	Views  map[Ident]*View
	// Attempts counts how often the commit was made; more than 1 says that its
	// tables were changed meanwhile, in ways that its requirements allow.
	Attempts int
}

// Commit makes all changes and effects of commit happen, or none of them. The
// package documentation tells how. Errors: [ErrRequirement], [ErrPositionMoved] and
// other [ErrConflict]s, [ErrExists], [ErrNoSuchTable], [ErrFenced], and [ErrUnknown];
// after any but the last, nothing has happened.
func (c *Catalog) Commit(ctx context.Context, commit Commit) (Result, error) {
	if err := checkCommit(commit); err != nil {
		return Result{}, err
	}
	for attempt := 1; ; attempt++ {
		result, err := c.attempt(ctx, commit)
		result.Attempts = attempt
		if err == nil || !errors.Is(err, errMoved) {
			return result, err
		}
		if attempt == maxAttempts {
			return Result{}, fmt.Errorf("%w: gave up after %d attempts: %w", ErrConflict, attempt, err)
		}
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
	}
}

// checkCommit finds mistakes of the caller.
func checkCommit(commit Commit) error {
	if commit.By.Name == "" {
		return errors.New("commit: it has no principal")
	}
	seen := map[string]bool{}
	for _, change := range commit.Changes {
		if err := change.Ident.Validate(); err != nil {
			return err
		}
		if seen[change.Ident.key()] {
			return fmt.Errorf("commit: %s is changed twice; put its updates into one change", change.Ident)
		}
		seen[change.Ident.key()] = true
		kinds := 0
		for _, set := range []bool{change.Create != nil, change.View != nil, change.Drop, change.Create == nil && len(change.Updates) > 0} {
			if set {
				kinds++
			}
		}
		if kinds > 1 {
			return fmt.Errorf("commit: the change of %s sets more than one of Create, Updates, View and Drop", change.Ident)
		}
	}
	return nil
}

// attempt makes the commit against the tables as they are now. An error that wraps
// errMoved says that they moved before the pointers could.
func (c *Catalog) attempt(ctx context.Context, commit Commit) (Result, error) {
	changes, err := c.stageAll(ctx, commit.Changes)
	if err != nil {
		return Result{}, err
	}
	for _, s := range changes {
		if err := c.write(s); err != nil {
			c.discard(changes)
			return Result{}, err
		}
	}
	if err := failpoint.Hit(ctx, stepMetadataWritten); err != nil {
		c.discard(changes)
		return Result{}, err
	}
	result, err := c.publish(ctx, commit, changes)
	if err != nil {
		if !errors.Is(err, ErrUnknown) {
			c.discard(changes)
		}
		return Result{}, err
	}
	if err := failpoint.Hit(ctx, stepPointerSwapped); err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	for i, s := range changes {
		for _, location := range s.obsolete {
			c.remove(location)
		}
		if s.operation == OpDrop {
			continue
		}
		c.cache.put(s.location, s.loaded)
		switch loaded := s.loaded.(type) {
		case *table.Table:
			result.Tables[commit.Changes[i].Ident] = loaded
		case *View:
			result.Views[commit.Changes[i].Ident] = loaded
		}
	}
	return result, nil
}

// stageAll stages every change against one consistent reading of all pointers.
func (c *Catalog) stageAll(ctx context.Context, changes []Change) ([]*staged, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	entries := make([]*Entry, len(changes))
	err := c.db.View(ctx, func(tx *state.Tx) error {
		for i, change := range changes {
			var err error
			if entries[i], err = selectEntry(tx, change.Ident); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := make([]*staged, len(changes))
	for i, change := range changes {
		if all[i], err = c.stage(ctx, change, entries[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// publish moves the pointers and makes the effects true, in one transaction.
func (c *Catalog) publish(ctx context.Context, commit Commit, changes []*staged) (Result, error) {
	uid := uuid.NewString()
	now := c.now()
	var id int64
	var logged []*staged // those that change something
	for _, s := range changes {
		if s.operation != "" {
			logged = append(logged, s)
		}
	}
	err := c.db.UpdateInOrder(ctx, func(tx *state.Tx) error {
		for _, s := range changes {
			if err := swap(tx, s, now); err != nil {
				return err
			}
		}
		if err := applyEffects(tx, commit.Effects, changes, now); err != nil {
			return err
		}
		if len(logged) == 0 {
			return nil
		}
		var err error
		id, err = appendLog(tx, uid, commit.By.Name, logged, now)
		return err
	})
	if errors.Is(err, state.ErrUnknown) {
		id, err = c.resolve(ctx, uid, logged, commit.Effects, err)
	}
	if err != nil {
		return Result{}, err
	}
	return Result{ID: id, At: now, Tables: map[Ident]*table.Table{}, Views: map[Ident]*View{}}, nil
}

// resolve finds out whether a commit happened after the database failed to say so: it is asked again, behind the
// same lock, so that the transaction in question has ended.
func (c *Catalog) resolve(ctx context.Context, uid string, logged []*staged, effects Effects, cause error) (int64, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), resolveTimeout)
	defer cancel()
	var id int64
	happened := false
	err := c.db.UpdateInOrder(failpoint.With(ctx, nil), func(tx *state.Tx) error {
		if len(logged) > 0 {
			var err error
			id, err = loggedID(tx, uid, logged[0])
			happened = id != 0
			return err
		}
		if len(effects.Positions) == 0 {
			return errors.New("the commit left no trace to look for")
		}
		moved := effects.Positions[0]
		found, err := tx.ReadPosition(moved.Producer)
		happened = found.Version == moved.Version+1 && string(found.Value) == string(moved.Value)
		return err
	})
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: %w (and asking again: %w)", ErrUnknown, cause, err)
	case !happened:
		return 0, fmt.Errorf("%w: %w", errMoved, cause) // certainly not: make it again
	default:
		return id, nil
	}
}

// applyEffects makes the effects of a commit true, within its transaction.
func applyEffects(tx *state.Tx, effects Effects, changes []*staged, now time.Time) error {
	if fence := effects.Fence; fence != nil {
		err := tx.CheckFence(fence.Lease, fence.Token)
		if errors.Is(err, state.ErrLeaseLost) {
			return fmt.Errorf("%w: %w", ErrFenced, err)
		}
		if err != nil {
			return err
		}
	}
	for _, p := range effects.Positions {
		err := tx.SwapPosition(p.Producer, p.Version, p.Value, now)
		if errors.Is(err, state.ErrPositionMoved) {
			return fmt.Errorf("%w: %w", ErrPositionMoved, err)
		}
		if err != nil {
			return err
		}
	}
	// In a fixed order, so that two commits never wait for each other's rows.
	filled := slices.Clone(effects.Filled)
	slices.SortStableFunc(filled, func(a, b Filled) int { return strings.Compare(a.Asset, b.Asset) })
	for _, f := range filled {
		snapshotID, err := snapshotOf(tx, f.Asset, changes)
		if err != nil {
			return err
		}
		at := f.At
		if at.IsZero() {
			at = now
		}
		err = tx.RecordFilled(state.Filled{Asset: f.Asset, Start: f.Start, End: f.End, Fingerprint: f.Fingerprint,
			Inputs: f.Inputs, SnapshotID: snapshotID, At: at})
		if err != nil {
			return err
		}
	}
	return nil
}

// snapshotOf is the snapshot of an asset's table once the commit has happened; 0 when it has none.
func snapshotOf(tx *state.Tx, asset string, changes []*staged) (int64, error) {
	ident, err := ParseIdent(asset)
	if err != nil {
		return 0, nil // not every asset is a table
	}
	for _, s := range changes {
		if s.ident.key() == ident.key() {
			return s.snapshotID, nil
		}
	}
	entry, err := selectEntry(tx, ident)
	if err != nil || entry == nil {
		return 0, err
	}
	return entry.SnapshotID, nil
}
