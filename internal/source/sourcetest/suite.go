package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/testenv/stopwatch"
)

// System is a real system with a connector. Tables of the suite have the columns id (a long, the key), name (a
// string), amount (a number with two decimals) and updated_at (a timestamp without zone).
type System struct {
	// Open opens the source under test.
	Open func(t testing.TB) source.Source
	// Create makes an empty table.
	Create func(t testing.TB, table string)
	// Put inserts rows, or updates those whose id is there.
	Put func(t testing.TB, table string, rows ...Row)
	// Delete removes a row.
	Delete func(t testing.TB, table string, id int64)
	// Generate fills a table with n rows, as fast as the system can.
	Generate func(t testing.TB, table string, n int)
	// AddColumn adds a string column in which every row has the value given.
	AddColumn func(t testing.TB, table, column, value string)
	// Types are the expected types of id, name, amount and updated_at.
	Types string
	// Options are the table options to read a table with.
	Options func(table string) source.TableOptions
	// Cursor says that incremental copies follow a cursor; otherwise that part is left out.
	Cursor bool
	// Down opens a source of the same kind whose system does not answer; Where is what its error must name.
	Down  func(t testing.TB) source.Source
	Where string
	// Memory is the most resident memory, in bytes, that a long read may add; 0 is 64 MiB.
	Memory int64
}

// Row is a row of a table of the suite. A zero UpdatedAt is NULL.
type Row struct {
	ID        int64
	Name      string
	Cents     int64
	UpdatedAt time.Time
}

func (r Row) text() []string {
	at := "NULL"
	if !r.UpdatedAt.IsZero() {
		at = r.UpdatedAt.Format("2006-01-02 15:04:05.999999")
	}
	return []string{strconv.FormatInt(r.ID, 10), r.Name, r.Amount(), at}
}

// Amount is the decimal text of r.Cents.
func (r Row) Amount() string { return fmt.Sprintf("%d.%02d", r.Cents/100, r.Cents%100) }

// noon is when the suite's rows are written.
var noon = time.Date(2024, 2, 29, 12, 0, 0, 123456000, time.UTC)

func rowAt(id int64, minutes int) Row {
	return Row{ID: id, Name: fmt.Sprintf("회원 %d", id), Cents: id*100 + 7, UpdatedAt: noon.Add(time.Duration(minutes) * time.Minute)}
}

// Run runs the suite.
func Run(t *testing.T, s System) {
	for name, test := range map[string]func(*testing.T, System){
		"Full":         full,
		"Missing":      missing,
		"NewColumn":    newColumn,
		"Cancel":       cancel,
		"Release":      release,
		"Down":         down,
		"MemoryIsFlat": memoryIsFlat,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
	if !s.Cursor {
		return
	}
	for name, test := range map[string]func(*testing.T, System){
		"Incremental":     incremental,
		"LateCommit":      lateCommit,
		"NullCursor":      nullCursor,
		"CursorIsMissing": cursorIsMissing,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

// start makes a table with rows and opens the source.
func (s System) start(t *testing.T, table string, rows ...Row) source.Source {
	t.Helper()
	s.Create(t, table)
	if len(rows) > 0 {
		s.Put(t, table, rows...)
	}
	src := s.Open(t)
	t.Cleanup(func() {
		if err := src.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return src
}

func want(t *testing.T, c Copy, rows ...Row) {
	t.Helper()
	var texts [][]string
	for _, r := range rows {
		texts = append(texts, r.text())
	}
	if diff := cmp.Diff(Sorted(texts), Sorted(c.Rows)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func full(t *testing.T, s System) {
	rows := []Row{rowAt(1, 0), rowAt(2, 1), {ID: 3, Name: "no time", Cents: 5}}
	src := s.start(t, "full_copy", rows...)
	req := source.Request{Table: "full_copy", Options: s.Options("full_copy")}
	first := Read(t, src, req)
	want(t, first, rows...)
	if got := first.Types(); got != s.Types {
		t.Errorf("types %s, want %s", got, s.Types)
	}
	described, err := src.Table(t.Context(), "full_copy", req.Options)
	if err != nil || types(described.Columns) != s.Types {
		t.Errorf("described as %s, %v; want %s", types(described.Columns), err, s.Types)
	}
	listed, err := src.Tables(t.Context())
	if err != nil || !slices.ContainsFunc(listed, func(t source.Table) bool { return t.Name == "full_copy" }) {
		t.Errorf("the table is not listed: %v, %v", listed, err)
	}
	req.After = first.Position
	if again := Read(t, src, req); !again.Unchanged {
		t.Errorf("nothing has changed, yet %d rows came", len(again.Rows))
	}
	rows[1].Cents++
	s.Put(t, "full_copy", rows[1])
	updated := Read(t, src, req)
	want(t, updated, rows...)
	s.Delete(t, "full_copy", 1)
	req.After = updated.Position
	want(t, Read(t, src, req), rows[1:]...)
}

func missing(t *testing.T, s System) {
	src := s.start(t, "customers", rowAt(1, 0))
	_, err := src.Read(t.Context(), source.Request{Table: "custmers"})
	if !errors.Is(err, source.ErrNoSuchTable) || !strings.Contains(err.Error(), "customers") {
		t.Errorf("reading custmers: %v; want ErrNoSuchTable that names customers", err)
	}
	if _, err = src.Table(t.Context(), "custmers", source.TableOptions{}); !errors.Is(err, source.ErrNoSuchTable) {
		t.Errorf("describing custmers: %v; want ErrNoSuchTable", err)
	}
}

func newColumn(t *testing.T, s System) {
	src := s.start(t, "grown", rowAt(1, 0))
	req := source.Request{Table: "grown", Options: s.Options("grown")}
	if s.Cursor {
		req.Cursor = "updated_at"
	}
	req.After = Read(t, src, req).Position
	s.AddColumn(t, "grown", "grade", "gold")
	c := Read(t, src, req)
	if got := c.Types(); got != s.Types+", grade string" {
		t.Errorf("types %s, want a new column grade", got)
	}
	if diff := cmp.Diff([][]string{append(rowAt(1, 0).text(), "gold")}, c.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func cancel(t *testing.T, s System) {
	src := s.start(t, "cancelled")
	s.Generate(t, "cancelled", 200_000)
	req := source.Request{Table: "cancelled", Options: s.Options("cancelled")}
	stopwatch.Within(t, time.Second, "the end after a cancellation", func() time.Duration {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		batch, err := src.Read(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		defer batch.Rows.Release()
		if !batch.Rows.Next() {
			t.Fatal(batch.Rows.Err())
		}
		stop()
		begin := time.Now()
		for batch.Rows.Next() {
		}
		took := time.Since(begin)
		if err := batch.Rows.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
		if _, err := batch.Position(); err == nil {
			t.Error("a cancelled copy has a position")
		}
		if _, err := src.Read(ctx, req); !errors.Is(err, context.Canceled) {
			t.Errorf("reading with an ended context: %v", err)
		}
		return took
	})
}

// release abandons a copy and uses the source again.
func release(t *testing.T, s System) {
	src := s.start(t, "abandoned")
	s.Generate(t, "abandoned", 100_000)
	req := source.Request{Table: "abandoned", Options: s.Options("abandoned")}
	for range 3 {
		batch, err := src.Read(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if !batch.Rows.Next() {
			t.Fatal(batch.Rows.Err())
		}
		batch.Rows.Release()
	}
	if c := Read(t, src, req); len(c.Rows) != 100_000 {
		t.Errorf("%d rows after abandoned copies, want 100000", len(c.Rows))
	}
}

func down(t *testing.T, s System) {
	src := s.Down(t)
	defer func() { _ = src.Close() }()
	_, err := src.Read(t.Context(), source.Request{Table: "t"})
	if !errors.Is(err, source.ErrUnavailable) || !strings.Contains(err.Error(), s.Where) {
		t.Errorf("reading: %v; want ErrUnavailable that names %s", err, s.Where)
	}
	if _, err = src.Tables(t.Context()); !errors.Is(err, source.ErrUnavailable) {
		t.Errorf("listing: %v; want ErrUnavailable", err)
	}
}

// memoryIsFlat reads a table many times as large as what its reading may hold.
func memoryIsFlat(t *testing.T, s System) {
	const rows = 1_500_000
	src := s.start(t, "long_table")
	s.Generate(t, "long_table", rows)
	bound := s.Memory
	if bound == 0 {
		bound = 64 << 20
	}
	batch, err := src.Read(t.Context(), source.Request{Table: "long_table", Options: s.Options("long_table")})
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Rows.Release()
	var n, peak int64
	var base int64
	for next := int64(0); batch.Rows.Next(); {
		n += batch.Rows.RecordBatch().NumRows()
		if n < next {
			continue
		}
		next = n + rows/20
		used := resident(t)
		if base == 0 {
			base = used
		}
		peak = max(peak, used-base)
	}
	if err := batch.Rows.Err(); err != nil || n != rows {
		t.Fatalf("%d rows, %v; want %d", n, err, rows)
	}
	if peak > bound {
		t.Errorf("memory grew by %d MiB while reading, more than %d MiB", peak>>20, bound>>20)
	}
}

// resident is the memory of this process less what is garbage, in bytes: the part of it that grows when rows pile up.
func resident(t testing.TB) int64 {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	fields := bytes.Fields(status)
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages*int64(os.Getpagesize()) - int64(m.HeapSys-m.HeapReleased) + int64(m.HeapAlloc)
}

func incremental(t *testing.T, s System) {
	rows := []Row{rowAt(1, 0), rowAt(2, 10), rowAt(3, 20)}
	src := s.start(t, "followed", rows...)
	req := source.Request{Table: "followed", Options: s.Options("followed"), Cursor: "updated_at", Overlap: 5 * time.Minute}
	first := Read(t, src, req)
	want(t, first, rows...)
	if first.Replayed {
		t.Error("a first copy says that it repeats rows")
	}
	req.After = first.Position
	for range 2 {
		again := Read(t, src, req)
		if !again.Unchanged {
			t.Fatalf("nothing has changed, yet %d rows came", len(again.Rows))
		}
	}
	rows = append(rows, rowAt(4, 30))
	s.Put(t, "followed", rows[3])
	second := Read(t, src, req)
	want(t, second, rows[2:]...)
	if !second.Replayed {
		t.Error("a copy with an overlap does not say that it repeats rows")
	}
	req.After = second.Position
	rows[0].UpdatedAt, rows[0].Cents = noon.Add(31*time.Minute), 1
	s.Put(t, "followed", rows[0])
	third := Read(t, src, req)
	want(t, third, rows[0], rows[3])
	req.After = third.Position
	req.Overlap = 0
	if c := Read(t, src, req); c.Unchanged || len(c.Rows) != 1 {
		t.Errorf("with another overlap %d rows came, unchanged %v; want the last row again", len(c.Rows), c.Unchanged)
	}
}

// lateCommit adds a row whose cursor is below the greatest one seen: a transaction that took its time.
func lateCommit(t *testing.T, s System) {
	src := s.start(t, "late", rowAt(1, 0), rowAt(2, 20))
	req := source.Request{Table: "late", Options: s.Options("late"), Cursor: "updated_at", Overlap: 5 * time.Minute}
	req.After = Read(t, src, req).Position
	s.Put(t, "late", rowAt(3, 17))
	c := Read(t, src, req)
	want(t, c, rowAt(2, 20), rowAt(3, 17))
	req.After = c.Position
	if !Read(t, src, req).Unchanged {
		t.Error("nothing has changed, yet rows came")
	}
	// The edge of the overlap belongs to it.
	s.Put(t, "late", rowAt(4, 15))
	want(t, Read(t, src, req), rowAt(2, 20), rowAt(3, 17), rowAt(4, 15))
}

func nullCursor(t *testing.T, s System) {
	open := Row{ID: 2, Name: "open", Cents: 1}
	src := s.start(t, "sometimes", open)
	req := source.Request{Table: "sometimes", Options: s.Options("sometimes"), Cursor: "updated_at"}
	first := Read(t, src, req)
	want(t, first, open)
	req.After = first.Position
	if !Read(t, src, req).Unchanged {
		t.Error("nothing has changed, yet rows came")
	}
	s.Put(t, "sometimes", rowAt(1, 0))
	second := Read(t, src, req)
	want(t, second, open, rowAt(1, 0))
	open.Cents = 2
	s.Put(t, "sometimes", open)
	req.After = second.Position
	want(t, Read(t, src, req), open, rowAt(1, 0))
}

func cursorIsMissing(t *testing.T, s System) {
	src := s.start(t, "pathless", rowAt(1, 0))
	_, err := src.Read(t.Context(), source.Request{Table: "pathless", Options: s.Options("pathless"), Cursor: "changed_at"})
	if err == nil || !strings.Contains(err.Error(), "changed_at") || !strings.Contains(err.Error(), "updated_at") {
		t.Errorf("following a column that is not there: %v; want an error that lists the columns", err)
	}
}
