package app_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/dashboard"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/query/render"
)

// reckoning computes what dashboards of the demo must show, in a DuckDB of its own over the data files of the raw tables, from
// SQL that was written without looking at the metrics.
type reckoning struct{ plainDuckDB }

// what members, products and visits are, from what the shop's database and its event files say.
const reckoningTables = `
	create table paid as select *, ordered_at::date as day from lake."raw_shop.orders" where status = 'paid';
	create table placed as select *, ordered_at::date as day from lake."raw_shop.orders";
	create table lines as
		select i.*, p.name, p.brand, p.category, p.price, p.cost, o.day, o.member_id, o.channel
		from lake."raw_shop.order_items" i, paid o, lake."raw_shop.products" p
		where i.order_id = o.id and i.product_id = p.id;
	create table visits as
		select min(ts)::date as day, min(ts) as began, min(user_id) as member, min(platform) as platform, min(service) as service,
			count(*) filter (where type = 'product_viewed') as views,
			count(*) filter (where type = 'cart_added') as carts,
			count(*) filter (where type = 'purchased') as purchases
		from lake."events.app" group by session_id;
	create table seen as
		select e.ts::date as day, e.user_id, p.name, p.brand, p.category
		from lake."events.app" e join lake."raw_shop.products" p on p.id = e.product_id where e.type = 'product_viewed';
	create table firsts as select member_id, min(day) as day from paid where member_id is not null group by member_id;
	create table stores as from lake."raw_shop.stores";
	create table members as from lake."raw_shop.members";
`

// reckonedValues are the values of metrics in the days from $from to before $to.
var reckonedValues = map[string]string{
	"revenue":             "select sum(amount) from paid where day >= $from and day < $to",
	"orders":              "select count(*) from paid where day >= $from and day < $to",
	"average_order_value": "select avg(amount) from paid where day >= $from and day < $to",
	"gross_margin": `select ((select sum((price - cost) * quantity) from lines where day >= $from and day < $to) - sum(discount)) / sum(amount)::double
		from paid where day >= $from and day < $to`,
	"buyers":     "select count(distinct member_id) from paid where day >= $from and day < $to",
	"new_buyers": "select count(*) from firsts where day >= $from and day < $to",
	"returning_buyer_share": `select avg((f.day < $from)::int) from firsts f
		where member_id in (select member_id from paid where day >= $from and day < $to)`,
	"cancellation_rate": "select avg((status = 'cancelled')::int) from placed where day >= $from and day < $to",

	"visits":               "select count(*) from visits where day >= $from and day < $to",
	"visits_with_view":     "select count(*) from visits where day >= $from and day < $to and views >= 1",
	"visits_with_cart":     "select count(*) from visits where day >= $from and day < $to and carts >= 1",
	"visits_with_purchase": "select count(*) from visits where day >= $from and day < $to and purchases >= 1",
	"conversion":           "select avg((purchases > 0)::int) from visits where day >= $from and day < $to",
	"dau":                  "select count(distinct member) from visits where day = $to - 1",
	"wau":                  "select count(distinct member) from visits where day between $to - 7 and $to - 1",
	"mau":                  "select count(distinct member) from visits where day between $to - 30 and $to - 1",
	"new_members":          "select count(*) from members where joined_at::date >= $from and joined_at::date < $to",
	"revisit_d7": `with came as (select distinct member, day from visits where member is not null)
		select avg((exists (from came c where c.member = came.member and c.day = came.day + 7))::int) from came where day >= $from and day < $to`,
}

// reckonedRows are the rows of tiles by dimensions, of which the first are columns: dimensions, then metrics.
var reckonedRows = map[string]string{
	"stacked product_sales by product.category": "select category, sum(price * quantity) from lines where day >= $from and day < $to group by 1",
	"bar revenue by store.region": `select s.region, sum(amount) from paid join stores s on s.id = store_id
		where channel = 'store' and day >= $from and day < $to group by 1`,
	"heatmap orders by weekday,hour": `select extract(isodow from ordered_at), extract(hour from ordered_at), count(*)
		from paid where day >= $from and day < $to group by 1, 2`,
	"table revenue,orders,average_order_value by store.name,store.region": `select s.name, s.region, sum(amount), count(*), avg(amount)
		from paid join stores s on s.id = store_id where day >= $from and day < $to group by 1, 2`,
	"table product_sales,units,product_margin_rate by product.name,product.brand": `select name, brand, sum(price * quantity), sum(quantity),
		sum((price - cost) * quantity) / sum(price * quantity)::double from lines where day >= $from and day < $to group by 1, 2`,
	"bar revenue by member.grade": "select m.grade, sum(amount) from paid join members m on m.id = member_id where day >= $from and day < $to group by 1",
	"heatmap sql": `with months as (select distinct member_id, date_trunc('month', day)::date as month from paid where member_id is not null),
		began as (select member_id, min(month) as month from months group by 1)
		select b.month, (year(m.month) - year(b.month)) * 12 + month(m.month) - month(b.month) as later,
			round(count(*) / (select count(*) from began where began.month = b.month)::double, 4)
		from months m join began b using (member_id) where b.month > (select min(month) from began) group by b.month, later`,

	"stacked visits by platform":  "select platform, count(*) from visits where day >= $from and day < $to group by 1",
	"line conversion by platform": "select platform, avg((purchases > 0)::int) from visits where day >= $from and day < $to group by 1",
	"heatmap visits by weekday,hour": `select extract(isodow from began), extract(hour from began), count(*)
		from visits where day >= $from and day < $to group by 1, 2`,
	"table visits,visitors,conversion by platform,service": `select platform, service, count(*), count(distinct member), avg((purchases > 0)::int)
		from visits where day >= $from and day < $to group by 1, 2`,
	"table views,viewers by product.name,product.brand,product.category": `select name, brand, category, count(*), count(distinct user_id)
		from seen where day >= $from and day < $to group by 1, 2, 3`,
}

// rows are those of a statement over days.
func (r reckoning) rows(t *testing.T, statement string, days dashboard.Days) [][]any {
	t.Helper()
	day := func(d time.Time) string { return "date '" + d.Format(time.DateOnly) + "'" }
	reader, err := r.QueryArrow(t.Context(), strings.NewReplacer("$from", day(days.From), "$to", day(days.To)).Replace(statement))
	if err != nil {
		t.Fatalf("%s\n%v", statement, err)
	}
	defer reader.Release()
	values, err := render.ReadValues(reader, 0)
	if err != nil {
		t.Fatalf("%s\n%v", statement, err)
	}
	return parseRows(t, values.JSON)
}

func parseRows(t *testing.T, text []byte) [][]any {
	t.Helper()
	var rows [][]any
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return rows
}

// value is that of a metric.
func (r reckoning) value(t *testing.T, name string, days dashboard.Days) any {
	t.Helper()
	statement, ok := reckonedValues[name]
	if !ok {
		t.Fatalf("nobody has reckoned metric %s", name)
	}
	return r.rows(t, statement, days)[0][0]
}

// same says whether two values are, up to the last digits of a quotient; nothing is the same as 0.
func same(got, want any) bool {
	g, gotNumber := got.(float64)
	w, wantNumber := want.(float64)
	switch {
	case gotNumber && wantNumber:
		return math.Abs(g-w) <= 1e-9*math.Max(math.Abs(g), math.Abs(w))
	case got == nil:
		return !wantNumber && want == nil || wantNumber && w == 0
	case want == nil:
		return gotNumber && g == 0
	default:
		return got == want
	}
}

// before are as many days, right before others.
func before(d dashboard.Days) dashboard.Days {
	n := d.Count()
	return dashboard.Days{From: d.From.AddDate(0, 0, -n), To: d.To.AddDate(0, 0, -n)}
}

// eachDay are the single days of a range.
func eachDay(d dashboard.Days) []dashboard.Days {
	var days []dashboard.Days
	for day := d.From; day.Before(d.To); day = day.AddDate(0, 0, 1) {
		days = append(days, dashboard.Days{From: day, To: day.AddDate(0, 0, 1)})
	}
	return days
}

// TestDemoDashboards compares every number on the dashboards of the demo with one that was reckoned another way.
func TestDemoDashboards(t *testing.T) {
	s := runDemo(t, "")
	service, err := s.Dashboards(nil)
	if err != nil {
		t.Fatal(err)
	}
	plain := openPlain(t, "Asia/Seoul")
	plain.load(t, "lake", s.workspace)
	for _, statement := range strings.Split(strings.TrimSpace(reckoningTables), ";") {
		if statement != "" {
			plain.exec(t, statement)
		}
	}
	r := reckoning{plain}
	days := dashboard.Days{From: time.Date(2024, 6, 3, 0, 0, 0, 0, time.UTC), To: time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC)}
	if len(service.Boards()) != 2 {
		t.Errorf("%d dashboards, want 2", len(service.Boards()))
	}
	for _, board := range service.Boards() {
		for _, tile := range board.Tiles() {
			t.Run(fmt.Sprintf("%s/%d", board.Name, tile.Index), func(t *testing.T) {
				got, err := service.Tile(t.Context(), govern.Owner(), board.Name, tile.Index, dashboard.View{From: days.From, To: days.To})
				if err != nil {
					t.Fatal(err)
				}
				r.check(t, tile, got, days)
			})
		}
	}
}

func (r reckoning) check(t *testing.T, tile *dashboard.Tile, got *dashboard.TileResult, days dashboard.Days) {
	t.Helper()
	switch {
	case tile.Type == dashboard.Text:
	case tile.Type == dashboard.Number:
		r.checkNumber(t, tile, got, days)
	case tile.SQL != "":
		r.checkRows(t, tile, got.Result, string(tile.Type)+" sql", days, "")
	case len(tile.By) == 0 && tile.Grain == "":
		row := parseRows(t, got.Result.Rows)[0]
		for i, name := range tile.Metrics {
			if want := r.value(t, name, days); !same(row[i], want) {
				t.Errorf("%s is %v, want %v", name, row[i], want)
			}
		}
	case len(tile.By) == 0:
		r.checkSeries(t, tile.Metrics, got.Result, days)
	default:
		r.checkRows(t, tile, got.Result, fmt.Sprintf("%s %s by %s", tile.Type, strings.Join(tile.Metrics, ","), strings.Join(tile.By, ",")), days, tile.Grain)
	}
}

func (r reckoning) checkNumber(t *testing.T, tile *dashboard.Tile, got *dashboard.TileResult, days dashboard.Days) {
	t.Helper()
	name := tile.Metrics[0]
	value, previous := r.value(t, name, days), r.value(t, name, before(days))
	if got.Value == nil || got.Previous == nil || !same(*got.Value, value) || !same(*got.Previous, previous) {
		t.Errorf("%s is %v and was %v, want %v and %v", name, got.Value, got.Previous, value, previous)
	}
	if v, ok := value.(float64); !ok || v == 0 {
		t.Errorf("%s is %v: this proves nothing", name, value)
	}
	if tile.Sparkline {
		r.checkSeries(t, tile.Metrics, got.Spark, days)
	}
}

// checkSeries compares values of metrics day by day, and those before.
func (r reckoning) checkSeries(t *testing.T, metrics []string, got *dashboard.Result, days dashboard.Days) {
	t.Helper()
	rows := parseRows(t, got.Rows)
	if len(rows) != days.Count() {
		t.Fatalf("%d rows for %d days", len(rows), days.Count())
	}
	for i, day := range eachDay(days) {
		if rows[i][0] != day.From.Format(time.DateOnly) {
			t.Fatalf("row %d is of %v, want %s", i, rows[i][0], day.From.Format(time.DateOnly))
		}
		for c, column := range got.Columns {
			on := day
			switch column.Role {
			case metric.RoleTime, metric.RoleDimension:
				continue
			case metric.RolePrevious:
				on = dashboard.Days{From: day.From.AddDate(0, 0, -days.Count()), To: day.To.AddDate(0, 0, -days.Count())}
			}
			if want := r.value(t, column.Metric, on); !same(rows[i][c], want) {
				t.Errorf("%s on %s is %v, want %v", column.Name, day.From.Format(time.DateOnly), rows[i][c], want)
			}
		}
	}
	if !slices.ContainsFunc(got.Columns, func(c metric.Column) bool { return c.Metric == metrics[0] }) {
		t.Errorf("columns %v lack %s", got.Columns, metrics[0])
	}
}

// checkRows compares rows by dimensions, and by day when the tile has time. Of a tile with a limit no row may be missing that is
// greater than one that is there.
func (r reckoning) checkRows(t *testing.T, tile *dashboard.Tile, got *dashboard.Result, name string, days dashboard.Days, grain string) {
	t.Helper()
	statement, ok := reckonedRows[name]
	if !ok {
		t.Fatalf("nobody has reckoned %q", name)
	}
	want := map[string][]any{}
	add := func(prefix string, dims int, rows [][]any) {
		for _, row := range rows {
			want[prefix+fmt.Sprint(row[:dims])] = row[dims:]
		}
	}
	dims, measures := 0, []int{}
	previous := map[int]int{} // of measures, by column
	for i, c := range got.Columns {
		switch c.Role {
		case metric.RoleMeasure:
			measures = append(measures, i)
		case metric.RolePrevious:
			previous[i-1] = i
		default:
			dims++
		}
	}
	if grain != "" {
		for _, day := range eachDay(days) {
			add(day.From.Format(time.DateOnly), dims-1, r.rows(t, statement, day))
		}
	} else {
		add("", dims, r.rows(t, statement, days))
	}
	wantBefore := map[string][]any{}
	if len(previous) > 0 {
		for _, row := range r.rows(t, statement, before(days)) {
			wantBefore[fmt.Sprint(row[:dims])] = row[dims:]
		}
	}
	if len(want) < 2 {
		t.Fatalf("%d rows are wanted: this proves nothing", len(want))
	}
	least := math.Inf(1)
	for _, row := range parseRows(t, got.Rows) {
		key := fmt.Sprint(row[:dims])
		if grain != "" {
			key = fmt.Sprint(row[0], row[1:dims])
		}
		expected := want[key]
		delete(want, key)
		for m, column := range measures {
			var value, was any
			if expected != nil {
				value = expected[m]
			}
			if !same(row[column], value) {
				t.Errorf("%s of %s is %v, want %v", got.Columns[column].Name, key, row[column], value)
			}
			at, compared := previous[column]
			if wantBefore[key] != nil {
				was = wantBefore[key][m]
			}
			if compared && !same(row[at], was) {
				t.Errorf("%s of %s was %v, want %v", got.Columns[column].Name, key, row[at], was)
			}
		}
		if first, ok := row[measures[0]].(float64); ok {
			least = min(least, first)
		}
	}
	for key, values := range want {
		if n, ok := values[0].(float64); tile.Limit == 0 || !ok || n > least {
			t.Errorf("the row of %s is missing: %v", key, values)
		}
	}
}
