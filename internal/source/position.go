package source

import (
	"encoding/json"
	"fmt"
	"time"
)

// Mark is the position of a database connector, stored as JSON.
//
// It answers the question whether a table has anything new without moving a row: next to the cursor it holds the number of
// rows, and an order-independent hash, of what an incremental copy would read again (the rows at or
// above the cursor less the overlap, and those without a cursor value), or of the whole table in full mode. Each connector
// says what its hash is made of; equal marks mean equal rows.
type Mark struct {
	// Cursor is the column followed; empty in full mode.
	Cursor string `json:"cursor_column,omitempty"`
	// Max is the greatest cursor value seen, exactly, in the source's own text form; nil when there was none.
	Max     *string       `json:"cursor,omitempty"`
	Overlap time.Duration `json:"overlap,omitempty"`
	// Columns identifies names and types of the columns read, and whatever else decides how they are read.
	Columns string `json:"columns,omitempty"`
	// Version is what tells without a query that nothing was written to the source; empty when nothing does.
	Version string `json:"version,omitempty"`
	Rows    int64  `json:"rows"`
	Hash    string `json:"hash,omitempty"`
}

// ParseMark reads the mark of the last copy. It is nil when there was no copy or when it followed another cursor
// (or none): such a copy says nothing about where this one can go on.
func ParseMark(after []byte, cursor string) (*Mark, error) {
	if len(after) == 0 {
		return nil, nil
	}
	var m Mark
	if err := json.Unmarshal(after, &m); err != nil {
		return nil, fmt.Errorf("read the stored position %s: %w", Shorten(string(after), 80), err)
	}
	if m.Cursor != cursor {
		return nil, nil
	}
	return &m, nil
}

// Encode is the stored form of m.
func (m Mark) Encode() ([]byte, error) { return json.Marshal(m) }
