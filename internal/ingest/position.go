package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/state"
)

// position is how far a copy has come and what it was a copy of, stored as JSON.
type position struct {
	// Definition is the fingerprint of the source table that was copied: the connector's position means nothing
	// to another.
	Definition string `json:"definition"`
	// Key is what rows were merged by.
	Key []string `json:"key,omitempty"`
	// Source is the connector's own position.
	Source []byte `json:"source,omitempty"`

	version int64
	stored  []byte
}

// Producer is the name under which the position of a copy is stored.
func Producer(t *project.SourceTable) string { return "source:" + t.Target }

func (c *copier) readPosition(ctx context.Context) (position, error) {
	producer := Producer(c.table)
	var found state.Position
	err := c.opts.State.View(ctx, func(tx *state.Tx) error {
		var err error
		found, err = tx.ReadPosition(producer)
		return err
	})
	if err != nil {
		return position{}, err
	}
	p := position{version: found.Version, stored: found.Value}
	if found.Version == 0 {
		return p, nil
	}
	if err := json.Unmarshal(found.Value, &p); err != nil {
		return position{}, fmt.Errorf("read the stored position of %s: %w", producer, err)
	}
	return p, nil
}

// withPosition adds the position behind batch, whose rows must have been read, to the effects of the caller. A position
// that stays where it is is stored all the same when rows are published: of two copies made at the same time only one may.
func (c *copier) withPosition(batch *source.Batch) (catalog.Effects, error) {
	effects := c.effects
	next := position{Definition: c.table.Fingerprint(), Key: c.key, Source: c.last.Source}
	if batch.Position != nil {
		value, err := batch.Position()
		if err != nil {
			return effects, err
		}
		next.Source = value
	}
	value, err := json.Marshal(next)
	if err != nil {
		return effects, err
	}
	if batch.Unchanged && bytes.Equal(value, c.last.stored) {
		return effects, nil
	}
	effects.Positions = append(slices.Clone(effects.Positions), catalog.Position{
		Producer: Producer(c.table), Version: c.last.version, Value: value,
	})
	return effects, nil
}
