package scan_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/apache/iceberg-go"
	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/scan"
	"github.com/hosu-io/hosu/internal/schema"
)

// shop fills raw_shop.orders with ten files, one per day of January 2024 (UTC) with a hundred ids each, and
// raw_shop.customers with five files of ten ids.
func shop(t testing.TB, e *env) {
	t.Helper()
	for day := range 10 {
		e.append(t, "raw_shop.orders", fmt.Sprintf(`
			select %d + i as id, i %% 50 + 1 as customer_id, (i * 1.25)::decimal(18,2) as amount,
				timestamptz '2024-01-%02d 00:00:00+00' + to_minutes((i * 14)::int) as order_ts,
				case when %d %% 2 = 0 then '강남' else 'busan' end as region
			from range(100) t(i)`, day*100+1, day+1, day))
	}
	for part := range 5 {
		e.append(t, "raw_shop.customers", fmt.Sprintf(
			"select %d + i as id, 'customer ' || (%d + i) as name from range(10) t(i)", part*10+1, part*10+1))
	}
	e.view(t, "marts.early_orders", "select o.*, o.id * 2 as twice from raw_shop.orders as o where o.id <= 500",
		schema.Column{Name: "id", Type: iceberg.PrimitiveTypes.Int64})
}

// The files a statement opens, for ten shapes of statement, and that leaving out the others changes no result.
func TestFilesOpenedByShape(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	shop(t, e)
	orders, err := e.Catalog.Load(t.Context(), e.Ident("raw_shop.orders"))
	if err != nil {
		t.Fatal(err)
	}
	fifth := orders.Metadata().Snapshots()[4].SnapshotID
	whole := newResolver(e.Lake, wholePlanner{e.pool})
	unindexed := scan.NewResolver(scan.Options{Catalog: e.Catalog, Store: e.Store, Planner: e.pool, MaxIndexed: 1})

	for _, shape := range []struct {
		name, sql string
		params    []engine.Param
		zone      string
		files     map[string]string // table to "opened/all"
	}{
		{
			name:  "join",
			sql:   "select c.name, sum(o.amount) from raw_shop.orders o join raw_shop.customers c on o.customer_id = c.id where c.id = 7 and o.id between 150 and 250 group by all",
			files: map[string]string{"raw_shop.orders": "2/10", "raw_shop.customers": "1/5"},
		},
		{
			name:  "CTE",
			sql:   "with recent as (select * from raw_shop.orders), again as (from recent) select sum(amount) from again where id > 950",
			files: map[string]string{"raw_shop.orders": "1/10"},
		},
		{
			name:  "view",
			sql:   "select count(*), sum(twice) from marts.early_orders where id > 300",
			files: map[string]string{"raw_shop.orders": "2/10"},
		},
		{
			name:  "subquery",
			sql:   "select (select max(amount) from raw_shop.orders where id = 1) as first, count(*) from raw_shop.orders where id > 900",
			files: map[string]string{"raw_shop.orders": "2/10"},
		},
		{
			name:  "OR",
			sql:   "select * from raw_shop.orders where id = 5 or id = 505",
			files: map[string]string{"raw_shop.orders": "2/10"},
		},
		{
			name:   "parameter",
			sql:    "select count(*) from raw_shop.orders where id >= $from and region = $region",
			params: []engine.Param{{Name: "from", Literal: "801"}, {Name: "region", Literal: "'강남'"}},
			files:  map[string]string{"raw_shop.orders": "1/10"},
		},
		{
			name:  "cast",
			sql:   "select count(*) from raw_shop.orders where order_ts >= '2024-01-09' and id < 950::smallint",
			files: map[string]string{"raw_shop.orders": "2/10"},
		},
		{
			name:  "local date",
			sql:   "select order_ts::date as day, count(*) from raw_shop.orders where order_ts >= date '2024-01-05' and order_ts < date '2024-01-06' group by 1",
			zone:  "Asia/Seoul", // from 15:00 of the day before, in UTC
			files: map[string]string{"raw_shop.orders": "2/10"},
		},
		{
			name:  "time travel",
			sql:   "select count(*) from raw_shop.orders at (version => " + strconv.FormatInt(fifth, 10) + ") where id > 300",
			files: map[string]string{"raw_shop.orders": "2/5"},
		},
		{
			name:  "IN",
			sql:   "select id from raw_shop.orders where id in (1, 2, 901)",
			files: map[string]string{"raw_shop.orders": "2/10"},
		},
	} {
		t.Run(shape.name, func(t *testing.T) {
			t.Parallel()
			req := scan.Request{SQL: shape.sql, Params: shape.params, TimeZone: shape.zone}
			resolved := e.resolve(t, req)
			opened := map[string]string{}
			for _, use := range resolved.Tables {
				opened[use.Ident.String()] = fmt.Sprintf("%d/%d", use.Files, use.FilesTotal)
			}
			if diff := cmp.Diff(shape.files, opened); diff != "" {
				t.Errorf("files opened (-want +got):\n%s", diff)
			}
			direct, err := unindexed.Resolve(t.Context(), govern.Owner(), req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(resolved.Tables, direct.Tables); diff != "" {
				t.Errorf("pruned from manifests (-index +manifests):\n%s", diff)
			}
			unpruned, err := whole.Resolve(t.Context(), govern.Owner(), req)
			if err != nil {
				t.Fatal(err)
			}
			want, got := e.rows(t, unpruned), e.rows(t, resolved)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("pruning changed the result (-whole +pruned):\n%s", diff)
			}
			if len(got) == 0 || got[0] == "0" {
				t.Errorf("the statement found nothing (%q): the test proves little", got)
			}
		})
	}
}
