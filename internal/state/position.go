package state

import (
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Position is how far a producer has read its source.
type Position struct {
	Producer string
	// Version counts the changes of the position; 0 means there is none yet.
	Version int64
	// Value is the producer's own.
	Value []byte
	// At is when Version was stored.
	At time.Time
}

// ReadPosition returns a producer's position; one without has Version 0 and a nil Value.
func (tx *Tx) ReadPosition(producer string) (Position, error) {
	p := Position{Producer: producer}
	var at int64
	err := tx.QueryRow("SELECT version, value, at FROM positions WHERE producer = ?", producer).
		Scan(&p.Version, &p.Value, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err != nil {
		return Position{}, fmt.Errorf("read position of %s: %w", producer, err)
	}
	p.At = Time(at)
	return p, nil
}

// SwapPosition stores value as version expected+1 of the producer's position,
// provided that its version is expected now; otherwise [ErrPositionMoved].
func (tx *Tx) SwapPosition(producer string, expected int64, value []byte, now time.Time) error {
	if value == nil {
		value = []byte{}
	}
	var changed int64
	var err error
	if expected == 0 {
		changed, err = tx.Exec(`INSERT INTO positions (producer, version, value, at) VALUES (?, 1, ?, ?)
			ON CONFLICT (producer) DO NOTHING`, producer, value, Micros(now))
	} else {
		changed, err = tx.Exec("UPDATE positions SET version = version + 1, value = ?, at = ? WHERE producer = ? AND version = ?",
			value, Micros(now), producer, expected)
	}
	if err != nil {
		return fmt.Errorf("store position of %s: %w", producer, err)
	}
	if changed == 1 {
		return nil
	}
	found, err := tx.ReadPosition(producer)
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: %s is at version %d, expected %d", ErrPositionMoved, producer, found.Version, expected)
}
