package engine

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/hosu-io/hosu/internal/testenv/stopwatch"
)

func TestOpenChecksOptions(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		options Options
		want    string
	}{
		{Options{TimeZone: "Asia/Soul"}, `time zone "Asia/Soul"`},
		{Options{Threads: -1}, "-1 threads"},
		{Options{MemoryLimit: 5}, "memory limit of 5 bytes"},
		{Options{TempDir: file}, "is a file"},
		{Options{TempDir: file + "/none"}, "folder for temporary data"},
	} {
		e, err := Open(test.options)
		if err == nil {
			_ = e.Close()
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v, want %q", test.options, err, test.want)
		}
	}
	e, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Close(), e.Close()); err != nil {
		t.Error(err)
	}
	if _, err := e.Conn(t.Context()); err == nil {
		t.Error("a closed engine gave a connection")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	e := open(t)
	row := query(t, e, `select current_setting('TimeZone'), current_setting('threads')::varchar,
		current_setting('autoload_known_extensions')::varchar, current_setting('autoinstall_known_extensions')::varchar,
		current_setting('memory_limit'), (timestamptz '2024-01-05 00:00:00+09')::varchar`)[0]
	if got := strings.Join(row, " "); got != "Asia/Seoul 2 false false 1.0 GiB 2024-01-05 00:00:00+09" {
		t.Errorf("settings: %s", got)
	}
}

// residentBytes is the memory the process has in use.
func residentBytes(t *testing.T) int64 {
	t.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(data))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// TestQueryArrowStreams reads a result of 1.6 GB. The driver's own Arrow reader would hold it all.
func TestQueryArrowStreams(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("memory is measured on Linux only")
		return
	}
	e := open(t)
	const sql = `select range as a, range * 2 as b, range::double as c, 'a text of some length ' || range as d from range(20000000)`
	before := residentBytes(t)
	stopwatch.Within(t, time.Second, "a result whose rows are not read yet", func() time.Duration {
		begun := time.Now()
		rows, err := e.QueryArrow(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Release()
		return time.Since(begun)
	})
	begun := time.Now()
	rows, err := e.QueryArrow(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Release()
	var n, sum, peak int64
	for batches := 0; rows.Next(); batches++ {
		batch := rows.RecordBatch()
		n += batch.NumRows()
		sum += batch.Column(1).(*array.Int64).Value(0)
		if batches%500 == 0 {
			peak = max(peak, residentBytes(t)-before)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows in %v, at most %d MB more memory", n, time.Since(begun), peak>>20)
	if n != 20000000 || sum == 0 {
		t.Errorf("%d rows, sum %d", n, sum)
	}
	if peak > 300<<20 {
		t.Errorf("reading took %d MB more memory", peak>>20)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	e := open(t)
	const endless = "select count(*) from range(1000000000000) a where hash(a.range) = 5"
	for name, run := range map[string]func(context.Context) error{
		"before the first row": func(ctx context.Context) error {
			rows, err := e.QueryArrow(ctx, endless)
			if err == nil {
				rows.Release()
			}
			return err
		},
		"while rows come": func(ctx context.Context) error {
			rows, err := e.QueryArrow(ctx, "select range from range(1000000000000)")
			if err != nil {
				return err
			}
			defer rows.Release()
			for rows.Next() {
			}
			return rows.Err()
		},
		"exec": func(ctx context.Context) error { return e.Exec(ctx, "create or replace temp table x as "+endless) },
		"copy": func(ctx context.Context) error {
			_, err := e.CopyToParquet(ctx, endless+" group by all", Output{Dir: t.TempDir(), Columns: []OutputColumn{{"count_star()", "BIGINT", FieldID{}}}})
			return err
		},
	} {
		stopwatch.Within(t, 200*time.Millisecond, name+": the end after a cancellation", func() time.Duration {
			ctx, cancel := context.WithCancel(t.Context())
			var asked time.Time
			time.AfterFunc(50*time.Millisecond, func() { asked = time.Now(); cancel() })
			err := run(ctx)
			late := time.Since(asked)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v, want a cancellation", name, err)
			}
			return late
		})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := run(ctx)
		cancel()
		var statement *StatementError
		if !errors.As(err, &statement) || statement.Kind != Timeout {
			t.Errorf("%s: got %v, want a timeout", name, err)
		}
	}
	if rows := query(t, e, "select 'well'"); rows[0][0] != "well" {
		t.Error("the engine does not work after cancellations")
	}
}

func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	e, err := Open(Options{MemoryLimit: 32 << 20, TempDir: t.TempDir(), Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	err = e.Exec(t.Context(), "select list(range || 'some text') from range(5000000)")
	var statement *StatementError
	if !errors.As(err, &statement) || statement.Kind != Memory {
		t.Errorf("got %v, want an error of memory", err)
	}
}

func TestStatementErrors(t *testing.T) {
	t.Parallel()
	e := open(t)
	for _, test := range []struct {
		sql      string
		kind     ErrorKind
		message  string
		position int
	}{
		{"select '한글', nope from range(3)", Bind, `"nope" not found`, len("select '한글', ")},
		{"select *\nfrom none", Bind, "none does not exist", len("select *\nfrom ")},
		{"select '한글', f(1)", Bind, "f does not exist", len("select '한글', ")},
		{"select '한글' x y", Syntax, `near "y"`, len("select '한글' x ")},
		{"select 1; select 'x'::int", Runtime, "'x'", len("select 1; select 'x'")},
		{"select error('한글')", Runtime, "한글", -1},
		{"from 'none.parquet'", Runtime, "none.parquet", -1},
		{"", Syntax, "no statement", -1},
	} {
		rows, err := e.QueryArrow(t.Context(), test.sql)
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			rows.Release()
		}
		var statement *StatementError
		if !errors.As(err, &statement) {
			t.Errorf("%s: got %v", test.sql, err)
			continue
		}
		if statement.Kind != test.kind || !strings.Contains(statement.Message, test.message) || statement.Position != test.position {
			t.Errorf("%s: got %#v", test.sql, statement)
		}
		if strings.ContainsAny(statement.Message, "{^") || strings.Contains(statement.Message, "LINE") {
			t.Errorf("%s: raw message %q", test.sql, statement.Message)
		}
	}
}

// TestNewStatementErrorText covers DuckDB's plain messages, of a session without errors_as_json.
func TestNewStatementErrorText(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]StatementError{
		"Binder Error: no\n\nLINE 1: x\n        ^": {Bind, "no", -1},
		"Out of Memory Error: failed: x":           {Memory, "failed: x", -1},
		"INTERRUPT Error: Interrupted!":            {Cancelled, "the statement was cancelled", -1},
		"Permission Error: no":                     {Denied, "no", -1},
		"odd":                                      {Runtime, "odd", -1},
	} {
		if got := NewStatementError(t.Context(), "x", message); *got != want {
			t.Errorf("%q: got %+v", message, *got)
		}
	}
}

// letters is a reader of n batches with one row each, which then fails with err when it is not nil.
type letters struct {
	array.RecordReader
	n   int
	err error
	at  arrow.RecordBatch
}

func (l *letters) Retain()                        {}
func (l *letters) Release()                       {}
func (l *letters) Schema() *arrow.Schema          { return l.at.Schema() }
func (l *letters) RecordBatch() arrow.RecordBatch { return l.at }
func (l *letters) Err() error                     { return l.err }
func (l *letters) Next() bool                     { l.n--; return l.n >= 0 }
func (l *letters) failing(err error) *letters     { l.err = err; return l }
func newLetters(t *testing.T, n int) *letters {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "글", Type: arrow.BinaryTypes.String}}, nil))
	defer b.Release()
	b.Field(0).(*array.StringBuilder).Append("가")
	batch := b.NewRecordBatch()
	t.Cleanup(batch.Release)
	return &letters{n: n, at: batch}
}

func TestRegisterReader(t *testing.T) {
	t.Parallel()
	e := open(t)
	release, err := e.RegisterReader("ns 한글", newLetters(t, 300))
	if err != nil {
		t.Fatal(err)
	}
	out := Output{Dir: t.TempDir(), Columns: []OutputColumn{{"글", "VARCHAR", FieldID{ID: 1}}}}
	files, err := e.CopyToParquet(t.Context(), `from "ns 한글"`, out)
	if err != nil || len(files) != 1 || files[0].Rows != 300 || text(files[0].Columns["글"].Max) != "가" {
		t.Errorf("got %+v, %v", files, err)
	}
	release()
	if err := e.Exec(t.Context(), `from "ns 한글"`); err == nil {
		t.Error("the view is there after its release")
	}

	release, err = e.RegisterReader("broken", newLetters(t, 3).failing(errors.New("the source went away")))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if err := e.Exec(t.Context(), "create table x as from broken"); err == nil || !strings.Contains(err.Error(), "the source went away") {
		t.Errorf("an error of the reader became %v", err)
	}
}
