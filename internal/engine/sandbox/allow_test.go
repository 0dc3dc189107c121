package sandbox

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hosu-io/hosu/internal/engine"
)

// allowed are statements people write; none of them may be in the way of the allowlist.
var allowed = []string{
	"select 1",
	"from raw_shop.orders",
	"table raw_shop.orders",
	"values (1, 'a'), (2, 'b')",
	"describe raw_shop.orders",
	"summarize select * from raw_shop.orders",
	`select "주문"."금액" from "매출"."주문"`,
	"select user, date, type, name from raw_shop.people",
	"select * exclude (a) replace (b + 1 as b) from raw_shop.orders",
	"select columns('amount_.*') from raw_shop.orders",
	"select a.b, count(*) filter (where c), string_agg(d, ',' order by d) from s.t group by all having count(*) > 1 order by all",
	"select coalesce(x, 1), nullif(a, b), ifnull(a, b), try(1 / 0), case when a then b end, x::int, try_cast(x as date) from s.t",
	"select x in (1, 2), x not in (select 1), x between 1 and 2, x is distinct from y, exists (select 1), not x, -x, @x, x ! from s.t",
	"select [i + 1 for i in l], {'a': 1}, map {'a': 1}, l[1], l[1:2], list_transform(l, lambda x: x + 1), struct_pack(a := 1) from s.t",
	"select extract(year from d), date_trunc('month', d), d + interval 1 day, ts at time zone 'Asia/Seoul', current_date, now(), current_timestamp, localtime from s.t",
	"select row_number() over (partition by a order by b), lag(a) over w, sum(a) over (order by b rows between 1 preceding and current row), fill(a) over w from s.t window w as (order by b) qualify rank() over w = 1",
	"select a, grouping(a) from s.t group by grouping sets ((a), ())",
	"select x like 'a', x ilike 'a', x similar to 'a', x ~ 'a', x glob 'a*', x ^@ 'a', x || 'b' from s.t",
	"with recursive r as (select 1 as n union all select n + 1 from r where n < 9) select * from r",
	"with a as materialized (select 1) select * from a union all by name select 2",
	"select * from s.a join s.b using (id) left join s.c on a.x = c.x asof join s.d on a.t >= d.t positional join s.e, lateral (select a.x)",
	"from s.t pivot (sum(b) for a in ('x', 'y'))",
	"unpivot s.t on a, b into name k value v",
	"select unnest(l), unnest(s, recursive := true) from s.t",
	"select * from range(3), generate_series(1, 2), unnest([1, 2])",
	"select * from s.t tablesample 10% using sample 3 rows",
	"select distinct on (a) b from s.t order by a desc nulls last limit 10 percent offset 2",
	"select j->'a', j->>'$.b', json_extract_string(j, '$.c'), from_json(j, '{\"a\": \"int\"}') from s.t",
	"select * from s.t at (version => 3) as x where x.a = $a",
	"select cast('a' as enum ('a', 'b')), 1::hugeint, 'x'::struct(a int[])",
	"select approx_quantile(x, 0.5), histogram(x), arg_max(a, b), list(distinct a), median(x), corr(x, y) from s.t",
	"select format('{}', 1), printf('%d', 1), regexp_replace(a, 'b', 'c'), strftime(d, '%Y'), md5(a), sha256(a), hash(a), uuid() from s.t",
	"select (select max(x) from s.u where u.id = t.id) from s.t where x = any(select y from s.u)",
	"select 'read_csv(''/etc/passwd'')' -- glob('/etc/*')",
	"select read_csv from s.t /* copy t to 'x' */",
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	db := parser(t)
	for _, sql := range allowed {
		statement, err := db.Parse(context.Background(), sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if err := Allow(statement); err != nil {
			t.Errorf("%s: %v (nodes %v)", sql, err, statement.Nodes)
		}
	}
}

// TestDenialSaysWhy checks that a refusal names the culprit and what to do.
func TestDenialSaysWhy(t *testing.T) {
	t.Parallel()
	db := parser(t)
	for _, test := range []struct {
		sql      string
		position int
		want     []string
	}{
		{"select * from read_csv('a.csv')", 14, []string{"read_csv()", "reads files", "tables of the catalog"}},
		{"select getenv('HOME')", 7, []string{"getenv()", "environment"}},
		{"select no_such_thing(1)", 7, []string{"no_such_thing()", "is unknown, or not among the functions known to be safe"}},
		{"select coalsce(1)", 7, []string{"coalsce()", "did you mean coalesce()?"}},
		{"select 1 from s.t, 'https://example.com/a.parquet'", 19, []string{"https://example.com/a.parquet", "file or an address"}},
		{"select * from information_schema.tables", 14, []string{"information_schema.tables", "hosu table ls"}},
		{"show tables", noPosition, []string{"SHOW"}},
	} {
		statement, err := db.Parse(context.Background(), test.sql)
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
			continue
		}
		var denial *engine.StatementError
		if err := Allow(statement); !errors.As(err, &denial) || denial.Kind != engine.Denied {
			t.Errorf("%s: %v, want a denial", test.sql, err)
			continue
		}
		for _, part := range test.want {
			if !strings.Contains(denial.Message, part) {
				t.Errorf("%s: %q does not say %q", test.sql, denial.Message, part)
			}
		}
		if denial.Position != test.position {
			t.Errorf("%s: position %d, want %d", test.sql, denial.Position, test.position)
		}
	}
}

func parser(t testing.TB) *engine.Engine {
	t.Helper()
	db, err := engine.Open(engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
