package history

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/state"
)

// SavedQuery is a statement with a name. All who use a workspace see it.
type SavedQuery struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	SQL         string    `json:"sql"`
	Description string    `json:"description"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Saved returns all saved statements, by name.
func (s *Store) Saved(ctx context.Context) ([]SavedQuery, error) {
	var saved []SavedQuery
	err := s.db.View(ctx, func(tx *state.Tx) error {
		saved = nil
		rows, err := tx.Query("SELECT id, name, sql, description, updated_at FROM saved_queries ORDER BY lower(name), id")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var q SavedQuery
			var at int64
			if err := rows.Scan(&q.ID, &q.Name, &q.SQL, &q.Description, &at); err != nil {
				return err
			}
			q.UpdatedAt = state.Time(at)
			saved = append(saved, q)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read saved queries: %w", err)
	}
	return saved, nil
}

// Save stores a statement and returns it as it is stored: a new one when its ID is empty, and else in place of the one with that ID, which
// must be there ([ErrNotFound]).
func (s *Store) Save(ctx context.Context, by govern.Principal, q SavedQuery) (SavedQuery, error) {
	q.Name, q.SQL, q.Description = storable(q.Name), storable(q.SQL), storable(q.Description)
	q.UpdatedAt = s.now().UTC().Truncate(time.Microsecond)
	created := q.ID == ""
	if created {
		q.ID = uuid.NewString()
	}
	err := s.db.Update(ctx, func(tx *state.Tx) error {
		if created {
			_, err := tx.Exec("INSERT INTO saved_queries (id, name, sql, description, principal, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
				q.ID, q.Name, q.SQL, q.Description, by.Name, state.Micros(q.UpdatedAt))
			return err
		}
		changed, err := tx.Exec("UPDATE saved_queries SET name = ?, sql = ?, description = ?, principal = ?, updated_at = ? WHERE id = ?",
			q.Name, q.SQL, q.Description, by.Name, state.Micros(q.UpdatedAt), q.ID)
		return missing(changed, err)
	})
	if err != nil {
		return SavedQuery{}, fmt.Errorf("save query %s: %w", q.ID, err)
	}
	return q, nil
}

// Delete removes a saved statement; [ErrNotFound] when there is none.
func (s *Store) Delete(ctx context.Context, id string) error {
	err := s.db.Update(ctx, func(tx *state.Tx) error {
		return missing(tx.Exec("DELETE FROM saved_queries WHERE id = ?", id))
	})
	if err != nil {
		return fmt.Errorf("delete saved query %s: %w", id, err)
	}
	return nil
}

func missing(changed int64, err error) error {
	if err == nil && changed == 0 {
		return ErrNotFound
	}
	return err
}
