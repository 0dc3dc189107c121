package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func open(t testing.TB) *Engine {
	t.Helper()
	e, err := Open(Options{TempDir: t.TempDir(), TimeZone: "Asia/Seoul", Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// refs shows references as "schema.name|alias|whole text|at", one per table.
func refs(sql string, s *Statement) []string {
	var out []string
	for _, r := range s.Tables {
		line := r.Name + "|" + r.Alias + "|" + sql[r.Start:r.NameEnd] + "|" + sql[r.Start:r.End]
		if r.Schema != "" {
			line = r.Schema + "." + line
		}
		if r.At != nil {
			line += "|" + r.At.Unit + " " + r.At.Expr + " " + sql[r.At.Start:r.At.End]
		}
		out = append(out, line)
	}
	return out
}

func TestParseTables(t *testing.T) {
	t.Parallel()
	e := open(t)
	for _, test := range []struct {
		sql  string
		want []string
	}{
		{`select 1`, nil},
		{`select 1e400, -1e400`, nil}, // infinite in the tree
		{`from t`, []string{"t||t|t"}},
		{`select * from ns.t`, []string{"ns.t||ns.t|ns.t"}},
		{`select * from ns . "T""x" as y`, []string{`ns.T"x|y|ns . "T""x"|ns . "T""x" as y`}},
		{`select '한글' from "한글 "."표" 별명 where 1=1`, []string{`한글 .표|별명|"한글 "."표"|"한글 "."표" 별명`}},
		{`select $$ from a $$, 'from b', E'\' from c', /* from d /* e */ */ x -- from f
from /* g */ g -- h
as i`, []string{"g|i|g|g -- h\nas i"}},
		{`from t x(a, b) join u using (a)`, []string{"t|x|t|t x(a, b)", "u||u|u"}},
		{`from x: ns.t join u on true`, []string{"ns.t|x|ns.t|ns.t", "u||u|u"}},
		{`from t as 'x' tablesample 5%`, []string{"t|x|t|t as 'x'"}},
		{`from 'dir/a.parquet'`, []string{"dir/a.parquet||'dir/a.parquet'|'dir/a.parquet'"}},
		{`from a, b union all (from c) except select (select max(x) from d) from e order by (select 1)`,
			[]string{"a||a|a", "b||b|b", "c||c|c", "d||d|d", "e||e|e"}},
		{`from a, lateral (from b where b.x = a.x) where exists (from c) and x in (from d)`,
			[]string{"a||a|a", "b||b|b", "c||c|c", "d||d|d"}},
		{`pivot ns.t on a in ('x', 'y') using sum(b) group by c`, []string{"ns.t||ns.t|ns.t"}},
		{`unpivot t on a, b into name n value v`, []string{"t||t|t"}},
		{`describe ns.t`, []string{"ns.t||ns.t|ns.t"}},
		{`summarize t`, []string{"t||t|t"}},
		{`table t`, []string{"t||t|t"}},
		{`values (1), (2)`, nil},
		{"select\u00a0*\u3000from\u200bns.t\u3000x", []string{"ns.t|x|ns.t|ns.t\u3000x"}},
		{"\ufefffrom t", []string{"t||t|t"}},
		{`from range(3), unnest([1])`, nil},
		{`from t;  -- done`, []string{"t||t|t"}},

		// Time travel, with the alias on either side.
		{`from ns.t at (version => 5)`, []string{"ns.t||ns.t|ns.t at (version => 5)|VERSION 5 at (version => 5)"}},
		{`from ns.t x at (timestamp => now() - interval 1 day) where true`,
			[]string{"ns.t|x|ns.t|ns.t x at (timestamp => now() - interval 1 day)|TIMESTAMP now() - interval 1 day at (timestamp => now() - interval 1 day)"}},
		{`from ns.t AT /* c */ (VERSION => 5) as x join ns.t at (version=>6) y(p, q) on x.a = y.p join u using (a)`,
			[]string{
				"ns.t|x|ns.t|ns.t AT /* c */ (VERSION => 5) as x|VERSION 5 AT /* c */ (VERSION => 5)",
				"ns.t|y|ns.t|ns.t at (version=>6) y(p, q)|VERSION 6 at (version=>6)",
				"u||u|u"}},
		{`from t at (timestamp => '2024-01-01') left join u on true`,
			[]string{"t||t|t at (timestamp => '2024-01-01')|TIMESTAMP '2024-01-01' at (timestamp => '2024-01-01')", "u||u|u"}},

		// Common table expressions.
		{`with t as (select * from t) select * from t`, []string{"t||t|t"}},
		{`with t as (select 1) select * from t`, nil},
		{`with T as (select 1) select * from "t"`, nil},
		{`with t as (select 1) select * from ns.t`, []string{"ns.t||ns.t|ns.t"}},
		{`with a as (from b), b as (select 1) from a, b`, []string{"b||b|b"}},
		{`with b as (select 1), a as (from b) from a`, nil},
		{`select * from (with t as (select 1) from t) q, t as later`, []string{"t|later|t|t as later"}},
		{`with t as (select 1) from (with t as (from t) from t) q, t`, nil},
		{`(with t as (select 1) from t) union all from t`, []string{"t||t|t"}},
		{`with t as (select 1) (from t) union all from t`, nil},
		{`with recursive t as (from t) from t`, []string{"t||t|t"}},
		{`with recursive t as (select x from t union all select x + 1 from t where x < 5) from t`, []string{"t||t|t"}},
		{`with recursive t(x) using key (x) as (select 1 union select x + 1 from recurring.t, u where x < 9) from t`, []string{"u||u|u"}},
		{`with recursive t as (with z as (select 1 x) select x from z union all select t.x from t, z) from t, z`, []string{"z||z|z"}},
		{`with 한글 as (select 1) select (select max(x) from "한글") from 한글, 다른`, []string{"다른||다른|다른"}},
	} {
		s, err := e.Parse(t.Context(), test.sql)
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
			continue
		}
		if diff := cmp.Diff(test.want, refs(test.sql, s)); diff != "" {
			t.Errorf("%s: tables (-want +got):\n%s", test.sql, diff)
		}
	}
}

func TestParseCalls(t *testing.T) {
	t.Parallel()
	e := open(t)
	for _, test := range []struct {
		sql               string
		functions, tables string
		nodes             string // must be among the nodes
	}{
		{`select a + 1, a ->> 'x', -a, a || b, not a from t`, "", "", "COLUMN_REF BASE_TABLE OPERATOR_NOT"},
		{`select MAX(a), main.f(1), a.upper(), count(distinct b) filter (where g(c)) from t`, "count f g max upper", "", "FUNCTION"},
		{`select sum(a) over (partition by p(b) order by o(c) rows between r(1) preceding and current row) from t`, "o p r sum", "", "WINDOW_AGGREGATE"},
		{`select list_transform(l, x -> h(x)), [f(y) for y in l if g(y)] from t`, "f g h list_apply list_filter list_transform struct_extract struct_pack", "", "LAMBDA"},
		{`from read_csv(getenv('X'), header = k(1)), lateral (from range(j(1)))`, "getenv j k", "range read_csv", "TABLE_FUNCTION"},
		{`select a similar to 'x', a ^@ 'b', a ilike 'c' escape 'd' from t`, "ilike_escape regexp_full_match", "", ""},
		{`select current_user, user, t.user, localtime from t`, "current_user localtime user", "", ""},
		{`with x as (select f(1)) select * exclude (a) replace (g(b) as b), columns(c -> h(c)) from x where i(1) group by j(1) having k(1) qualify l(1) order by m(1) limit n(1) offset o(1)`,
			"f g h i j k l list_filter m n o", "", "ORDER_MODIFIER LIMIT_MODIFIER STAR"},
		{`pivot t on p(a) in ('x') using sum(b)`, "p sum", "", "PIVOT"},
		{`from t at (version => f(1))`, "f", "", ""},
		{`values (f(1))`, "f", "", "EXPRESSION_LIST"},
		{`from t tablesample reservoir(5) join u on f(t.a)`, "f", "", "JOIN"},
		{`show tables`, "", "", "SHOW_REF SHOW_UNQUALIFIED"},
		{`select x::decimal(9,2)[], interval 3 day`, "to_days trunc", "", "OPERATOR_CAST"},
	} {
		s, err := e.Parse(t.Context(), test.sql)
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
			continue
		}
		if got := strings.Join(s.Functions, " "); got != test.functions {
			t.Errorf("%s: functions %q, want %q", test.sql, got, test.functions)
		}
		if got := strings.Join(s.TableFunctions, " "); got != test.tables {
			t.Errorf("%s: table functions %q, want %q", test.sql, got, test.tables)
		}
		for _, node := range strings.Fields(test.nodes) {
			if !slices.Contains(s.Nodes, node) {
				t.Errorf("%s: nodes %q lack %s", test.sql, s.Nodes, node)
			}
		}
	}
}

func TestParseParams(t *testing.T) {
	t.Parallel()
	e := open(t)
	s, err := e.Parse(t.Context(), `select $b, $a, '$c', $b, $한글 -- $d`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "a", "한글"}, s.Params); diff != "" {
		t.Errorf("params (-want +got):\n%s", diff)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	e := open(t)
	for _, test := range []struct {
		sql, message string
		position     int
	}{
		{``, "no statement", -1},
		{`-- nothing`, "no statement", -1},
		{`selec 1`, `near "selec"`, 0},
		{`select 한글 fro 표 x y`, `near "표"`, len(`select 한글 fro `)},
		{`select 1; select 2`, "2 statements", -1},
		{`insert into t values (1)`, "only a SELECT", -1},
		{`create table t (a int)`, "only a SELECT", -1},
		{`copy t to 'x'`, "only a SELECT", -1},
		{`set threads = 1`, "only a SELECT", -1},
		{`pivot t on a using sum(b)`, "IN list", -1},
		{`select 'open`, "unterminated", -1},
		{`from t at (version => 5) as x as y`, `near "as"`, len(`from t at (version => 5) as x `)},
		{"select '\xff'", "UTF-8", -1},
	} {
		_, err := e.Parse(t.Context(), test.sql)
		var statement *StatementError
		if !errors.As(err, &statement) || statement.Kind != Syntax {
			t.Errorf("%s: got %v, want a syntax error", test.sql, err)
			continue
		}
		if !strings.Contains(statement.Message, test.message) {
			t.Errorf("%s: message %q lacks %q", test.sql, statement.Message, test.message)
		}
		if test.position >= 0 && statement.Position != test.position {
			t.Errorf("%s: position %d, want %d", test.sql, statement.Position, test.position)
		}
	}
}

func TestParseMany(t *testing.T) {
	t.Parallel()
	e := open(t)
	sqls := make([]string, 2000)
	for i := range sqls {
		sqls[i] = fmt.Sprintf(`with recent as (
			select order_ts::date as day, store_id, sum(amount) as revenue, count(distinct member_id) as members
			from raw_shop.orders_%d where order_ts >= $start and order_ts < $end group by all
		)
		select r.day, s.region, r.revenue, r.members, lag(r.revenue) over (partition by s.region order by r.day) as before
		from recent r join staging.stores s using (store_id) left join marts.targets t on t.day = r.day and t.region = s.region
		where s.closed_at is null`, i)
	}
	begun := time.Now()
	statements, errs := e.ParseMany(t.Context(), sqls)
	t.Logf("parsed %d statements in %v", len(sqls), time.Since(begun))
	for i := range sqls {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		want := []string{fmt.Sprintf("orders_%d", i), "stores", "targets"}
		var got []string
		for _, r := range statements[i].Tables {
			got = append(got, r.Name)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("statement %d: tables %q, want %q", i, got, want)
		}
	}
}

// TestUnicodeSpaces asks DuckDB which characters it reads as blanks.
func TestUnicodeSpaces(t *testing.T) {
	t.Parallel()
	e := open(t)
	for r := rune(0x80); r < 0xFFFE; r++ {
		if r >= 0x3100 && r < 0xFE00 || r >= 0xD800 && r < 0xE000 {
			continue // letters, and what UTF-8 cannot hold
		}
		c, err := e.parser(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tree, err := c.serialize(t.Context(), "select 1 a"+string(r)+"from t")
		if err != nil {
			t.Fatal(err)
		}
		e.giveBack(c)
		if isSpace := strings.Contains(tree, `"table_name":"t"`); isSpace != (unicodeSpace(string(r)) > 0) {
			t.Errorf("U+%04X: DuckDB reads it as a blank: %t", r, isSpace)
		}
	}
}

func TestNotAliases(t *testing.T) {
	t.Parallel()
	e := open(t)
	c, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	rows, err := c.texts(t.Context(), `select keyword_name from duckdb_keywords()
		where keyword_category in ('reserved', 'type_function') order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, row := range rows {
		want = append(want, row[0])
	}
	if diff := cmp.Diff(want, notAliases); diff != "" {
		t.Errorf("words that cannot be aliases (-DuckDB +ours):\n%s", diff)
	}
}

func TestRewriteRefs(t *testing.T) {
	t.Parallel()
	e := open(t)
	for _, test := range []struct{ sql, want string }{
		{`from ns.t`, `from "v"."t!" AS "t"`},
		{`from ns.t x`, `from "v"."t!" x`},
		{`select t.a from ns.t at (version => 5) where t.a > 0`, `select t.a from "v"."t!" AS "t" where t.a > 0`},
		{`from ns.t /* c */ as x at (version => 5), u`, `from "v"."t!" /* c */ as x , u`},
		{`from ns.t at (version => 5) x, ns.t at (version => 6) as y(a)`, `from "v"."t!" x, "v"."t!" as y(a)`},
		{`from x: ns.t`, `from x: "v"."t!"`},
		{`select 'ns.t' from "한글".t as "별명"`, `select 'ns.t' from "v"."t!" as "별명"`},
	} {
		s, err := e.Parse(t.Context(), test.sql)
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
			continue
		}
		got := RewriteRefs(test.sql, s.Tables, func(r TableRef) (string, string, bool) { return "v", r.Name + "!", r.Schema != "" })
		if got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.sql, got, test.want)
		}
		if _, err := e.Parse(t.Context(), got); err != nil {
			t.Errorf("%s: the rewritten text does not parse: %v", got, err)
		}
	}
}

func TestSubstitute(t *testing.T) {
	t.Parallel()
	params := []Param{{"start", "DATE '2024-01-01'"}, {"한글", "1"}, {"n", "-2"}}
	for _, test := range []struct{ sql, want, err string }{
		{`select 1`, `select 1`, ""},
		{`where d >= $start and x = 3-$n`, `where d >= (DATE '2024-01-01') and x = 3-(-2)`, ""},
		{`select '$start', "$start", $$ $start $$, $n$ $start $n$ -- $start`, `select '$start', "$start", $$ $start $$, $n$ $start $n$ -- $start`, ""},
		{`select /* $x */ $한글, a$start, $"n", $ START`, `select /* $x */ (1), a$start, (-2), (DATE '2024-01-01')`, ""},
		{`select E'\'$start', $n`, `select E'\'$start', (-2)`, ""},
		{`select $finish`, "", "$finish has no value; there are $start, $한글, $n"},
		{`select $1`, "", "$1 has no value"},
	} {
		got, err := Substitute(test.sql, params)
		if test.err != "" {
			var statement *StatementError
			if !errors.As(err, &statement) || !strings.Contains(statement.Message, test.err) || statement.Position != 7 {
				t.Errorf("%s: got %v, want an error at byte 7 with %q", test.sql, err, test.err)
			}
			continue
		}
		if err != nil || got != test.want {
			t.Errorf("%s: got %s, %v; want %s", test.sql, got, err, test.want)
		}
	}
}

func TestParseWhereFunctionsAreCalled(t *testing.T) {
	t.Parallel()
	const sql = "select '한글', Foo(1), x.bar(), sum(a), foo(2) from range(3) where a similar to 'b'"
	s, err := open(t).Parse(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name, at := range s.Calls {
		got[name] = sql[at : at+len(name)]
	}
	want := map[string]string{"foo": "Foo", "sum": "sum", "range": "range"}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s is called at %q, want %q", name, got[name], text)
		}
	}
	if at, ok := s.Calls["regexp_full_match"]; ok {
		t.Errorf("a function that the text does not have is called at %d", at)
	}
}
