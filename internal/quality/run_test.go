package quality_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/engine/sandbox/sandboxtest"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/quality"
	"github.com/hosu-io/hosu/internal/scan"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// checker is a checker over a real lake whose table raw.a has ten rows.
func checker(t *testing.T, opts quality.Options) (*quality.Checker, *laketest.Lake) {
	t.Helper()
	l := laketest.Open(t)
	l.MustRun(lake.Spec{Table: l.Ident("raw.a"), Mode: lake.Replace}, `SELECT i AS id, TIMESTAMPTZ '2024-01-01 15:00:00+00' + to_hours(i) AS ts,
		(i * 1.5)::DECIMAL(6,2) AS amount, CASE i WHEN 1 THEN NULL WHEN 2 THEN repeat('가', 200) ELSE E'a\nb' END AS note, TIMESTAMP '2024-01-01 00:00:00' AS wall
		FROM range(1, 11) t(i)`)
	pool := sandboxtest.Pool(t)
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	opts.Resolver = scan.NewResolver(scan.Options{Catalog: l.Catalog, Store: l.Store, Planner: pool})
	opts.Executor, opts.Location = pool, seoul
	return quality.NewChecker(opts), l
}

func TestRun(t *testing.T) {
	t.Parallel()
	c, l := checker(t, quality.Options{Samples: 2})
	this, ok := l.Relation("raw.a")
	if !ok {
		t.Fatal("no table")
	}
	this.Name = project.This
	pos := project.Pos{File: "checks/a.sql", Line: 3}
	for _, tc := range []struct {
		sql  string
		want string // the message
	}{
		{"select * from this where id < 0", ""},
		{"select id from raw.a where id = 3", "checks/a.sql:3: check c found 1 row that should not be there\n  id=3"},
		{"select id, ts, amount, note, wall from this where id <= 3 order by id", "checks/a.sql:3: check c found 3 rows that should not be there" +
			"\n  id=1 | ts=2024-01-02 01:00:00+09:00 | amount=1.50 | note=NULL | wall=2024-01-01 00:00:00" +
			"\n  id=2 | ts=2024-01-02 02:00:00+09:00 | amount=3.00 | note=" + strings.Repeat("가", 80) + "… | wall=2024-01-01 00:00:00\n  … and 1 more"},
		{"select note from this where id = 4; -- the semicolon is fine", "checks/a.sql:3: check c found 1 row that should not be there\n  note=a⏎b"},
		{"select *\nfrom this, nowhere.b", "checks/a.sql:3: check c could not run: checks/a.sql:5:12: there is no table or view nowhere.b, and no namespace nowhere"},
		{"select error('no')", "checks/a.sql:3: check c could not run: "},
		{"copy this to '/tmp/x'", "checks/a.sql:3: check c could not run: SQL: only a SELECT"},
	} {
		results, err := c.Run(t.Context(), govern.Owner(), []quality.Check{{Name: "c", SQL: tc.sql, SQLLine: 4, Pos: pos, Blocking: true}}, this)
		if err != nil {
			t.Fatal(err)
		}
		r := results[0]
		if r.Passed != (tc.want == "") || r.Failed() == r.Passed || !strings.HasPrefix(r.Message(), tc.want) {
			t.Errorf("%s: %q, want %q", tc.sql, r.Message(), tc.want)
		}
		if strings.Contains(tc.want, "found") && r.Message() != tc.want {
			t.Errorf("%s: %q, want %q", tc.sql, r.Message(), tc.want)
		}
	}
}

// A reference to a column that the other table has not is an error, also when the table itself has one of that name.
func TestReferenceToNoColumn(t *testing.T) {
	t.Parallel()
	c, l := checker(t, quality.Options{})
	l.MustRun(lake.Spec{Table: l.Ident("raw.other"), Mode: lake.Replace}, "SELECT 1 AS code")
	this, _ := l.Relation("raw.a")
	this.Name = project.This
	for column, want := range map[string]string{"code": "found 9 rows", "id": "could not run"} {
		m := &project.Model{Name: "raw.a", Columns: []*project.ColumnContract{
			{Name: "id", References: &project.Reference{Table: "raw.other", Column: column}},
		}}
		results, err := c.Run(t.Context(), govern.Owner(), quality.Checks(m), this)
		if err != nil {
			t.Fatal(err)
		}
		if message := results[0].Message(); !strings.Contains(message, want) {
			t.Errorf("reference to %s: %q, want %q", column, message, want)
		}
	}
}

// A check of which enough has been seen is ended.
func TestRunCountsSoFar(t *testing.T) {
	t.Parallel()
	c, _ := checker(t, quality.Options{Samples: 1, MaxRows: 10_000})
	results, err := c.Run(t.Context(), govern.Owner(), []quality.Check{{Name: "c", SQL: "select a.range from range(100000000) a"}})
	if err != nil {
		t.Fatal(err)
	}
	if r := results[0]; !r.AtLeast || r.Rows < 10_000 || r.Rows >= 100_000_000 || !strings.Contains(r.Message(), "at least") {
		t.Errorf("result %+v", r)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c, _ := checker(t, quality.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.Run(ctx, govern.Owner(), []quality.Check{{Name: "c", SQL: "select count(*) from range(1000000) a, range(1000000) b having count(*) < 0"}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) *laketest.Lake{
		"sqlite":   laketest.Open,
		"postgres": func(t testing.TB) *laketest.Lake { return laketest.OpenAt(t, t.TempDir(), pgtest.Database(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testRecord(t, open(t))
		})
	}
}

func testRecord(t *testing.T, l *laketest.Lake) {
	t.Helper()
	result := quality.Result{Check: quality.Check{Name: "c"}, Rows: 2, Columns: []string{"id", "at"}, Sample: [][]string{{"7", "NULL"}}, At: time.UnixMicro(1_700_000_000_000_000)}
	task := quality.Task{Run: "r", ID: "1", Attempt: 1}
	for range 2 { // a check that runs again replaces its result
		if err := quality.Record(t.Context(), l.DB, "a.b", task, []quality.Result{result}); err != nil {
			t.Fatal(err)
		}
	}
	later := result
	later.At, later.Passed, later.Check.Blocking = result.At.Add(time.Second), true, true
	if err := quality.Record(t.Context(), l.DB, "a.b", quality.Task{Run: "r2", ID: "1", Attempt: 1}, []quality.Result{later}); err != nil {
		t.Fatal(err)
	}
	got, err := quality.Latest(t.Context(), l.DB, "a.b")
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if r := got[0]; r.Run != "r2" || !r.Passed || !r.Blocking || !r.At.Equal(later.At) || !slices.Equal(r.Columns, result.Columns) || !slices.Equal(r.Sample[0], result.Sample[0]) {
		t.Errorf("recorded %+v", r)
	}
	// As early versions stored them.
	err = l.DB.Update(t.Context(), func(tx *state.Tx) error {
		_, err := tx.Exec(`UPDATE check_results SET sample = '[{"at":"NULL","id":"7"},{"at":"x","id":"8"}]' WHERE run_id = 'r'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	old, err := quality.OfRun(t.Context(), l.DB, "r", "1")
	if err != nil || len(old) != 1 || !slices.Equal(old[0].Columns, []string{"at", "id"}) || len(old[0].Sample) != 2 || !slices.Equal(old[0].Sample[1], []string{"x", "8"}) {
		t.Errorf("of an early version: %+v, %v", old, err)
	}
	if history, err := quality.History(t.Context(), l.DB, "a.b", 5); err != nil || len(history) != 2 || history[0].Run != "r2" || history[1].Run != "r" {
		t.Errorf("history %+v, %v", history, err)
	}
	c := quality.Key{Asset: "a.b", Name: "c"}
	keys := []quality.Key{c, {Asset: "a.b", Name: "never"}}
	for i := range 1000 { // more than one statement has parameters for
		keys = append(keys, quality.Key{Asset: "none", Name: strconv.Itoa(i)})
	}
	if all, err := quality.Standings(t.Context(), l.DB, keys); err != nil || len(all) != 1 || !all[c].Passed || !all[c].Blocking {
		t.Errorf("of all %+v, %v", all, err)
	}
	if of, err := quality.OfRun(t.Context(), l.DB, "r", "1"); err != nil || len(of) != 1 || of[0].Passed {
		t.Errorf("of the run %+v, %v", of, err)
	}
}

func TestLocate(t *testing.T) {
	t.Parallel()
	sql := "select 가,\n  나머지 x\nfrom t"
	at := func(position int) error {
		return &engine.StatementError{Kind: engine.Bind, Message: "m", Position: position}
	}
	for _, tc := range []struct {
		err  error
		line int
		want string
	}{
		{at(0), 4, "f.sql:4:1: SQL: m"},
		{at(strings.Index(sql, "x")), 4, "f.sql:5:7: SQL: m"},
		{at(-1), 4, "SQL: m"},
		{at(3), 0, "SQL: m"},
		{at(999), 4, "SQL: m"},
		{errors.New("other"), 4, "other"},
	} {
		if got := quality.Locate(tc.err, "f.sql", sql, tc.line).Error(); got != tc.want {
			t.Errorf("%v on line %d: %q, want %q", tc.err, tc.line, got, tc.want)
		}
	}
}

func TestChecksOfColumns(t *testing.T) {
	t.Parallel()
	m := &project.Model{Name: "marts.m", Columns: []*project.ColumnContract{
		{Name: `wei"rd`, NotNull: true, Unique: true},
		{Name: "parent", References: &project.Reference{Table: "marts.m", Column: "id"}},
		{Name: "plain"},
	}, Checks: []*project.Check{{Name: "own"}}}
	var names []string
	for _, c := range quality.Checks(m) {
		names = append(names, c.Name)
		if c.Name == `wei"rd_not_null` && !strings.Contains(c.SQL, `"wei""rd"`) {
			t.Errorf("the column is not quoted: %s", c.SQL)
		}
		if c.Name == "parent_references" && strings.Contains(c.SQL, "marts") {
			t.Errorf("a reference to the table itself must read what it would be: %s", c.SQL)
		}
	}
	if want := []string{`wei"rd_not_null`, `wei"rd_unique`, "parent_references", "own"}; !slices.Equal(names, want) {
		t.Errorf("checks %q, want %q", names, want)
	}
}
