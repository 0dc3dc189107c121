// Package history keeps what became of the statements that people ran, and the statements that they gave a name, in the state
// database.
//
// A statement is recorded when it has ended, behind its answer: [Store.Add] returns at once, and [Store.Run] stores what was added, many
// statements per transaction when many end. Until then a statement is found in memory, so that nobody sees the delay. A process
// that is killed loses the statements of its last moment.
package history

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hosu-io/hosu/internal/state"
)

const (
	// defaultKept is how many statements of one principal are kept, and keptBytes how much text they may have together.
	defaultKept = 1000
	keptBytes   = 64 << 20
	// maxWaiting and keptBytes bound the statements in memory while the database cannot be written to; the oldest are dropped.
	maxWaiting = 10_000
	// pause between two tries to write to a database that refuses, and how long the last one may take.
	pause     = time.Second
	lastWrite = 5 * time.Second
)

// ErrNotFound: there is no such statement. Returned wrapped.
var ErrNotFound = errors.New("not found")

// Status is what became of a statement.
type Status string

// The statuses. Running statements are not stored.
const (
	Running   Status = "running"
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Cancelled Status = "cancelled"
)

// QueryInfo is what is known of a statement that was run.
type QueryInfo struct {
	ID        string    `json:"id"`
	Principal string    `json:"-"`
	SQL       string    `json:"sql"`
	Status    Status    `json:"status" enum:"running,succeeded,failed,cancelled"`
	Started   time.Time `json:"started_at"`
	Finished  time.Time `json:"finished_at,omitzero"`
	Detail
}

// Detail is an account of a statement.
type Detail struct {
	// ElapsedMS is from the start to the last row, or to now; WaitMS to the moment from which rows could be read.
	ElapsedMS float64 `json:"elapsed_ms"`
	WaitMS    float64 `json:"wait_ms"`
	Rows      int64   `json:"rows" doc:"Rows returned."`
	Truncated bool    `json:"truncated" doc:"The result had more rows than were asked for."`
	// Files and Bytes are what had to be read of FilesTotal and BytesTotal.
	Files      int        `json:"files" doc:"Data files read."`
	FilesTotal int        `json:"files_total" doc:"Data files of the tables."`
	Bytes      int64      `json:"bytes" doc:"Size of the data files read."`
	BytesTotal int64      `json:"bytes_total" doc:"Size of all data files of the tables."`
	Tables     []TableUse `json:"tables"`
	Error      *Failure   `json:"error,omitempty"`
}

// TableUse is what a statement read of one table.
type TableUse struct {
	Table      string `json:"table"`
	Snapshot   int64  `json:"snapshot,string"` // text, because many readers of JSON round numbers of this size
	Files      int    `json:"files"`
	FilesTotal int    `json:"files_total"`
	Bytes      int64  `json:"bytes"`
}

// Failure is why a statement did not succeed.
type Failure struct {
	Code     string    `json:"code"`
	Message  string    `json:"message"`
	Hint     string    `json:"hint,omitempty"`
	Position *Position `json:"position,omitempty"`
}

// Position is a place in a SQL text.
type Position struct {
	Offset int `json:"offset" doc:"In bytes of UTF-8, from 0."`
	Line   int `json:"line" doc:"From 1."`
	Column int `json:"column" doc:"In characters, from 1."`
}

// Options of a [Store].
type Options struct {
	State *state.DB
	// Kept is how many statements of one principal are kept; zero is 1,000.
	Kept  int
	Log   *slog.Logger     // nil: discarded
	Clock func() time.Time // nil: time.Now
}

// Store is the history of a workspace. It is safe for concurrent use.
type Store struct {
	db   *state.DB
	kept int
	log  *slog.Logger
	now  func() time.Time

	mu      sync.Mutex
	waiting []QueryInfo   // not stored yet, in the order in which they ended
	bytes   int           // of the text of waiting
	wake    chan struct{} // has room for one: waiting is not empty
}

// New returns a store over a state database.
func New(opts Options) *Store {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	return &Store{
		db: opts.State, kept: cmp.Or(opts.Kept, defaultKept), log: opts.Log, now: opts.Clock,
		wake: make(chan struct{}, 1),
	}
}

// Add records a statement that has ended. One with the same principal and id is replaced.
func (s *Store) Add(q QueryInfo) {
	q.SQL = storable(q.SQL)
	s.mu.Lock()
	s.waiting = append(s.waiting, q)
	s.bytes += len(q.SQL)
	drop := 0
	for left := s.bytes; len(s.waiting)-drop > maxWaiting || left > keptBytes; drop++ {
		left -= len(s.waiting[drop].SQL)
	}
	s.forget(drop)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// forget takes the oldest ones from waiting. The caller holds the lock.
func (s *Store) forget(n int) {
	for _, q := range s.waiting[:n] {
		s.bytes -= len(q.SQL)
	}
	s.waiting = slices.Delete(s.waiting, 0, n)
}

// storable is a text as every database takes it. People can send others, and one of them must not keep those behind it from being
// stored.
func storable(text string) string {
	const unknown = "\ufffd"
	return strings.ReplaceAll(strings.ToValidUTF8(text, unknown), "\x00", unknown)
}

// Run stores what is added until ctx ends, and then what is left.
func (s *Store) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
			defer cancel()
			return s.flush(last)
		case <-s.wake:
		}
		if err := s.flush(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "store the history of statements", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(pause):
				select {
				case s.wake <- struct{}{}:
				default:
				}
			}
		}
	}
}

// flush stores what is waiting.
func (s *Store) flush(ctx context.Context) error {
	s.mu.Lock()
	batch := slices.Clone(s.waiting)
	s.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	err := s.db.Update(ctx, func(tx *state.Tx) error {
		principals := map[string]bool{}
		for _, q := range batch {
			if err := insert(tx, q); err != nil {
				return err
			}
			principals[q.Principal] = true
		}
		for principal := range principals {
			if err := s.trim(tx, principal); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Some of the batch may have been dropped from the front meanwhile; what was added is behind it.
	stored := 0
	for stored < len(s.waiting) && slices.ContainsFunc(batch, func(q QueryInfo) bool { return sameEntry(q, s.waiting[stored]) }) {
		stored++
	}
	s.forget(stored)
	return nil
}

func sameEntry(a, b QueryInfo) bool {
	return a.ID == b.ID && a.Principal == b.Principal && a.Started.Equal(b.Started)
}

func insert(tx *state.Tx, q QueryInfo) error {
	detail, err := json.Marshal(q.Detail)
	if err == nil {
		_, err = tx.Exec(`INSERT INTO queries (principal, id, sql, status, started_at, finished_at, detail) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (principal, id) DO UPDATE SET sql = excluded.sql, status = excluded.status, started_at = excluded.started_at,
				finished_at = excluded.finished_at, detail = excluded.detail`,
			q.Principal, q.ID, q.SQL, string(q.Status), state.Micros(q.Started), state.Micros(q.Finished), string(detail))
	}
	if err != nil {
		return fmt.Errorf("record query %s: %w", q.ID, err)
	}
	return nil
}

// trim deletes the statements of a principal that are too old to be kept.
func (s *Store) trim(tx *state.Tx, principal string) error {
	_, err := tx.Exec(`DELETE FROM queries WHERE principal = ? AND id IN (
		SELECT id FROM (
			SELECT id, row_number() OVER newest AS n, sum(length(sql)) OVER newest AS size
			FROM queries WHERE principal = ? WINDOW newest AS (ORDER BY started_at DESC, id DESC)
		) numbered WHERE n > ? OR n > 1 AND size > ?)`, principal, principal, s.kept, keptBytes)
	if err != nil {
		return fmt.Errorf("forget old queries of %s: %w", principal, err)
	}
	return nil
}

// Get returns a statement of a principal; [ErrNotFound] when there is none, or not any more.
func (s *Store) Get(ctx context.Context, principal, id string) (QueryInfo, error) {
	if q, ok := s.unstored(principal, id); ok {
		return q, nil
	}
	found, err := s.read(ctx, "WHERE principal = ? AND id = ?", principal, id)
	if err != nil {
		return QueryInfo{}, err
	}
	if len(found) == 0 {
		return QueryInfo{}, fmt.Errorf("query %s: %w", id, ErrNotFound)
	}
	return found[0], nil
}

func (s *Store) unstored(principal, id string) (QueryInfo, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range slices.Backward(s.waiting) {
		if q.Principal == principal && q.ID == id {
			return q, true
		}
	}
	return QueryInfo{}, false
}

// List returns statements of a principal, newest first: at most limit of those behind the one that began at before and has the id, or
// of all when before is zero.
func (s *Store) List(ctx context.Context, principal string, limit int, before time.Time, id string) ([]QueryInfo, error) {
	s.mu.Lock()
	waiting := slices.Clone(s.waiting)
	s.mu.Unlock()
	clauses, args := "WHERE principal = ?", []any{principal}
	if !before.IsZero() {
		clauses += " AND (started_at < ? OR started_at = ? AND id < ?)"
		args = append(args, state.Micros(before), state.Micros(before), id)
	}
	found, err := s.read(ctx, clauses+" ORDER BY started_at DESC, id DESC LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, err
	}
	last := QueryInfo{ID: id, Started: before}
	for _, q := range waiting {
		if q.Principal != principal || !before.IsZero() && Newest(last, q) >= 0 {
			continue
		}
		found = slices.DeleteFunc(found, func(old QueryInfo) bool { return old.ID == q.ID })
		found = append(found, q)
	}
	slices.SortFunc(found, Newest)
	return found[:min(limit, len(found))], nil
}

// Newest orders statements by when they began, the latest first.
func Newest(a, b QueryInfo) int {
	return cmp.Or(cmp.Compare(b.Started.UnixMicro(), a.Started.UnixMicro()), cmp.Compare(b.ID, a.ID))
}

func (s *Store) read(ctx context.Context, clauses string, args ...any) ([]QueryInfo, error) {
	var found []QueryInfo
	err := s.db.View(ctx, func(tx *state.Tx) error {
		found = nil
		rows, err := tx.Query("SELECT principal, id, sql, status, started_at, finished_at, detail FROM queries "+clauses, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var q QueryInfo
			var started, finished int64
			var detail string
			if err := rows.Scan(&q.Principal, &q.ID, &q.SQL, &q.Status, &started, &finished, &detail); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(detail), &q.Detail); err != nil {
				return fmt.Errorf("query %s: %w", q.ID, err)
			}
			q.Started, q.Finished = state.Time(started), state.Time(finished)
			found = append(found, q)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read the history of statements: %w", err)
	}
	return found, nil
}
