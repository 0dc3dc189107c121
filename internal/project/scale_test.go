package project_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hosu-io/hosu/internal/project"
)

// manyModels is a workspace with n models in four layers; each but the first layer's reads three of the layer before.
func manyModels(n int) []txtar.File {
	files := []txtar.File{
		{Name: "hosu.yaml", Data: []byte("name: big\ntimezone: Asia/Seoul\n")},
		{Name: "sources/shop.yaml", Data: []byte("type: sqlite\npath: shop.db\ninto: raw\ntables: {\"*\": {mode: full}}\n")},
	}
	layers := []string{"staging", "core", "marts", "kpi"}
	perLayer := n / len(layers)
	for i := range n {
		layer, at := min(i/perLayer, len(layers)-1), i%perLayer
		inputs := [3]string{}
		for j := range inputs {
			inputs[j] = fmt.Sprintf("raw.t%d", (at+j)%perLayer)
			if layer > 0 {
				inputs[j] = fmt.Sprintf("%s.m%d", layers[layer-1], (at*7+j)%perLayer)
			}
		}
		sql := fmt.Sprintf(`/*---
write: interval(day)
start: 2024-01-01
columns:
  day: {type: date, checks: [not_null]}
  amount: {type: "decimal(18,2)"}
checks:
  - {name: positive, sql: "select * from this where amount < 0"}
---*/
-- Sales of a day, joined with what is known of customers.
with recent as (select * from %s where ts >= $start and ts < $end),
     customers as (select id, region, row_number() over (partition by id order by updated_at desc) as n from %s)
select r.ts::date as day, c.region, p.category, sum(r.amount) as amount, count(distinct r.customer_id) as buyers,
       case when sum(r.amount) > 100 then 'large' else 'small' end as size
from recent r
join customers c on c.id = r.customer_id and c.n = 1
left join %s p on p.id = r.product_id
where r.status in ('paid', 'shipped') and not exists (select 1 from recent x where x.id = r.parent_id)
group by all
`, inputs[0], inputs[1], inputs[2])
		files = append(files, txtar.File{Name: fmt.Sprintf("models/%s/m%d.sql", layers[layer], at), Data: []byte(sql)})
	}
	return files
}

// TestTwoThousandModels fails when loading is an order of magnitude slower than BenchmarkLoad has it.
func TestTwoThousandModels(t *testing.T) {
	dir := unpack(t, manyModels(2000))
	opts := options(nil, newParser(t))
	start := time.Now()
	ws, err := project.Load(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	t.Logf("2,000 models loaded in %s", took)
	if got := len(ws.Graph.Assets()); got != 2500 {
		t.Errorf("%d assets, want 2,000 models and 500 copied tables", got)
	}
	if took > 20*time.Second {
		t.Errorf("2,000 models took %s; the aim is 2s", took)
	}
}

// BenchmarkLoad prints how long a workspace takes per model and as a ratio of its aim, 2 s for 2,000 models.
func BenchmarkLoad(b *testing.B) {
	const n = 2000
	dir := unpack(b, manyModels(n))
	opts := options(nil, newParser(b))
	for b.Loop() {
		if _, err := project.Load(b.Context(), dir, opts); err != nil {
			b.Fatal(err)
		}
	}
	perLoad := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(float64(perLoad.Microseconds())/n, "µs/model")
	b.ReportMetric(perLoad.Seconds()/2, "of_aim")
}
