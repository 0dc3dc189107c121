package metric_test

import (
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/metric"
)

// More questions than a normal test asks: go test -run Reference -queries 1000 -from 2
var (
	queries = flag.Int("queries", 20, "random questions for each of the companies")
	from    = flag.Uint64("from", 1, "what the random companies and questions are made from")
)

// randomWorkspace has every kind of metric over three activities, whose times are an instant, a clock's and a date.
const randomWorkspace = `
-- hosu.yaml --
name: shop
timezone: $ZONE
-- models/m/users.sql --
select 1 as user_id
-- models/m/products.sql --
/*--- {columns: {product_id: {checks: [unique]}}} ---*/
select 1 as product_id
-- models/m/purchases.sql --
select 1 as id
-- models/m/app.sql --
select 1 as id
-- models/m/visits.sql --
select 1 as id
-- metrics/shop.yaml --
objects:
  user:    {table: m.users, key: user_id, dimensions: {region: , grade: , vip: age >= 40}}
  product: {table: m.products, key: product_id, dimensions: [category]}
activities:
  purchase:
    table: m.purchases
    time: paid_at
    objects: {user: user_id, product: product_id}
    dimensions: {channel: , 크기: "case when qty > 2 then '큰' else '작은' end"}
    facts: {amount: amount, units: qty, total: amount * qty, score: score}
  view:
    table: m.app
    where: type = 'view'
    time: ts
    objects: {user: user_id, product: product_id}
    dimensions: [platform, channel]
    facts: {seconds: dur}
  visit:
    table: m.visits
    time: day
    objects: {user: member}
    dimensions: [store]
metrics:
  revenue:      {from: purchase, value: sum(amount)}
  total:        {from: purchase, value: "sum(total - 1)"}
  units:        {from: purchase, value: sum(units)}
  scores:       {from: purchase, value: sum(score)}
  orders:       {from: purchase, value: count}
  with_units:   {from: purchase, value: count(units)}
  mean:         {from: purchase, value: avg(amount)}
  mean_units:   {from: purchase, value: avg(units)}
  least:        {from: purchase, value: min(amount)}
  most:         {from: purchase, value: max(units)}
  buyers:       {from: purchase, value: distinct(user)}
  channels:     {from: purchase, value: distinct(channel)}
  sizes:        {from: purchase, value: distinct(qty)}
  big:          {from: purchase, value: sum(amount), where: "units >= 2 or channel is null"}
  gold:         {from: purchase, value: count, where: "user.grade >= 2 and product.category <> '책'"}
  weekly:       {from: purchase, value: sum(amount), window: 7d}
  weekly_orders: {from: purchase, value: count, window: 7d}
  weekly_mean:  {from: purchase, value: avg(amount), window: 7d}
  weekly_most:  {from: purchase, value: max(amount), window: 7d}
  gold_month:   {from: purchase, value: sum(units), window: 30d, where: user.grade = 1}
  views:        {from: view, value: count}
  seconds:      {from: view, value: sum(seconds)}
  dau:          {from: view, value: distinct(user)}
  wau:          {from: view, value: distinct(user), window: 7d}
  mau:          {from: view, value: distinct(user), window: 30d}
  seen:         {from: view, value: distinct(product), window: 3d, where: seconds > 5}
  visits:       {from: visit, value: count}
  visitors_30d: {from: visit, value: distinct(user), window: 30d}
  first_buyers: {from: purchase, value: distinct(user), first_per: user}
  first_amount: {from: purchase, value: sum(amount), first_per: [user, product.category]}
  first_web:    {from: purchase, value: count, first_per: [product, channel], where: qty > 0}
  first_visits: {from: visit, value: count, first_per: [user, store]}
  new_weekly:   {from: purchase, value: distinct(user), first_per: user, window: 7d}
  average:      {expression: revenue / orders}
  per_view:     {expression: "(orders + visits) / views * 100"}
  balance:      {expression: revenue - big - -1.5}
  stickiness:   {expression: dau / mau}
  nested:       {expression: average - 2 * balance}
  back_d7:      {retention: {by: user, first: view, then: view, after: 7d}}
  back_30:      {retention: {by: user, first: purchase, then: view, within: 30d}}
  back_d1:      {retention: {by: user, first: visit, then: purchase, after: 1d}}
  view_to_buy:  {funnel: {by: user, steps: [view, purchase], within: 7d}}
  quick:        {funnel: {by: product, steps: [view, view, purchase], within: 36h}}
  visit_to_buy: {funnel: {by: user, steps: [visit, view, purchase]}}
  rebuy:        {expression: view_to_buy / back_d7}
`

// newCompany fills the tables of an engine, and the reference with the same rows.
func newCompany(t *testing.T, e *engine.Engine, random *rand.Rand, zone *time.Location) *company {
	t.Helper()
	pick := func(values ...value) value { return values[random.IntN(len(values))] }
	maybe := func(v value) value {
		if random.IntN(8) == 0 {
			return nil
		}
		return v
	}
	// Users may have several rows: their least values count.
	users, products := map[string]row{}, map[string]row{}
	var userRows, productRows []string
	for range 25 {
		id := int64(random.IntN(18))
		r := row{"region": maybe(pick("서울", "부산", "Jeju", "")), "grade": maybe(rat(int64(random.IntN(3)))), "vip": nil}
		age := maybe(rat(int64(20 + random.IntN(40))))
		if age != nil {
			r["vip"] = age.(*big.Rat).Cmp(rat(40)) >= 0
		}
		userRows = append(userRows, fmt.Sprintf("(%d, %s, %s, %s)", id, literal(r["region"]), literal(r["grade"]), literal(age)))
		key := plain(rat(id))
		if users[key] == nil {
			users[key] = row{}
		}
		for name, v := range r {
			if have := users[key][name]; have == nil || v != nil && compare(v, have, false) < 0 {
				users[key][name] = v
			}
		}
	}
	for i := range 6 {
		id := fmt.Sprintf("상품-%d", i)
		products[id] = row{"category": maybe(pick("책", "옷", "food"))}
		productRows = append(productRows, fmt.Sprintf("(%s, %s)", literal(id), literal(products[id]["category"])))
	}
	userID := func() value { return maybe(rat(int64(random.IntN(20)))) } // some are no users
	productID := func() value { return maybe(fmt.Sprintf("상품-%d", random.IntN(7))) }
	property := func(table map[string]row, key, name string) func(event) value {
		return func(e event) value {
			if e.row[key] == nil {
				return nil
			}
			return table[plain(e.row[key])][name]
		}
	}
	get := func(name string) func(event) value { return func(e event) value { return e.row[name] } }
	c := &company{zone: zone, activities: map[string]*activityModel{}}

	start := time.Date(2025, 9, 20, 0, 0, 0, 0, zone)
	var purchaseRows, appRows, visitRows []string
	purchase := &activityModel{}
	for range 400 {
		at := start.Add(time.Duration(random.IntN(225*24*60)) * time.Minute)
		if random.IntN(4) == 0 { // around midnight
			at = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone).Add(time.Duration(random.IntN(5)-2) * time.Second)
		}
		r := row{
			"user_id": userID(), "product_id": productID(), "channel": maybe(pick("web", "앱", "it's", "")),
			"qty": maybe(rat(int64(random.IntN(5) - 1))), "amount": maybe(big.NewRat(int64(random.IntN(1_000_000)-100_000), 100)),
			"score": maybe(float64(random.IntN(100)) / 4),
		}
		purchase.events = append(purchase.events, event{r, on(at.In(zone)), at})
		purchaseRows = append(purchaseRows, fmt.Sprintf("(TIMESTAMPTZ '%s', %s, %s, %s, %s, %s, CAST(%s AS DOUBLE))", at.UTC().Format("2006-01-02 15:04:05+00"),
			literal(r["user_id"]), literal(r["product_id"]), literal(r["channel"]), literal(r["qty"]), literal(r["amount"]), literal(r["score"])))
	}
	size := func(e event) value {
		if n := e.row["qty"]; n != nil && n.(*big.Rat).Cmp(rat(2)) > 0 {
			return "큰"
		}
		return "작은"
	}
	userDimensions := func(key string) map[string]func(event) value {
		d := map[string]func(event) value{"user": get(key)}
		for _, name := range []string{"region", "grade", "vip"} {
			d[name], d["user."+name] = property(users, key, name), property(users, key, name)
		}
		return d
	}
	purchase.dimensions = userDimensions("user_id")
	purchase.dimensions["channel"], purchase.dimensions["크기"] = get("channel"), size
	purchase.dimensions["product"] = get("product_id")
	purchase.dimensions["category"], purchase.dimensions["product.category"] = property(products, "product_id", "category"), property(products, "product_id", "category")

	view := &activityModel{}
	for range 700 {
		// A clock's time: one that is on the clocks of the zone exactly once.
		date := start.AddDate(0, 0, random.IntN(225))
		at := time.Date(date.Year(), date.Month(), date.Day(), 4+random.IntN(18), random.IntN(60), 0, 0, zone)
		r := row{
			"type": pick("view", "view", "view", "tap"), "user_id": userID(), "product_id": productID(),
			"platform": maybe(pick("ios", "android")), "channel": maybe(pick("web", "앱")), "dur": maybe(rat(int64(random.IntN(30)))),
		}
		appRows = append(appRows, fmt.Sprintf("(TIMESTAMP '%s', %s, %s, %s, %s, %s, %s)", at.Format(time.DateTime),
			literal(r["type"]), literal(r["user_id"]), literal(r["product_id"]), literal(r["platform"]), literal(r["channel"]), literal(r["dur"])))
		if r["type"] == "view" {
			view.events = append(view.events, event{r, on(at), at})
		}
	}
	view.dimensions = userDimensions("user_id")
	view.dimensions["channel"], view.dimensions["platform"] = get("channel"), get("platform")
	view.dimensions["product"] = get("product_id")
	view.dimensions["category"], view.dimensions["product.category"] = purchase.dimensions["category"], purchase.dimensions["category"]

	visit := &activityModel{}
	for range 150 {
		at := start.AddDate(0, 0, random.IntN(225))
		r := row{"member": userID(), "store": maybe(pick("강남", "홍대"))}
		visit.events = append(visit.events, event{r, on(at), at})
		visitRows = append(visitRows, fmt.Sprintf("(DATE '%s', %s, %s)", at.Format(time.DateOnly), literal(r["member"]), literal(r["store"])))
	}
	visit.dimensions = userDimensions("member")
	visit.dimensions["store"] = get("store")
	c.activities["purchase"], c.activities["view"], c.activities["visit"] = purchase, view, visit
	c.metrics = models(get, property(users, "user_id", "grade"), purchase.dimensions["category"])

	for _, table := range []struct {
		name, columns string
		rows          []string
	}{
		{"users", "user_id BIGINT, region VARCHAR, grade INTEGER, age INTEGER", userRows},
		{"products", "product_id VARCHAR, category VARCHAR", productRows},
		{"purchases", "paid_at TIMESTAMPTZ, user_id BIGINT, product_id VARCHAR, channel VARCHAR, qty INTEGER, amount DECIMAL(18,2), score DOUBLE", purchaseRows},
		{"app", "ts TIMESTAMP, type VARCHAR, user_id BIGINT, product_id VARCHAR, platform VARCHAR, channel VARCHAR, dur BIGINT", appRows},
		{"visits", "day DATE, member BIGINT, store VARCHAR", visitRows},
	} {
		sql := fmt.Sprintf("CREATE SCHEMA IF NOT EXISTS m; CREATE TABLE m.%s (%s); INSERT INTO m.%s VALUES %s", table.name, table.columns, table.name, strings.Join(table.rows, ", "))
		if err := e.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// models are the metrics of randomWorkspace, once more.
func models(get func(string) func(event) value, grade, category func(event) value) map[string]metricModel {
	amount, qty, user, channel := get("amount"), get("qty"), get("user_id"), get("channel")
	at := func(of func(event) value, op string, n int64) func(event) bool {
		return func(e event) bool {
			v, ok := of(e).(*big.Rat)
			if !ok {
				return false
			}
			order := v.Cmp(rat(n))
			return map[string]bool{">=": order >= 0, ">": order > 0, "=": order == 0}[op]
		}
	}
	buy := func(aggregate string, value func(event) value) metricModel {
		return metricModel{activity: "purchase", aggregate: aggregate, value: value}
	}
	watch := func(aggregate string, value func(event) value) metricModel {
		return metricModel{activity: "view", aggregate: aggregate, value: value}
	}
	with := func(m metricModel, change func(*metricModel)) metricModel { change(&m); return m }
	window := func(days int) func(*metricModel) { return func(m *metricModel) { m.window = days } }
	total := func(e event) value {
		if amount(e) == nil || qty(e) == nil {
			return nil
		}
		product := new(big.Rat).Mul(amount(e).(*big.Rat), qty(e).(*big.Rat))
		return product.Sub(product, rat(1))
	}
	byMember := func(e event) value {
		if v, ok := e.row["member"]; ok {
			return v
		}
		return e.row["user_id"]
	}
	divide := func(a, b value) value {
		if a == nil || b == nil || float(b) == 0 {
			return nil
		}
		return float(a) / float(b)
	}
	binary := func(op byte, a, b value) value {
		if a == nil || b == nil {
			return nil
		}
		x, exact := a.(*big.Rat)
		y, exactToo := b.(*big.Rat)
		switch {
		case op == '*':
			return float(a) * float(b)
		case exact && exactToo && op == '+':
			return new(big.Rat).Add(x, y)
		case exact && exactToo:
			return new(big.Rat).Sub(x, y)
		case op == '+':
			return float(a) + float(b)
		default:
			return float(a) - float(b)
		}
	}
	formula := func(f func(of func(string) value) value, inputs ...string) metricModel {
		return metricModel{formula: f, inputs: inputs}
	}
	return map[string]metricModel{
		"revenue": buy("sum", amount), "total": buy("sum", total), "units": buy("sum", qty), "scores": buy("sum", get("score")),
		"orders": buy("count", nil), "with_units": buy("count", qty), "mean": buy("avg", amount), "mean_units": buy("avg", qty),
		"least": buy("min", amount), "most": buy("max", qty), "buyers": buy("distinct", user), "channels": buy("distinct", channel),
		"sizes": buy("distinct", qty),
		"big": with(buy("sum", amount), func(m *metricModel) {
			m.where = func(e event) bool { return at(qty, ">=", 2)(e) || channel(e) == nil }
		}),
		"gold": with(buy("count", nil), func(m *metricModel) {
			m.where = func(e event) bool { return at(grade, ">=", 2)(e) && category(e) != nil && category(e) != "책" }
		}),
		"weekly": with(buy("sum", amount), window(7)), "weekly_orders": with(buy("count", nil), window(7)),
		"weekly_mean": with(buy("avg", amount), window(7)), "weekly_most": with(buy("max", amount), window(7)),
		"gold_month": with(buy("sum", qty), func(m *metricModel) { m.window, m.where = 30, at(grade, "=", 1) }),
		"views":      watch("count", nil), "seconds": watch("sum", get("dur")), "dau": watch("distinct", user),
		"wau": with(watch("distinct", user), window(7)), "mau": with(watch("distinct", user), window(30)),
		"seen":         with(watch("distinct", get("product_id")), func(m *metricModel) { m.window, m.where = 3, at(get("dur"), ">", 5) }),
		"visits":       {activity: "visit", aggregate: "count"},
		"visitors_30d": {activity: "visit", aggregate: "distinct", value: get("member"), window: 30},
		"first_buyers": with(buy("distinct", user), func(m *metricModel) { m.firstPer, m.notNull = []func(event) value{user}, []int{0} }),
		"first_amount": with(buy("sum", amount), func(m *metricModel) { m.firstPer, m.notNull = []func(event) value{user, category}, []int{0} }),
		"first_web": with(buy("count", nil), func(m *metricModel) {
			m.firstPer, m.notNull, m.where = []func(event) value{get("product_id"), channel}, []int{0}, at(qty, ">", 0)
		}),
		"first_visits": {activity: "visit", aggregate: "count", firstPer: []func(event) value{get("member"), get("store")}, notNull: []int{0}},
		"new_weekly":   with(buy("distinct", user), func(m *metricModel) { m.firstPer, m.notNull, m.window = []func(event) value{user}, []int{0}, 7 }),
		"average":      formula(func(of func(string) value) value { return divide(of("revenue"), of("orders")) }, "revenue", "orders"),
		"per_view": formula(func(of func(string) value) value {
			return binary('*', value(divide(binary('+', of("orders"), of("visits")), of("views"))), rat(100))
		}, "orders", "visits", "views"),
		"balance": formula(func(of func(string) value) value {
			return binary('-', binary('-', of("revenue"), of("big")), big.NewRat(-3, 2))
		}, "revenue", "big"),
		"stickiness": formula(func(of func(string) value) value { return divide(of("dau"), of("mau")) }, "dau", "mau"),
		"nested": formula(func(of func(string) value) value {
			return binary('-', of("average"), binary('*', rat(2), of("balance")))
		}, "average", "balance"),
		"back_d7":      {steps: []string{"view", "view"}, by: user, after: 7},
		"back_30":      {steps: []string{"purchase", "view"}, by: user, within: 30},
		"back_d1":      {steps: []string{"visit", "purchase"}, by: byMember, after: 1},
		"view_to_buy":  {steps: []string{"view", "purchase"}, by: user, lasting: 7 * 24 * time.Hour, isFunnel: true},
		"quick":        {steps: []string{"view", "view", "purchase"}, by: get("product_id"), lasting: 36 * time.Hour, isFunnel: true},
		"visit_to_buy": {steps: []string{"visit", "view", "purchase"}, by: byMember, isFunnel: true},
		"rebuy":        formula(func(of func(string) value) value { return divide(of("view_to_buy"), of("back_d7")) }, "view_to_buy", "back_d7"),
	}
}

func literal(v value) string {
	switch x := v.(type) {
	case nil:
		return "NULL"
	case string:
		return engine.QuoteLiteral(x)
	case *big.Rat:
		return x.FloatString(2)
	default:
		return fmt.Sprint(x)
	}
}

// randomQuery asks something that the company's metrics can answer.
func (c *company) randomQuery(random *rand.Rand, set *metric.Set) metric.Query {
	q := metric.Query{
		Grain: []metric.Grain{metric.Total, metric.Day, metric.Week, metric.Month}[random.IntN(4)], Compare: random.IntN(3) == 0,
	}
	from := time.Date(2025, 9, 15, 0, 0, 0, 0, time.UTC).AddDate(0, 0, random.IntN(180))
	q.From, q.To = from, from.AddDate(0, 0, 1+random.IntN(75))
	if random.IntN(3) == 0 { // whole months
		q.From = from.AddDate(0, 0, 1-from.Day())
		q.To = q.From.AddDate(0, 1+random.IntN(3), 0)
	}
	all := set.Metrics()
	for range 1 + random.IntN(3) {
		if name := all[random.IntN(len(all))].Name; !slices.Contains(q.Metrics, name) {
			q.Metrics = append(q.Metrics, name)
		}
	}
	// The dimensions that all activities of the question have, by every name.
	var names []string
	for i, leaf := range c.leaves(q.Metrics) {
		m := c.metrics[leaf]
		subject := m.activity
		if subject == "" {
			subject = m.steps[0]
		}
		dims := c.activities[subject].dimensions
		if i == 0 {
			for name := range dims {
				names = append(names, name)
			}
			slices.Sort(names)
		}
		names = slices.DeleteFunc(names, func(name string) bool { return dims[name] == nil })
	}
	random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	q.By = append(q.By, names[:min(len(names), random.IntN(3))]...)
	values := map[string][]string{
		"channel": {"web", "앱", "it's", ""}, "크기": {"큰"}, "platform": {"ios", ""}, "store": {"강남"}, "region": {"서울", "Jeju", ""},
		"grade": {"0", "2", ""}, "vip": {"true"}, "category": {"책", "food"}, "product": {"상품-1", "상품-2", "상품-6"}, "user": {"1", "2", "3", "4", "19"},
	}
	for _, name := range names[:min(len(names), max(0, random.IntN(4)-1))] {
		known := values[name[strings.LastIndex(name, ".")+1:]]
		q.Where = append(q.Where, metric.Filter{Dimension: name, In: known[random.IntN(len(known)):]})
	}
	if random.IntN(3) == 0 {
		q.Limit = 1 + random.IntN(5)
	}
	if random.IntN(3) == 0 {
		columns := append(slices.Clone(q.Metrics), q.By...)
		if q.Grain != metric.Total {
			columns = append(columns, "time")
		}
		q.Order, q.Descending = columns[random.IntN(len(columns))], random.IntN(2) == 0
	}
	return q
}

// TestAgainstReference compares the rows of many random questions with those of the reference: all, in order, numbers exact
// unless they are floating point, which are compared to 12 digits.
func TestAgainstReference(t *testing.T) {
	t.Parallel()
	for _, zoneName := range []string{"Asia/Seoul", "America/New_York", "Africa/Cairo" /* its clocks change at midnight */, "Asia/Kolkata"} {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("%s/%d", zoneName, seed), func(t *testing.T) {
				t.Parallel()
				zone, err := time.LoadLocation(zoneName)
				if err != nil {
					t.Fatal(err)
				}
				random := rand.New(rand.NewPCG(seed, *from))
				e := openEngine(t, zoneName)
				set, err := load(t, e, txtar.Parse([]byte(strings.ReplaceAll(randomWorkspace, "$ZONE", zoneName))).Files)
				if err != nil {
					t.Fatal(err)
				}
				c := newCompany(t, e, random, zone)
				if len(c.metrics) != len(set.Metrics()) {
					t.Fatalf("%d metrics, and %d in the reference", len(set.Metrics()), len(c.metrics))
				}
				for i := range *queries {
					q := c.randomQuery(random, set)
					statement, err := set.Compile(q)
					if err != nil {
						t.Fatalf("%+v: %v", q, err)
					}
					got := results(t, e, statement.SQL)
					if diff := cmp.Diff(c.answer(q), got); diff != "" {
						t.Fatalf("query %d: %+v\n-reference +SQL:\n%s\n%s", i, q, diff, statement.SQL)
					}
				}
			})
		}
	}
}

// results are rows as the reference writes them.
func results(t *testing.T, e *engine.Engine, sql string) [][]string {
	t.Helper()
	reader, err := e.QueryArrow(t.Context(), sql)
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	defer reader.Release()
	var rows [][]string
	for reader.Next() {
		batch := reader.RecordBatch()
		for i := range int(batch.NumRows()) {
			var cells []string
			for _, column := range batch.Columns() {
				cells = append(cells, cell(column, i))
			}
			rows = append(rows, cells)
		}
	}
	if err := reader.Err(); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	return rows
}

func cell(column arrow.Array, i int) string {
	if column.IsNull(i) {
		return plain(nil)
	}
	switch c := column.(type) {
	case *array.Float64:
		return plain(c.Value(i))
	case *array.String, *array.Date32, *array.Boolean:
		return strings.Clone(column.ValueStr(i))
	}
	text := column.ValueStr(i)
	if n, ok := new(big.Rat).SetString(text); ok {
		return plain(n)
	}
	return strconv.Quote(text)
}
