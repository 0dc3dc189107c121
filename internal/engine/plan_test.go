package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// String shows a predicate; only tests need it.
func (p *Predicate) String() string {
	switch {
	case p == nil:
		return "true"
	case len(p.Args) > 0:
		args := make([]string, len(p.Args))
		for i, a := range p.Args {
			args[i] = a.String()
		}
		return "(" + strings.Join(args, " "+string(p.Op)+" ") + ")"
	}
	return strings.TrimSpace(p.Column + " " + string(p.Op) + " " + strings.Join(p.Values, ","))
}

func planStubs() []Stub {
	return []Stub{
		{Schema: "ns", Name: "활성", View: "select * from ns.t where flag"},
		{Schema: "ns", Name: "t", Columns: []Column{
			{"id", "BIGINT"}, {"ts", "TIMESTAMPTZ"}, {"d", "DATE"}, {"name", "VARCHAR"}, {"amt", "DECIMAL(18,2)"},
			{"s", "STRUCT(a INTEGER, b STRUCT(c VARCHAR))"}, {"i", "INTEGER"}, {"dbl", "DOUBLE"}, {"tsn", "TIMESTAMP"}, {"u", "UUID"},
			{"flag", "BOOLEAN"}, {"한글", "VARCHAR"}, {"l", "INTEGER[]"}, {"blb", "BLOB"}, {"tm", "TIME"}, {"big", "DECIMAL(38,4)"}, {"a.b", "INTEGER"},
		}},
		{Schema: "ns", Name: "u", Columns: []Column{{"id", "BIGINT"}, {"k", "VARCHAR"}}},
		{Name: "this", Columns: []Column{{"id", "BIGINT"}}},
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	e := open(t)
	c, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	params := []Param{{"start", "TIMESTAMPTZ '2024-01-01 00:00:00+09'"}, {"end", "TIMESTAMPTZ '2024-01-02 00:00:00+09'"}}
	day := func(column, from, to string) string {
		return fmt.Sprintf("(%s >= %s 15:00:00+00 and %s < %s 15:00:00+00)", column, from, column, to)
	}
	for _, test := range []struct{ sql, want string }{
		// Comparisons of every type with text.
		{"from ns.t where id > 5", "t id > 5"},
		{"from ns.t where 5 >= id and id <> 3", "t (id <> 3 and id <= 5)"},
		{"from ns.t where name = '한''글' and \"한글\" > 'a'", "t (name = 한'글 and 한글 > a)"},
		{"from ns.t where d between '2024-01-01' and '2024-01-31'", "t (d >= 2024-01-01 and d <= 2024-01-31)"},
		{"from ns.t where ts >= '2024-01-05'", "t ts >= 2024-01-04 15:00:00+00"},
		{"select t.id, k from ns.t left join ns.u on u.id = t.id where ts >= '2024-01-05' qualify rank() over (partition by t.id order by ts) = 1", "t ts >= 2024-01-04 15:00:00+00; u true"},
		{"from ns.t where ts >= $start and ts < $end", "t (ts >= 2023-12-31 15:00:00+00 and ts < 2024-01-01 15:00:00+00)"},
		{"from ns.t where tsn = '2024-01-05 01:02:03.5'", "t tsn = 2024-01-05 01:02:03.5"},
		{"from ns.t where tm > '01:00'", "t tm > 01:00:00"},
		{"from ns.t where amt >= 10 and big < -12345678901234567890.5", "t (amt >= 10.00 and big < -12345678901234567890.5000)"},
		{"from ns.t where dbl = 1.5", "t dbl = 1.5"},
		{"from ns.t where dbl > 'nan' or dbl = 'inf'", "t true"},
		{"from ns.t where u = '0a000000-0000-0000-0000-00000000000b'", "t u = 0a000000-0000-0000-0000-00000000000b"},
		{"from ns.t where u > 'ff000000-0000-0000-0000-00000000000b'", "t u > ff000000-0000-0000-0000-00000000000b"},
		{`from ns.t where blb = '\xAA'::blob`, `t blb = \xAA`},
		{"from ns.t where flag", "t flag = true"},
		{"from ns.t where not flag", "t flag = false"},
		{"from ns.t where d is null and name is not null", "t (d is_null and name not_null)"},
		{"from ns.t where name like '가나%'", "t (name >= 가나 and name < 가낙)"},
		{"from ns.t where \"a.b\" = 1", "t true"}, // would read as a struct's field

		// Beside lists of values.
		{"values (1, 'a'), (2, 'b')", ""},
		{"select * from ns.t join (values (1, 'a'), (2, 'b')) v(x, y) on name = y where id = 1", "t id = 1"},
		{"select id from ns.t where id > 5 union all select * from (values (1), (2))", "t id > 5"},

		// Lists, alternatives, structs.
		{"from ns.t where id in (1, 2, 30)", "t id in 1,2,30"},
		{"from ns.t where name in ('a', 'b') or id = 7", "t (id = 7 or name in a,b)"},
		{"from ns.t where id not in (1, 2)", "t (id <> 1 and id <> 2)"},
		{"from ns.t where (id = 1 and d = '2024-01-01') or (id = 2 and d = '2024-01-02')", "t (id in 1,2 and d in 2024-01-01,2024-01-02 and ((id = 1 and d = 2024-01-01) or (id = 2 and d = 2024-01-02)))"},
		{"from ns.t where id = 1 or name like '%x'", "t true"},
		{"from ns.t where id = 1 and name like '%x'", "t id = 1"},
		{"from ns.t where id = 1 or random() < 0.5", "t true"},
		{"from ns.t where random() < 0.5 and id = 1", "t id = 1"},
		{"from ns.t where s.a = 3 and s.b.c > 'q'", "t (s.a = 3 and s.b.c > q)"},
		{"from ns.t where s.a in (1, 9)", "t s.a in 1,9"},
		{"from ns.t where s.a is null", "t true"},
		{"from ns.t where not (id = 1 and name like '%x')", "t true"},
		{"from ns.t where d is null or d = '2024-01-01'", "t (d is_null or d = 2024-01-01)"},
		{"from ns.t where case when id = 1 then flag end", "t true"},
		{"from ns.t where id = i", "t true"},
		{"from ns.t where id + 1 = 5", "t id = 4"}, // DuckDB's own arithmetic

		// Local dates and other casts.
		{"from ns.t where ts::date = '2024-01-05'", "t " + day("ts", "2024-01-04", "2024-01-05")},
		{"from ns.t where ts::date <= '2024-01-05'", "t ts < 2024-01-05 15:00:00+00"},
		{"from ns.t where ts::date > '2024-01-05'", "t ts >= 2024-01-05 15:00:00+00"},
		{"from ns.t where '2024-01-05' <= ts::date and ts::date < '2024-01-07'", "t " + day("ts", "2024-01-04", "2024-01-06")},
		{"from ns.t where ts::date between '2024-01-05' and '2024-01-07'", "t " + day("ts", "2024-01-04", "2024-01-07")},
		{"from ns.t where ts::date in ('2024-01-05', '2024-01-07')", "t (" + day("ts", "2024-01-04", "2024-01-05") + " or " + day("ts", "2024-01-06", "2024-01-07") + ")"},
		{"from ns.t where ts::date <> '2024-01-05'", "t true"},
		{"from ns.t where try_cast(ts as date) = '2024-01-05'", "t " + day("ts", "2024-01-04", "2024-01-05")},
		{"from ns.t where tsn::date = '2024-01-05'", "t (tsn >= 2024-01-05 00:00:00 and tsn < 2024-01-06 00:00:00)"},
		{"from ns.t where (ts at time zone 'Asia/Tokyo')::date = '2024-01-05'", "t " + day("ts", "2024-01-04", "2024-01-05")},
		{"from ns.t where (ts at time zone 'UTC')::date = '2024-01-05'", "t (ts >= 2024-01-05 00:00:00+00 and ts < 2024-01-06 00:00:00+00)"},
		{"from ns.t where (ts at time zone 'America/New_York')::date = '2024-01-05'", "t (ts >= 2024-01-05 05:00:00+00 and ts < 2024-01-06 05:00:00+00)"},
		// Around a change of the clocks the range is an hour wider.
		{"from ns.t where (ts at time zone 'America/New_York')::date = '2024-03-10'", "t (ts >= 2024-03-10 04:00:00+00 and ts <= 2024-03-11 05:00:00+00)"},
		{"from ns.t where (tsn at time zone 'Asia/Seoul') > $start", "t tsn > 2024-01-01 00:00:00"},
		{"from ns.t where tsn >= $start and tsn < $end", "t (tsn >= 2024-01-01 00:00:00 and tsn < 2024-01-02 00:00:00)"},
		{"from ns.t where d >= $start and d < $end", "t (d >= 2024-01-01 and d < 2024-01-02)"},
		{"from ns.t where d::timestamp >= '2024-01-05 10:00:00'", "t d >= 2024-01-06"},
		{"from ns.t where ts::timestamp < '2024-01-05'", "t ts < 2024-01-04 15:00:00+00"},
		{"from ns.t where date_trunc('month', ts) = '2024-01-01'", "t (ts >= 2023-12-31 15:00:00+00 and ts < 2024-01-31 15:00:00+00)"},
		{"from ns.t where date_trunc('day', tsn) = '2024-01-01'", "t (tsn >= 2024-01-01 00:00:00 and tsn < 2024-01-02 00:00:00)"},
		{"from ns.t where year(ts) = 2024", "t (ts >= 2023-12-31 15:00:00+00 and ts < 2024-12-31 15:00:00+00)"},
		{"from ns.t where extract(year from d) between 2023 and 2024", "t (d >= 2023-01-01 and d < 2025-01-01)"},
		{"from ns.t where i > 5.5 and i < 8", "t (i < 8 and i >= 6)"},
		{"from ns.t where i = 5.5", "t (i >= 6 and i <= 5)"},
		{"from ns.t where i::double = 3 and id::double < 1e300", "t i = 3"},
		{"from ns.t where amt > 10.25::double", "t amt >= 10.25"},
		{"from ns.t where amt::int = 5", "t (amt >= 4.50 and amt <= 5.50)"},
		{"from ns.t where amt::decimal(18,1) = 5.0", "t (amt >= 4.95 and amt <= 5.05)"},
		{"from ns.t where name::int = 5", "t true"},
		{"from ns.t where id::varchar = '5'", "t true"},

		// Where filters come from.
		{"with x as (select * from ns.t where id = 3) select count(*) from x", "t id = 3"},
		{"with x as materialized (select * from ns.t where id = 3) select * from x a join x b using (id)", "t id = 3"},
		{"with x as (select * from ns.t), y as (from x) select count(d) from y where id = 3", "t id = 3"},
		{"with x as (select *, row_number() over (partition by id order by d) as n from ns.t) select d from x where id = 3 and n = 1", "t id = 3"},
		{"with x as materialized (select * from ns.t) select * from x where id = 3 union all select * from x where id = 4", "t id in 3,4"},
		{"select * from (select id as k, ts::date as day from ns.t) where day = '2024-01-05' and k = 1", "t (id = 1 and " + day("ts", "2024-01-04", "2024-01-05")[1:]},
		{"from ns.활성 where id = 1", "t (id = 1 and flag = true)"},
		{"from ns.t join ns.u using (id) where u.k = 'z' and t.d > '2024-01-01'", "t d > 2024-01-01; u k = z"},
		{"from ns.t join ns.u using (id) where t.id = 5", "t id = 5; u id = 5"},
		{"from ns.t left join ns.u using (id) where u.k is null and t.id = 5", "t id = 5; u id = 5"},
		{"from ns.u left join ns.t on t.id = u.id and t.d > '2024-01-01'", "u true; t d > 2024-01-01"},
		{"from ns.t where exists (from ns.u where u.id = t.id and u.k = 'z') and d = '2024-01-01'", "t d = 2024-01-01; u k = z"},
		{"from ns.t where id in (select id from ns.u where k = 'z')", "t true; u k = z"},
		{"from ns.t where id = (select max(id) from ns.u where k = 'a') and d > '2024-01-01'", "t d > 2024-01-01; u k = a"},
		{"select id from ns.t where d = '2024-01-01' union all select id from ns.u where id = 1", "t d = 2024-01-01; u id = 1"},
		{"select * from (select id, d from ns.t union all select id, null from ns.u) where id = 7", "t id = 7; u id = 7"},
		{"from ns.t a join ns.t b on a.id = b.i where a.d = '2024-01-01' and b.d = '2024-01-02'", "t d = 2024-01-01; t d = 2024-01-02"},
		{"select name, sum(i) from ns.t group by name having name = 'x'", "t name = x"},
		{"select * from (select *, row_number() over (partition by name) as n from ns.t) where name = 'x' and n = 1", "t name = x"},
		{"select * from (from ns.t limit 3) where id = 1", "t true"},
		{"select * from (select *, row_number() over (order by id) as n from ns.t) where name = 'x'", "t true"},
		{"select id, k from ns.t, lateral (select k from ns.u where u.id = t.id and u.k > 'b') where t.id < 9", "t id < 9; u k > b"},
		{"from ns.t where id = 1 order by d limit 5", "t id = 1"},
		{"pivot (from ns.t where id = 1) on flag in (true, false) using sum(amt)", "t id = 1"},
		{"with recursive r as (select 1 as x union all select x + 1 from r where x < 5) from r join ns.t on t.id = x where t.d = '2024-01-01'", "t d = 2024-01-01"},
		{"from range(3) r join ns.t on t.id = r.range where t.i = 3", "t i = 3"},
		{"from this where id = 4", "this id = 4"},
		{"from ns.t where 1 = 0", ""},
		{"select bit '101', 1::bignum from ns.t where id = 1", ""}, // DuckDB cannot serialize such constants
		{"describe ns.t", ""},
		{"summarize ns.t", "t true"},
		{"select count(*) from ns.t", "t true"},
	} {
		plan, err := c.Plan(t.Context(), test.sql, planStubs(), params, "Asia/Seoul")
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
			continue
		}
		var scans []string
		for _, s := range plan.Scans {
			if want := map[string]string{"t": "ns", "u": "ns", "this": ""}[s.Name]; s.Schema != want {
				t.Errorf("%s: schema %q of %s", test.sql, s.Schema, s.Name)
			}
			scans = append(scans, s.Name+" "+s.Filter.String())
		}
		if got := strings.Join(scans, "; "); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.sql, got, test.want)
		}
	}
}

func TestPlanColumns(t *testing.T) {
	t.Parallel()
	e := open(t)
	c, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	plan, err := c.Plan(t.Context(), `select d as "날", sum(amt) as total, [id] as ids from ns.t where i > 3 group by all; -- by day`, planStubs(), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	want := &Plan{
		Columns: []Column{{"날", "DATE"}, {"total", "DECIMAL(38,2)"}, {"ids", "BIGINT[]"}},
		Scans: []Scan{{Schema: "ns", Name: "t", Columns: []string{"id", "d", "amt", "i"},
			Filter: &Predicate{Op: Greater, Column: "i", Values: []string{"3"}}}},
	}
	if diff := cmp.Diff(want, plan); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if rows := query(t, e, "select count(*)::varchar from duckdb_tables()"); rows[0][0] != "0" {
		t.Errorf("%s tables are left after planning", rows[0][0])
	}
	for _, test := range []struct {
		sql  string
		kind ErrorKind
		want string
	}{
		{"from ns.none", Bind, "none"},
		{"select nope from ns.t", Bind, "nope"},
		{"from ns.t where id = $x", Bind, "$x has no value"},
	} {
		_, err := c.Plan(t.Context(), test.sql, planStubs(), nil, "UTC")
		var statement *StatementError
		if !errors.As(err, &statement) || statement.Kind != test.kind || !strings.Contains(statement.Message, test.want) {
			t.Errorf("%s: got %#v, want %s error with %q", test.sql, err, test.kind, test.want)
		}
	}
	if _, err := c.Plan(t.Context(), "from ns.t", planStubs(), nil, "UTC"); err != nil {
		t.Errorf("the connection does not plan after errors: %v", err)
	}
}

// TestPredicatesAreNecessary fills the table and asks DuckDB itself: no row that a query returns may fail the predicate.
func TestPredicatesAreNecessary(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Asia/Seoul", "America/New_York", "Pacific/Apia", "Europe/London"} {
		e, err := Open(Options{TempDir: t.TempDir(), TimeZone: zone, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		// Every half hour around changes of the clocks, and the day that Samoa left out.
		if err := e.Exec(t.Context(), `create table rows as
			select ts, timezone('UTC', ts) as tsn, timezone('UTC', ts)::date as d, (range - 400)::integer as i, ((range - 400) * 0.37)::decimal(18,2) as amt
			from (select range, unnest([timestamptz '2024-03-09 00:00:00+00', timestamptz '2024-11-02 00:00:00+00',
				timestamptz '2011-12-28 00:00:00+00', timestamptz '2024-10-26 00:00:00+00', timestamptz '2024-12-30 00:00:00+00']) + range * interval 30 minute as ts from range(200))`); err != nil {
			t.Fatal(err)
		}
		c, err := e.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		stub := []Stub{{Schema: "ns", Name: "t", Columns: []Column{{"ts", "TIMESTAMPTZ"}, {"tsn", "TIMESTAMP"}, {"d", "DATE"}, {"i", "INTEGER"}, {"amt", "DECIMAL(18,2)"}}}}
		var wheres []string
		for _, date := range []string{"2024-03-10", "2024-03-11", "2024-11-03", "2011-12-29", "2011-12-31", "2024-10-27", "2024-12-31"} {
			for _, op := range []string{"=", "<", "<=", ">", ">="} {
				wheres = append(wheres,
					"ts::date "+op+" date '"+date+"'",
					"ts::timestamp "+op+" timestamp '"+date+" 01:30:00'",
					"tsn "+op+" timestamptz '"+date+" 01:30:00'",
					"d "+op+" timestamptz '"+date+" 00:00:00'",
					"d "+op+" timestamp '"+date+" 12:00:00'",
					"tsn::date "+op+" date '"+date+"'",
					"(ts at time zone 'America/New_York')::date "+op+" date '"+date+"'",
					"(tsn at time zone 'Europe/London') "+op+" timestamptz '"+date+" 00:30:00+00'")
			}
		}
		for _, op := range []string{"=", "<", "<=", ">", ">="} {
			wheres = append(wheres, "year(ts) "+op+" 2024", "i "+op+" 5.5", "i::double "+op+" 5", "amt "+op+" 10.36::double",
				"amt::integer "+op+" 5", "amt::decimal(18,1) "+op+" 5.2", "amt::double "+op+" 0.1")
		}
		begun := time.Now()
		filtered := 0
		for _, where := range wheres {
			plan, err := c.Plan(t.Context(), "from ns.t where "+where, stub, nil, zone)
			if err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			if len(plan.Scans) != 1 || plan.Scans[0].Filter == nil {
				t.Errorf("%s: %s: no filter", zone, where)
				continue
			}
			filtered++
			lost := query(t, e, "select count(*)::varchar from rows where ("+where+") and not ("+predicateSQL(plan.Scans[0].Filter)+")")
			if lost[0][0] != "0" {
				t.Errorf("%s: %s: the predicate %s loses %s rows", zone, where, plan.Scans[0].Filter, lost[0][0])
			}
		}
		t.Logf("%s: %d predicates in %v", zone, filtered, time.Since(begun))
	}
}

func predicateSQL(p *Predicate) string {
	if len(p.Args) > 0 {
		args := make([]string, len(p.Args))
		for i, a := range p.Args {
			args[i] = predicateSQL(a)
		}
		return "(" + strings.Join(args, " "+string(p.Op)+" ") + ")"
	}
	return QuoteIdent(p.Column) + " " + string(p.Op) + " " + QuoteLiteral(p.Values[0])
}
