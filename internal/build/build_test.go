package build_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/failpoint"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/quality"
)

const orders = `SELECT * FROM (VALUES (1, 'a', 10.50::DECIMAL(10,2)), (2, 'b', 20), (3, 'b', 5)) t(id, member, amount)`

func TestFull(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "UTC")
	e.put("raw.orders", orders)
	m := full("marts.spent", "select member, sum(amount) as spent, count(*) as orders\nfrom raw.orders group by 1")
	out := e.must(m)
	e.rows("marts.spent", "a|10.50|1", "b|25.00|2")
	if out.Rows != 2 || out.Files != 1 || out.SnapshotID != e.snapshot("marts.spent") || out.Unchanged {
		t.Errorf("outcome %+v", out)
	}
	filled := e.filled("marts.spent")
	if len(filled) != 1 || filled[0].Fingerprint != "f1" || filled[0].Inputs["raw.orders"] != e.snapshot("raw.orders") || len(filled[0].Inputs) != 1 {
		t.Errorf("filled %+v", filled)
	}

	// The same rows are no new snapshot, and the ledger still learns of the input's.
	e.put("raw.orders", orders+" WHERE id < 9 UNION ALL SELECT 4, 'a', 0 LIMIT 3")
	e.put("raw.orders", orders)
	out = e.must(m)
	if !out.Unchanged || out.SnapshotID != 0 || e.lake.Snapshots("marts.spent") != 1 {
		t.Errorf("an equal rebuild: %+v, %d snapshots", out, e.lake.Snapshots("marts.spent"))
	}
	if got := e.filled("marts.spent")[0].Inputs["raw.orders"]; got != e.snapshot("raw.orders") {
		t.Errorf("the ledger has snapshot %d of raw.orders, want %d", got, e.snapshot("raw.orders"))
	}

	// The table has the query's columns, those that it had before included only while the query makes them.
	e.must(full("marts.spent", "select member, max(id)::text as last from raw.orders group by 1"))
	e.rows("marts.spent", "a|1", "b|3")
}

func TestInterval(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, sql, column string }{
		{"timestamptz", "select ts, v from raw.log where ts >= $start and ts < $end", "ts"},
		{"timestamp", "select ts::timestamp as ts, v from raw.log where ts::timestamp >= $start and ts::timestamp < $end", "ts"},
		{"date", "select ts::date as day, v from raw.log where ts::date >= $start and ts::date < $end", "day"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, "Asia/Seoul")
			log := `SELECT ts::TIMESTAMPTZ AS ts, v FROM (VALUES ('2024-01-01 14:59:59+00', 1), ('2024-01-01 15:00:00+00', 2), ('2024-01-02 14:59:59.999999+00', 3), ('2024-01-02 15:00:00+00', 4)) t(ts, v)`
			e.put("raw.log", log)
			m := model("marts.daily", project.Write{Kind: project.WriteInterval, Column: tc.column}, tc.sql)
			values := func(want ...string) {
				t.Helper()
				relation, ok := e.lake.Relation("marts.daily")
				if !ok {
					t.Fatal("no table")
				}
				rows, err := relation.Select()
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(e.lake.Query("SELECT v FROM ("+rows+")"), " "); got != strings.Join(want, " ") {
					t.Errorf("values %s, want %s", got, strings.Join(want, " "))
				}
			}
			e.mustDays(m, e.days("2024-01-02", "2024-01-03")) // the second of January in Seoul
			values("2", "3")
			e.mustDays(m, e.days("2024-01-01", "2024-01-02"))
			values("1", "2", "3")
			e.put("raw.log", strings.Replace(log, ", 3)", ", 30)", 1))
			e.mustDays(m, e.days("2024-01-02", "2024-01-04"))
			values("1", "2", "30", "4")
			if out := e.mustDays(m, e.days("2024-01-02", "2024-01-03")); !out.Unchanged {
				t.Errorf("an equal rebuild: %+v", out)
			}
			if filled := e.filled("marts.daily"); len(filled) != 3 {
				t.Errorf("ledger %+v", filled)
			}
			req := e.request(model("marts.daily", m.Write, strings.ReplaceAll(tc.sql, "$end", "$end + interval 1 day")))
			req.Interval = e.days("2024-01-02", "2024-01-03")
			e.fails(req, "outside the interval", "models/marts/daily.sql:1")
			values("1", "2", "30", "4")
		})
	}
}

func TestMergeAndAppend(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "UTC")
	e.put("raw.orders", orders)
	merge := model("marts.members", project.Write{Kind: project.WriteMerge, Key: []string{"member"}}, "select member, sum(amount) as spent from raw.orders group by 1")
	add := model("marts.history", project.Write{Kind: project.WriteAppend}, "select count(*) as orders from raw.orders")
	e.must(merge)
	e.must(add)
	e.put("raw.orders", `SELECT 9 AS id, 'b' AS member, 1.00::DECIMAL(10,2) AS amount UNION ALL SELECT 10, 'c', 2`)
	if out := e.must(merge); out.Rows != 2 {
		t.Errorf("merge: %+v", out)
	}
	e.must(add)
	e.rows("marts.members", "a|10.50", "b|1.00", "c|2.00")
	e.rows("marts.history", "2", "3")
	e.fails(e.request(model("marts.members", merge.Write, "select member, amount as spent from (select 'x' as member, 1.00::decimal(38,2) as amount union all select 'x', 2)")), "key")
}

func TestChecks(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "UTC")
	e.put("raw.orders", orders)
	e.put("raw.members", "SELECT 'a' AS id UNION ALL SELECT 'b'")
	good := full("marts.orders", "select id, member, amount from raw.orders")
	good.Columns = []*project.ColumnContract{
		{Name: "id", NotNull: true, Unique: true},
		{Name: "member", Accepted: []string{"'a'", "'b'", "'c'"}, References: &project.Reference{Table: "raw.members", Column: "id"}},
	}
	good.Checks = []*project.Check{{Name: "positive", SQL: "select * from this where amount <= 0;", Blocking: true}}
	if out := e.must(good); len(out.Checks) != 5 || len(out.Warnings()) != 0 {
		t.Fatalf("checks %+v", out.Checks)
	}
	before := e.snapshot("marts.orders")

	bad := full("marts.orders", "select id, member, amount from raw.orders union all select 1, 'z', -4 union all select null, null, null")
	bad.Columns, bad.Checks = good.Columns, append([]*project.Check{{Name: "warned", SQL: "select id from marts.orders where amount is null"}}, good.Checks...)
	bad.Columns[0].Pos, bad.Checks[1].Pos = project.Pos{File: "models/marts/orders.sql", Line: 7}, project.Pos{File: "models/marts/orders.sql", Line: 12}
	err := e.fails(e.request(bad),
		"models/marts/orders.sql:7: check id_not_null (id is not null) found 1 row that should not be there; marts.orders stays as it was; 4 more checks failed\n  id=NULL | member=NULL | amount=NULL",
		"check id_unique (id is unique) found 1 row that should not be there\n  id=1 | rows=2",
		"check member_accepted_values (member is one of 'a', 'b', 'c') found 1 row that should not be there\n  member=z | rows=1",
		"check member_references (member is in raw.members.id) found 1 row that should not be there\n  member=z | rows=1",
		"models/marts/orders.sql:12: check positive found 1 row that should not be there\n  id=1 | member=z | amount=-4.00")
	var failed *quality.FailedError
	if !errors.As(err, &failed) || len(failed.Results) != 5 {
		t.Errorf("error %#v", err)
	}
	if e.snapshot("marts.orders") != before || len(e.lake.Rows("marts.orders")) != 3 {
		t.Error("the published table was touched")
	}
	if orphans := e.lake.Orphans("marts.orders"); len(orphans) != 0 {
		t.Errorf("files left behind: %v", orphans)
	}
	if len(e.filled("marts.orders")) != 1 {
		t.Error("the ledger says that it was filled")
	}
	recorded, err := quality.Latest(t.Context(), e.lake.DB, "marts.orders")
	if err != nil || len(recorded) != 6 {
		t.Fatalf("recorded %+v, %v", recorded, err)
	}
	for _, r := range recorded {
		if r.Passed || r.Blocking != (r.Name != "warned") || r.Rows != 1 || len(r.Sample) != 1 || r.Run != "r1" {
			t.Errorf("recorded %+v", r)
		}
	}

	warned := full("marts.orders", bad.SQL)
	warned.Checks = bad.Checks[:1]
	if out := e.must(warned); len(out.Warnings()) != 1 || e.snapshot("marts.orders") == before {
		t.Errorf("a warning stopped the build: %+v", out)
	}

	broken := full("marts.orders", good.SQL)
	broken.Checks = []*project.Check{{Name: "typo", SQL: "select *\nfrom this where amont < 0", SQLLine: 9, Blocking: true, Pos: project.Pos{File: "models/marts/orders.sql", Line: 8}}}
	e.fails(e.request(broken), "check typo could not run: models/marts/orders.sql:10:17: SQL:", "amont")
}

func TestContracts(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "UTC")
	e.put("raw.orders", orders)
	m := full("marts.spent", "select member, sum(amount) as spent, sum(id) as ids, avg(amount) as mean from raw.orders group by 1")
	m.Columns = []*project.ColumnContract{{Name: "spent", Type: "decimal(18,2)"}, {Name: "ids", Type: "bigint"}}
	e.must(m)
	for _, c := range e.lake.Columns("SELECT * FROM (" + relation(t, e, "marts.spent") + ")") {
		want := map[string]string{"member": "string", "spent": "decimal(18, 2)", "ids": "long", "mean": "double"}[c.Name]
		if c.Type.String() != want {
			t.Errorf("column %s is %s, want %s", c.Name, c.Type, want)
		}
	}
	m.Columns = append(m.Columns,
		&project.ColumnContract{Name: "mean", Type: "decimal(18,2)", Pos: project.Pos{File: "models/marts/spent.sql", Line: 9, Column: 3}},
		&project.ColumnContract{Name: "meen", Type: "int", Pos: project.Pos{File: "models/marts/spent.sql", Line: 10}})
	e.fails(e.request(m),
		`models/marts/spent.sql:9:3: marts.spent, column "mean": the contract says decimal(18,2), the query makes double; cast it in the query, mean::decimal(18,2), or change the contract`,
		`models/marts/spent.sql:10: marts.spent, column "meen": the query has no such column; it has member, spent, ids, mean`)
	narrow := full("marts.spent", "select 12345.678::decimal(10,3) as spent, 300000000000 as ids")
	narrow.Columns = []*project.ColumnContract{{Name: "spent", Type: "decimal(6,3)"}}
	e.fails(e.request(narrow), "DECIMAL(6,3)")
	if e.lake.Snapshots("marts.spent") != 1 {
		t.Error("the published table was touched")
	}
}

func relation(t *testing.T, e *env, name string) string {
	t.Helper()
	r, ok := e.lake.Relation(name)
	if !ok {
		t.Fatalf("no table %s", name)
	}
	sql, err := r.Select()
	if err != nil {
		t.Fatal(err)
	}
	return sql
}

func TestMistakesSayWhere(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "UTC")
	e.put("raw.orders", orders)
	param := full("marts.a", "select $day as d")
	param.Params = []string{"day"}
	early := full("marts.a", "select $start as d")
	for _, tc := range []struct {
		model *project.Model
		want  []string
	}{
		{full("marts.a", "select id,\n  amont\nfrom raw.orders"), []string{"models/marts/a.sql:5:3: SQL:", "amont"}},
		{full("marts.a", "select id from raw.order"), []string{"models/marts/a.sql:4:16: ", "raw.orders"}},
		{full("marts.a", "selct 1"), []string{"models/marts/a.sql:4:1: SQL: syntax error"}},
		{full("marts.a", "select read_text('/etc/passwd')"), []string{"models/marts/a.sql:4:8: the function read_text() may not be called"}},
		{full("marts.a", "select ('x' || id)::int as n from raw.orders"), []string{"models/marts/a.sql:1: ", "x1"}},
		{full("marts.a", "select 1 as a, 2 as A"), []string{"two columns of this name"}},
		{param, []string{"parameter $day", "$start and $end"}},
		{early, []string{"parameter $start", "write: full"}},
	} {
		e.fails(e.request(tc.model), tc.want...)
	}
	if e.kind("marts.a") != "" {
		t.Error("a table was made")
	}
	partitioned := full("marts.p", "select id, member from raw.orders")
	partitioned.Partition = []string{"member"}
	e.must(partitioned)
	partitioned.Partition = []string{"bucket(4, id)"}
	e.fails(e.request(partitioned), "models/marts/p.sql:1: the table is partitioned by member", "bucket(4, id)", "another name")
	wrong := model("marts.p", project.Write{Kind: project.WriteInterval, Column: "day"}, "select 1 as id, 'a' as member, $start as s, $end as e")
	wrong.Partition = []string{"member"}
	req := e.request(wrong)
	req.Interval = e.days("2024-01-01", "2024-01-02")
	e.fails(req, "day")
}

func TestView(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "UTC")
	e.put("raw.orders", orders)
	asView := func(sql string) *project.Model {
		return model("core.lines", project.Write{Kind: project.WriteView}, sql)
	}
	out := e.must(asView("select id, amount from raw.orders where amount > 6"))
	if e.kind("core.lines") != "view" || out.Unchanged {
		t.Fatalf("%s, %+v", e.kind("core.lines"), out)
	}
	over := full("marts.total", "select sum(amount) as total from core.lines")
	e.must(over)
	e.rows("marts.total", "30.50")
	if inputs := e.filled("marts.total")[0].Inputs; len(inputs) != 1 || inputs["raw.orders"] == 0 {
		t.Errorf("inputs of a table over a view: %v", inputs)
	}
	if out := e.must(asView("select id, amount from raw.orders where amount > 6")); !out.Unchanged {
		t.Errorf("the same view: %+v", out)
	}

	checked := asView("select id, amount from raw.orders")
	checked.Checks = []*project.Check{{Name: "big", SQL: "with x as (select * from this) select * from x where amount < 6", Blocking: true}}
	e.fails(e.request(checked), "check big found 1 row that should not be there; core.lines stays as it was\n  id=3 | amount=5.00")
	e.must(over)
	e.rows("marts.total", "30.50")

	// Between views and tables, in both directions.
	asTable := full("core.lines", "select id, amount from raw.orders where amount > 1")
	asTable.Checks = checked.Checks
	e.fails(e.request(asTable), "check big")
	if e.kind("core.lines") != "view" {
		t.Fatalf("a failed build left %q", e.kind("core.lines"))
	}
	asTable.Checks = nil
	e.must(asTable)
	e.must(over)
	e.rows("marts.total", "35.50")
	e.must(asView("select id, amount from raw.orders where amount > 6"))
	if e.kind("core.lines") != "view" {
		t.Errorf("core.lines is a %s", e.kind("core.lines"))
	}
	e.put("core.foreign", "SELECT 1 AS a")
	e.fails(e.request(model("core.foreign", project.Write{Kind: project.WriteView}, "select 2 as a")), "did not make", "another name")
	e.must(model("core.kept", project.Write{Kind: project.WriteAppend}, "select 1 as a"))
	e.fails(e.request(model("core.kept", project.Write{Kind: project.WriteView}, "select 2 as a")), "write: append", "would lose")
	e.fails(e.request(func() *project.Model {
		m := asView("select 1::bigint as a")
		m.Columns = []*project.ColumnContract{{Name: "a", Type: "int"}}
		return m
	}()), "cast it in the query")
}

// One takes the place of the other in one moment: until then, and when it does not come to that, readers have what there was.
func TestBetweenViewAndTable(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "UTC")
	view := model("core.lines", project.Write{Kind: project.WriteView}, "select 1 as a")
	e.must(view)
	for _, tc := range []struct {
		kind string
		next *project.Model
	}{{"view", full("core.lines", "select 2 as a")}, {"table", view}, {"view", full("core.lines", "select 3 as a")}} {
		req := e.request(tc.next)
		var kinds []string
		req.Progress = func(string, int64, int64) { kinds = append(kinds, e.kind("core.lines")) }
		ctx := failpoint.With(t.Context(), failpoint.NewSet(map[string]failpoint.Action{
			"commit.metadata_written": func(string) error { return errors.New("no") },
		}))
		if _, err := e.Build(ctx, req); err == nil || e.kind("core.lines") != tc.kind {
			t.Fatalf("after a failure (%v) core.lines is a %s", err, e.kind("core.lines"))
		}
		if _, err := e.Build(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(kinds, func(kind string) bool { return kind != tc.kind }) {
			t.Errorf("core.lines was %q while it was a %s", kinds, tc.kind)
		}
	}
	e.rows("core.lines", "3")
}

// A build whose run has lost its lease changes nothing.
func TestFence(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "UTC")
	for _, m := range []*project.Model{full("marts.a", "select 1 as a"), model("marts.b", project.Write{Kind: project.WriteView}, "select 1 as a")} {
		req := e.request(m)
		req.Effects.Fence = &catalog.Fence{Lease: "run", Token: 1}
		if err := e.fails(req); !errors.Is(err, catalog.ErrFenced) {
			t.Errorf("error %v", err)
		}
		if e.kind(m.Name) != "" || len(e.filled(m.Name)) > 0 {
			t.Errorf("%s was made", m.Name)
		}
	}
}

// A table read at a version is no input that can change.
func TestPinnedInput(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "UTC")
	e.put("raw.orders", orders)
	first := e.snapshot("raw.orders")
	e.put("raw.orders", "SELECT 1 AS id, 'a' AS member, 1.00::DECIMAL(10,2) AS amount")
	e.must(full("marts.diff", "select count(*) as n from raw.orders at (version => "+strconv.FormatInt(first, 10)+")"))
	e.rows("marts.diff", "3")
	if inputs := e.filled("marts.diff")[0].Inputs; len(inputs) != 0 {
		t.Errorf("inputs %v", inputs)
	}
}

// Conflicting checks: who publishes second has its checks run over what is there then.
func TestCheckSeesConcurrentRows(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "UTC")
	add := func(id string) *project.Model {
		m := model("marts.ids", project.Write{Kind: project.WriteAppend}, "select "+id+" as id")
		m.Columns = []*project.ColumnContract{{Name: "id", Unique: true}}
		return m
	}
	e.must(add("1"))
	req := e.request(add("2"))
	var once sync.Once
	req.Progress = func(step string, _, _ int64) {
		if step == "publish" { // the checks have passed; now somebody else appends the same id
			once.Do(func() { e.must(add("2")) })
		}
	}
	e.fails(req, "check id_unique")
	e.rows("marts.ids", "1", "2")
}
