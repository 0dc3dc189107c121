package sandbox

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/hosu-io/hosu/internal/caught"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/testenv/stopwatch"
)

// newTestPool returns a pool that is closed, and checked for what it leaves behind, when the test ends.
func newTestPool(t testing.TB, opts Options) *Pool {
	t.Helper()
	opts.ScratchDir = t.TempDir()
	pool, err := NewPool(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(opts.ScratchDir); err != nil || len(left) > 0 {
			t.Errorf("left in the scratch folder: %v (%v)", left, err)
		}
		if len(pool.living) > 0 {
			t.Errorf("%d processes live on", len(pool.living))
		}
	})
	return pool
}

// drain reads a result to its end and returns the first error.
func drain(rows array.RecordReader, err error) error {
	if err != nil {
		return err
	}
	defer rows.Release()
	for rows.Next() {
	}
	return rows.Err()
}

// text reads a result to its end and returns it as CSV.
func text(rows array.RecordReader, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer rows.Release()
	var out strings.Builder
	w := csv.NewWriter(&out)
	for rows.Next() {
		batch := rows.RecordBatch()
		for i := range int(batch.NumRows()) {
			record := make([]string, batch.NumCols())
			for j, column := range batch.Columns() {
				if extension, ok := column.(array.ExtensionArray); ok {
					column = extension.Storage()
				}
				record[j] = column.ValueStr(i)
			}
			if err := w.Write(record); err != nil {
				return "", err
			}
		}
	}
	w.Flush()
	return out.String(), rows.Err()
}

func wantKind(t *testing.T, err error, kind engine.ErrorKind, parts ...string) {
	t.Helper()
	var statement *engine.StatementError
	if !errors.As(err, &statement) || statement.Kind != kind {
		t.Errorf("error %v, want one of kind %s", err, kind)
		return
	}
	for _, part := range parts {
		if !strings.Contains(statement.Message, part) {
			t.Errorf("%q does not say %q", statement.Message, part)
		}
	}
}

// table writes a Parquet file and returns it as a relation.
func table(t testing.TB, schema, name, sql string) engine.Relation {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "a.parquet")
	db := parser(t)
	columns, err := db.Describe(context.Background(), sql)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Exec(context.Background(), fmt.Sprintf("copy (%s) to '%s'", sql, file)); err != nil {
		t.Fatal(err)
	}
	relation := engine.Relation{Schema: schema, Name: name, Files: []string{file}}
	for i, column := range columns {
		relation.Columns = append(relation.Columns, engine.RelationColumn{Name: column.Name, Type: column.Type, FieldID: i + 1})
	}
	return relation
}

// crossJoin runs for hours.
const crossJoin = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 9"

func TestTimeLimit(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{})
	for name, sql := range map[string]string{
		"cross join":     crossJoin,
		"recursion":      "with recursive r as (select 1 as n union all select n + 1 from r) select max(n) from r",
		"endless result": "select a.range from range(10000000) a, range(10000000) b",
	} {
		stopwatch.Within(t, 700*time.Millisecond, name, func() time.Duration {
			start := time.Now()
			err := drain(pool.Query(context.Background(), engine.Job{SQL: sql, Limits: engine.Limits{Time: 300 * time.Millisecond}}))
			took := time.Since(start)
			wantKind(t, err, engine.Timeout, "300ms")
			return took
		})
	}
	_, err := pool.Build(context.Background(), engine.Job{SQL: crossJoin, Limits: engine.Limits{Time: 100 * time.Millisecond}},
		engine.Output{Dir: t.TempDir(), Columns: []engine.OutputColumn{{Name: "count_star()", Type: "BIGINT", FieldID: engine.FieldID{ID: 1}}}})
	wantKind(t, err, engine.Timeout, "100ms")
}

func TestCancel(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{Spares: -1})
	cancelled := func() time.Duration {
		ctx, cancel := context.WithCancel(context.Background())
		rows := startSlow(t, ctx, pool)
		start := time.Now()
		cancel()
		for rows.Next() {
		}
		waitIdle(t, pool)
		took := time.Since(start)
		wantKind(t, rows.Err(), engine.Cancelled)
		if !errors.Is(rows.Err(), context.Canceled) {
			t.Errorf("%v is not context.Canceled", rows.Err())
		}
		return took
	}
	stopwatch.Within(t, 200*time.Millisecond, "cancelling", cancelled)
	wantReuse(t, pool, func() { cancelled() })
	stopwatch.Within(t, 200*time.Millisecond, "cancelling in a process that was interrupted before", cancelled)
	// Before the first row the call of Query itself ends.
	const patience = 150 * time.Millisecond
	stopwatch.Within(t, patience+200*time.Millisecond, "a statement without a row, cancelled after 150ms,", func() time.Duration {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		start := time.Now()
		err := drain(pool.Query(ctx, engine.Job{SQL: crossJoin}))
		took := time.Since(start)
		wantKind(t, err, engine.Timeout)
		return took
	})
}

// wantReuse sees that the process of a statement that interrupt ends early gets the next statement. On a busy machine a process may not
// give its statement up within its grace, and is ended; hence some tries.
func wantReuse(t *testing.T, pool *Pool, interrupt func()) {
	t.Helper()
	for range stopwatch.Tries {
		interrupt()
		before := started(pool)
		if err := drain(pool.Query(context.Background(), engine.Job{SQL: "select 1"})); err != nil {
			t.Fatal(err)
		}
		waitIdle(t, pool)
		if started(pool) == before {
			return
		}
	}
	t.Errorf("no process got another statement after it was interrupted, in %d tries", stopwatch.Tries)
}

// TestCancelAbandonedReader ends a statement whose reader nobody reads.
func TestCancelAbandonedReader(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{})
	stopwatch.Within(t, 200*time.Millisecond, "cancelling", func() time.Duration {
		ctx, cancel := context.WithCancel(context.Background())
		rows, err := pool.Query(ctx, engine.Job{SQL: "select range, repeat('x', 100) from range(1000000000)"})
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Release()
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		start := time.Now()
		cancel()
		waitIdle(t, pool)
		took := time.Since(start)
		for rows.Next() {
			if rows.RecordBatch().NumRows() == 0 {
				t.Fatal("an empty batch")
			}
		}
		wantKind(t, rows.Err(), engine.Cancelled)
		return took
	})
}

// TestReleaseEarly lets go of a result in the middle: the process serves the next statement.
func TestReleaseEarly(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{Spares: -1})
	wantReuse(t, pool, func() {
		rows, err := pool.Query(context.Background(), engine.Job{SQL: "from range(1000000000)"})
		if err != nil {
			t.Fatal(err)
		}
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		rows.Release()
		waitIdle(t, pool)
	})
}

func TestResultLimits(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{})
	job := engine.Job{SQL: "from range(100000)", Limits: engine.Limits{ResultRows: 100000}}
	if err := drain(pool.Query(context.Background(), job)); err != nil {
		t.Errorf("a result of exactly the limit: %v", err)
	}
	job.Limits.ResultRows--
	wantKind(t, drain(pool.Query(context.Background(), job)), engine.TooLarge, "99999 rows")
	job.Limits = engine.Limits{ResultBytes: 100000}
	wantKind(t, drain(pool.Query(context.Background(), job)), engine.TooLarge, "100000 bytes")
}

func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{TempBytes: 16 << 20})
	for name, sql := range map[string]string{
		"aggregate":   "select count(*) from (select range as k, list(range) from range(50000000) group by k)",
		"huge string": "select length(repeat('x', 1000000000) || repeat('y', 1000000000) || range) from range(20)",
		"huge list":   "select len(list(range)) from range(500000000)",
	} {
		job := engine.Job{SQL: sql, Limits: engine.Limits{Memory: 64 << 20, Time: time.Minute, Threads: 1}}
		err := drain(pool.Query(context.Background(), job))
		wantKind(t, err, engine.Memory, "more than its 64 MiB of memory", "filter earlier")
		if err != nil && strings.Contains(err.Error(), "SET ") {
			t.Errorf("%s: %v: advice nobody can follow", name, err)
		}
	}
	if err := drain(pool.Query(context.Background(), engine.Job{SQL: "select 1"})); err != nil {
		t.Errorf("after memory errors: %v", err)
	}
}

// TestCrash kills the process of a running statement.
func TestCrash(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{})
	rows := startSlow(t, context.Background(), pool)
	if err := rows.child.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
	}
	wantKind(t, rows.Err(), engine.Crashed, "nothing else was affected", "signal: killed")
	if out, err := text(pool.Query(context.Background(), engine.Job{SQL: "select 42"})); err != nil || out != "42\n" {
		t.Errorf("after a crash: %q, %v", out, err)
	}
}

// TestDeadSpare kills the spares of a pool: a statement gets a new process instead.
func TestDeadSpare(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{})
	pool.mu.Lock()
	spares := pool.spares
	pool.mu.Unlock()
	for _, child := range spares {
		if err := child.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	if err := drain(pool.Query(context.Background(), engine.Job{SQL: "select 1"})); err != nil {
		t.Error(err)
	}
}

// TestReuse sees which statements share a process.
func TestReuse(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{Spares: -1})
	orders := table(t, "s", "orders", "select range as id from range(10)")
	people := table(t, "s", "people", "select range as id from range(20)")
	for _, step := range []struct {
		name      string
		job       engine.Job
		processes int
	}{
		{"first", engine.Job{SQL: "select count(*) from s.orders", Relations: []engine.Relation{orders}}, 1},
		{"again", engine.Job{SQL: "select count(*) from s.orders", Relations: []engine.Relation{orders}}, 1},
		{"no table", engine.Job{SQL: "select 10"}, 1},
		{"another table", engine.Job{SQL: "select count(*) - 10 from s.people", Relations: []engine.Relation{people}}, 2},
		{"both tables", engine.Job{SQL: "select 10 from s.people, s.orders limit 1", Relations: []engine.Relation{people, orders}}, 3},
		{"a subset", engine.Job{SQL: "select count(*) - 10 from s.people", Relations: []engine.Relation{people}}, 3},
		{"another time zone", engine.Job{SQL: "select count(*) from s.orders", Relations: []engine.Relation{orders}, TimeZone: "Asia/Seoul"}, 4},
		{"another principal", engine.Job{SQL: "select count(*) from s.orders", Relations: []engine.Relation{orders}, Principal: "kim"}, 5},
		{"another limit", engine.Job{SQL: "select 10", Limits: engine.Limits{Memory: 512 << 20}}, 6},
	} {
		out, err := text(pool.Query(context.Background(), step.job))
		if err != nil || out != "10\n" {
			t.Errorf("%s: %q, %v", step.name, out, err)
		}
		waitIdle(t, pool)
		if n := started(pool); n != step.processes {
			t.Errorf("%s: %d processes were started, want %d", step.name, n, step.processes)
		}
	}
}

// TestNothingStays sees that a statement finds nothing of the one before it in the same process.
func TestNothingStays(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{Spares: -1})
	orders := table(t, "s", "orders", "select range as id from range(10)")
	for _, sql := range []string{"select count(*) from s.orders", "select no_such_column from s.orders", "select id / 0, ('x' || id)::int from s.orders"} {
		_ = drain(pool.Query(context.Background(), engine.Job{SQL: sql, Relations: []engine.Relation{orders}})) // some fail, on purpose
		waitIdle(t, pool)
		wantKind(t, drain(pool.Query(context.Background(), engine.Job{SQL: "from s.orders"})), engine.Bind, "orders")
		waitIdle(t, pool)
	}
	if n := started(pool); n != 1 {
		t.Errorf("%d processes were started", n)
	}
}

func TestErrorsOfStatements(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{})
	for _, test := range []struct {
		sql      string
		params   []engine.Param
		kind     engine.ErrorKind
		message  string
		position int
	}{
		{sql: "selec 1", kind: engine.Syntax, message: "syntax error", position: 0},
		{sql: "select a from range(1)", kind: engine.Bind, message: `"a"`, position: 7},
		{sql: "select 1 from nowhere", kind: engine.Bind, message: "nowhere", position: 14},
		{sql: "select ('x' || range)::int from range(100000)", kind: engine.Runtime, message: "x0", position: 21},
		{sql: "select $p, a from range(1)", params: []engine.Param{{Name: "p", Literal: "1"}}, kind: engine.Bind, message: `"a"`, position: noPosition},
		{sql: "select case when range = 3000000 then ('x' || range)::int end from range(4000000)", kind: engine.Runtime, message: "x3000000", position: 52},
	} {
		err := drain(pool.Query(context.Background(), engine.Job{SQL: test.sql, Params: test.params}))
		wantKind(t, err, test.kind, test.message)
		var statement *engine.StatementError
		if errors.As(err, &statement) && statement.Position != test.position {
			t.Errorf("%s: position %d, want %d", test.sql, statement.Position, test.position)
		}
	}
}

func TestBuild(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{})
	out := engine.Output{Dir: t.TempDir(), Columns: []engine.OutputColumn{{Name: "id", Type: "BIGINT", FieldID: engine.FieldID{ID: 1}}}}
	orders := table(t, "s", "orders", "select range as id from range(10)")
	files, err := pool.Build(context.Background(), engine.Job{SQL: "select id * 2 as id from s.orders", Relations: []engine.Relation{orders}}, out)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || files[0].Rows != 10 || filepath.Dir(files[0].Path) != out.Dir || files[0].Columns["id"].Max == nil || *files[0].Columns["id"].Max != "18" {
		t.Errorf("files: %+v", files)
	}
	if _, err := os.Stat(files[0].Path); err != nil {
		t.Error(err)
	}
	_, err = pool.Build(context.Background(), engine.Job{SQL: "select 'x' as id"}, engine.Output{Dir: t.TempDir(), Columns: out.Columns})
	wantKind(t, err, engine.Runtime, "'x'")
}

func TestPlan(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{})
	stubs := []engine.Stub{{Schema: "s", Name: "orders", Columns: []engine.Column{{Name: "id", Type: "BIGINT"}, {Name: "day", Type: "DATE"}}}}
	plan, err := pool.Plan(context.Background(), "select id from s.orders where day >= $start", stubs, []engine.Param{{Name: "start", Literal: "DATE '2024-01-01'"}}, "Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Columns) != 1 || plan.Columns[0].Name != "id" || len(plan.Scans) != 1 || plan.Scans[0].Filter == nil {
		t.Errorf("plan: %+v", plan)
	}
	// A local date is a range of instants: the child knows time zones, though it can read no file.
	stubs[0].Columns[1].Type = "TIMESTAMP WITH TIME ZONE"
	plan, err = pool.Plan(context.Background(), "select id from s.orders where day::date = date '2024-01-05'", stubs, nil, "Asia/Seoul")
	if err != nil || len(plan.Scans) != 1 || plan.Scans[0].Filter == nil || plan.Scans[0].Filter.Args[0].Values[0] != "2024-01-04 15:00:00+00" {
		t.Errorf("plan: %+v, %v", plan, err)
	}
	// Stubs are gone; and what a constant folds to is bounded.
	_, err = pool.Plan(context.Background(), "select id from s.orders", nil, nil, "")
	wantKind(t, err, engine.Bind, "orders")
	// The optimizer gives up folding a constant that does not fit; whether it says so is its business.
	_, _ = pool.Plan(context.Background(), "select list_sum(range(200000000))", nil, nil, "")
	if _, err := pool.Plan(context.Background(), "select 1", nil, nil, ""); err != nil {
		t.Errorf("after a large constant: %v", err)
	}
}

// TestConcurrent runs more statements than may run at once.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{MaxProcs: 2})
	errs := make(chan error, 12)
	for i := range cap(errs) {
		go func() {
			out, err := text(pool.Query(context.Background(), engine.Job{SQL: fmt.Sprintf("select sum(range) + %d from range(1000)", i)}))
			if want := fmt.Sprintln(499500 + i); err == nil && out != want {
				err = fmt.Errorf("got %q, want %q", out, want)
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	scratch := t.TempDir()
	pool, err := NewPool(Options{ScratchDir: scratch})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := pool.Query(context.Background(), engine.Job{SQL: "from range(1000000000)"})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Release()
	pool.mu.Lock()
	var children []*process
	for child := range pool.living {
		children = append(children, child)
	}
	pool.mu.Unlock()
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	for _, child := range children {
		if !child.isDead() {
			t.Errorf("process %d lives on", child.cmd.Process.Pid)
		}
	}
	for rows.Next() {
	}
	if rows.Err() == nil {
		t.Error("a reader of a closed pool came to a good end")
	}
	if _, err := pool.Query(context.Background(), engine.Job{SQL: "select 1"}); !errors.Is(err, errClosed) {
		t.Errorf("a query of a closed pool: %v", err)
	}
	if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
		t.Errorf("left in the scratch folder: %v (%v)", left, err)
	}
}

// started is how many processes the pool has ever started.
func started(pool *Pool) int {
	pool.mu.Lock()
	defer pool.mu.Unlock()
	return pool.sequence
}

// waitIdle returns once no statement runs.
func waitIdle(t testing.TB, pool *Pool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for len(pool.slots) > 0 {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the statement does not end")
		}
	}
}

// startSlow returns the reader of a statement that has yielded rows and runs on for hours.
func startSlow(t testing.TB, ctx context.Context, pool *Pool) *queryReader {
	t.Helper()
	rows, err := pool.Query(ctx, engine.Job{SQL: "select a.range from range(10000000) a, range(10000000) b where b.range < 1000 or a.range * b.range % 7 = 9"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rows.Release)
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	return rows.(*queryReader)
}

// A panic of the pump is the error of its statement. Its process gets no other one.
func TestPanicOfThePump(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	pool := newTestPool(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	ctx, cancel := pool.statementContext(t.Context(), 0)
	defer cancel(nil)
	child, err := pool.acquire(ctx, pool.keyOf(engine.Job{}), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}}, nil)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	builder.Field(0).(*array.Int64Builder).Append(1)
	batch := builder.NewRecordBatch()
	defer batch.Release()
	var rows bytes.Buffer
	w := ipc.NewWriter(&rows, ipc.WithSchema(schema))
	if err := errors.Join(w.Write(batch), w.Close()); err != nil {
		t.Fatal(err)
	}
	stream, err := ipc.NewReader(&rows)
	if err != nil {
		t.Fatal(err)
	}
	// Without arrows to count in, the first batch is one too many.
	q := &queryReader{
		ctx: ctx, cancel: cancel, child: child, log: pool.opts.Log, schema: schema, stream: stream, batches: make(chan []arrow.RecordBatch, framesAhead),
	}
	q.refs.Store(1)
	q.pump()
	if q.Next() || !errors.As(q.Err(), new(*caught.Panic)) || q.reusable {
		t.Errorf("error %v, process reusable: %v", q.Err(), q.reusable)
	}
	q.Release()
	pool.release(child, q.reusable)
	if text := log.String(); !strings.Contains(text, "nil pointer") || !strings.Contains(text, "readFrame") {
		t.Errorf("the log lacks the cause or where it was:\n%s", text)
	}
}
