package lake_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/extensions"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/ingest"
	"github.com/hosu-io/hosu/internal/lake/laketest"
)

// copyOf is an ingest write of the rows of a query.
func copyOf(t *testing.T, l *laketest.Lake, mode ingest.Mode, query string) ingest.Write {
	t.Helper()
	rows, err := l.Engine.QueryArrow(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	return ingest.Write{By: govern.Owner(), Table: l.Ident("raw.t"), Mode: mode, Key: []string{"id"},
		Columns: l.Columns(query), Rows: rows}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	w := copyOf(t, l, ingest.Append, "SELECT i AS id, 'v' || i AS v FROM range(10000) r(i)")
	var seen int64
	w.Progress = func(rows, bytes int64) {
		if rows <= seen || bytes <= 0 {
			t.Errorf("progress went from %d to %d rows, %d bytes", seen, rows, bytes)
		}
		seen = rows
	}
	asked := false
	w.Effects = func() (catalog.Effects, error) {
		asked = seen == 10000
		return effectsAt(0), nil
	}
	written, err := l.Write(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	if written.Rows != 10000 || written.Changed != 10000 || written.SnapshotID == 0 || written.Files == 0 || written.Bytes == 0 {
		t.Errorf("written %+v", written)
	}
	if !asked || version(t, l, "p") != 1 {
		t.Errorf("effects asked for after all rows: %v, position version %d", asked, version(t, l, "p"))
	}

	// An overlap is read again: one row changed, one is new, and one comes twice.
	w = copyOf(t, l, ingest.Merge, "SELECT unnest([9998, 9999, 10000, 9999]) AS id, unnest(['v9998', 'new', 'v10000', 'new']) AS v")
	written, err = l.Write(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	if written.Rows != 4 || written.Changed != 2 {
		t.Errorf("written %+v; want 4 rows read and 2 changed", written)
	}
	if got := l.Query("SELECT count(*), count(*) FILTER (v = 'new'), max(id) FROM (" + mustSelect(t, l, "raw.t") + ")"); got[0] != "10001|1|10000" {
		t.Errorf("rows, changed rows, last id: %s", got)
	}

	w = copyOf(t, l, ingest.Replace, mustSelect(t, l, "raw.t"))
	w.Effects = func() (catalog.Effects, error) { return effectsAt(1), nil }
	written, err = l.Write(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	if written.SnapshotID != 0 || written.Changed != 0 || written.Rows != 10001 || version(t, l, "p") != 2 {
		t.Errorf("the same content again: %+v, position version %d", written, version(t, l, "p"))
	}
}

// failingReader ends with an error after some batches, as a source does whose connection breaks.
type failingReader struct {
	array.RecordReader
	batches int
}

var errBroken = errors.New("connection reset")

func (r *failingReader) Next() bool {
	r.batches--
	return r.batches >= 0 && r.RecordReader.Next()
}

func (r *failingReader) Err() error {
	if r.batches < 0 {
		return errBroken
	}
	return r.RecordReader.Err()
}

func TestWriteOfABrokenSource(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	for batches := range 3 {
		w := copyOf(t, l, ingest.Append, "SELECT i AS id FROM range(10000) r(i)")
		w.Rows = &failingReader{w.Rows, batches}
		w.Effects = func() (catalog.Effects, error) {
			t.Error("effects asked for although the rows are not complete")
			return catalog.Effects{}, nil
		}
		_, err := l.Write(t.Context(), w)
		if err == nil || !strings.Contains(err.Error(), errBroken.Error()) {
			t.Errorf("after %d batches: error = %v", batches, err)
		}
	}
	rowsOf(t, l, "raw.t")
}

func TestWriteOfNoRows(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	written, err := l.Write(t.Context(), copyOf(t, l, ingest.Merge, "SELECT 1 AS id WHERE false"))
	if err != nil || written.Rows != 0 {
		t.Fatalf("written %+v, %v", written, err)
	}
	if _, ok := l.Relation("raw.t"); !ok {
		t.Error("the table was not created")
	}
}

func TestWriteOfUUIDs(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	id := uuid.MustParse("19ada004-c118-457d-813b-4fe2b4adb302")
	sch := arrow.NewSchema([]arrow.Field{{Name: "id", Type: extensions.NewUUIDType(), Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, sch)
	defer b.Release()
	b.Field(0).(*extensions.UUIDBuilder).Append(id)
	b.Field(0).AppendNull()
	batch := b.NewRecordBatch()
	defer batch.Release()
	rows, err := array.NewRecordReader(sch, []arrow.RecordBatch{batch})
	if err != nil {
		t.Fatal(err)
	}
	w := copyOf(t, l, ingest.Append, "SELECT uuid() AS id")
	w.Rows.Release()
	w.Rows = rows
	if _, err := l.Write(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	rowsOf(t, l, "raw.t", id.String(), "∅")
}
