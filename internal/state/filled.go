package state

import (
	"encoding/json"
	"fmt"
	"time"
)

// Filled is a row of the interval ledger: for [Start, End) the asset holds what its
// definition with Fingerprint makes of Inputs. Zero times stand for the whole asset.
type Filled struct {
	Asset       string
	Start, End  time.Time // to the microsecond
	Fingerprint string
	// Inputs are the snapshots read: table name to snapshot id.
	Inputs map[string]int64
	// SnapshotID is the asset's own snapshot that made it so; 0 when there is none.
	SnapshotID int64
	At         time.Time
}

// Whole says that the row is about the whole asset.
func (f Filled) Whole() bool { return f.Start.IsZero() && f.End.IsZero() }

// RecordFilled stores f in the ledger. Rows of the same asset that it overlaps
// are replaced; what lies outside of it stays, as rows of its own, so that no time is covered
// twice. A whole-asset row replaces all others and is replaced by any.
func (tx *Tx) RecordFilled(f Filled) error {
	if !f.Whole() && !f.Start.Before(f.End) {
		return fmt.Errorf("record %s as filled: interval [%s, %s) is empty", f.Asset, f.Start, f.End)
	}
	if err := tx.clearFilled(f); err != nil {
		return fmt.Errorf("record %s as filled: %w", f.Asset, err)
	}
	return tx.insertFilled(f)
}

// clearFilled takes the time of f out of the ledger of its asset.
func (tx *Tx) clearFilled(f Filled) error {
	if f.Whole() {
		_, err := tx.Exec("DELETE FROM filled WHERE asset = ?", f.Asset)
		return err
	}
	start, end := storedInterval(f)
	overlapping, err := tx.queryFilled("WHERE asset = ? AND start_at < ? AND end_at > ?", f.Asset, end, start)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM filled WHERE asset = ? AND
		(start_at < ? AND end_at > ? OR start_at = 0 AND end_at = 0)`, f.Asset, end, start)
	if err != nil {
		return err
	}
	for _, old := range overlapping {
		if old.Whole() { // its stored time is 1970
			continue
		}
		before, after := old, old
		before.End, after.Start = f.Start, f.End
		for _, rest := range []Filled{before, after} {
			if rest.Start.Before(rest.End) {
				if err := tx.insertFilled(rest); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (tx *Tx) insertFilled(f Filled) error {
	inputs, err := json.Marshal(f.Inputs)
	if err != nil {
		return err
	}
	if f.Inputs == nil {
		inputs = []byte("{}")
	}
	start, end := storedInterval(f)
	_, err = tx.Exec(`INSERT INTO filled (asset, start_at, end_at, fingerprint, inputs, snapshot_id, at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		f.Asset, start, end, f.Fingerprint, string(inputs), f.SnapshotID, Micros(f.At))
	if err != nil {
		return fmt.Errorf("record %s as filled: %w", f.Asset, err)
	}
	return nil
}

func storedInterval(f Filled) (start, end int64) {
	if f.Whole() {
		return 0, 0
	}
	return f.Start.UnixMicro(), f.End.UnixMicro()
}

// Filled returns the ledger of one asset, by start.
func (tx *Tx) Filled(asset string) ([]Filled, error) {
	rows, err := tx.queryFilled("WHERE asset = ? ORDER BY start_at", asset)
	if err != nil {
		return nil, fmt.Errorf("read what is filled of %s: %w", asset, err)
	}
	return rows, nil
}

// AllFilled returns the whole ledger, by asset and start.
func (tx *Tx) AllFilled() ([]Filled, error) {
	rows, err := tx.queryFilled("ORDER BY asset, start_at")
	if err != nil {
		return nil, fmt.Errorf("read what is filled: %w", err)
	}
	return rows, nil
}

// ForgetFilled removes an asset's rows from the ledger: it is to be made anew.
func (tx *Tx) ForgetFilled(asset string) error {
	if _, err := tx.Exec("DELETE FROM filled WHERE asset = ?", asset); err != nil {
		return fmt.Errorf("forget what is filled of %s: %w", asset, err)
	}
	return nil
}

func (tx *Tx) queryFilled(clauses string, args ...any) ([]Filled, error) {
	rows, err := tx.Query("SELECT asset, start_at, end_at, fingerprint, inputs, snapshot_id, at FROM filled "+clauses, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Filled
	for rows.Next() {
		var f Filled
		var start, end, at int64
		var inputs string
		if err := rows.Scan(&f.Asset, &start, &end, &f.Fingerprint, &inputs, &f.SnapshotID, &at); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(inputs), &f.Inputs); err != nil {
			return nil, fmt.Errorf("inputs of %s: %w", f.Asset, err)
		}
		if start != end {
			f.Start, f.End = time.UnixMicro(start).UTC(), time.UnixMicro(end).UTC()
		}
		f.At = Time(at)
		found = append(found, f)
	}
	return found, rows.Err()
}
