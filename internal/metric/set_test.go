package metric_test

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hosu-io/hosu/internal/engine/sandbox"
	"github.com/hosu-io/hosu/internal/metric"
)

// The example of the reference is a workspace that loads.
func TestDocumentedExample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/reference/files.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## metrics/")
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(section)
	if !found || example == nil {
		t.Fatal("the reference has no example of metrics")
	}
	set, err := load(t, openEngine(t, "UTC"), []txtar.File{
		{Name: "hosu.yaml", Data: []byte("name: shop\n")},
		{Name: "models/marts/users.sql", Data: []byte("select 1 as a")}, {Name: "models/marts/products.sql", Data: []byte("select 1 as a")},
		{Name: "models/marts/purchases.sql", Data: []byte("select 1 as a")}, {Name: "models/events/app.sql", Data: []byte("select 1 as a")},
		{Name: "metrics/shop.yaml", Data: []byte(example[1])},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Metrics()) != 8 {
		t.Errorf("%d metrics", len(set.Metrics()))
	}
}

const small = `
-- hosu.yaml --
name: shop
timezone: Asia/Seoul
-- models/m/sales.sql --
select 1 as id
-- models/m/users.sql --
select 1 as id
-- metrics/shop.yaml --
objects:
  user: {table: m.users, key: id, dimensions: [region], label: {ko: 회원}}
activities:
  sale: {table: m.sales, time: at, objects: {user: user_id}, dimensions: {channel: {label: 채널}, "group": grp, note: }, facts: {amount: amount}}
  visit: {table: m.sales, time: at, where: "note in (select region from m.users)", objects: {user: user_id}, dimensions: [channel]}
metrics:
  revenue: {from: sale, value: sum(amount), label: {en: Revenue, ko: 매출}, description: {en: Paid., ko: 결제.}, format: krw, owner: sales, tags: [kpi]}
  visits:  {from: visit, value: count}
  users:   {from: visit, value: distinct(user)}
  net:     {expression: revenue * 0.9 - 2 * revenue}
  rate:    {expression: revenue / visits}
`

func TestMetricAsJSON(t *testing.T) {
	t.Parallel()
	set, err := load(t, openEngine(t, "UTC"), txtar.Parse([]byte(small)).Files)
	if err != nil {
		t.Fatal(err)
	}
	var got []any
	for _, m := range set.Metrics() {
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var value map[string]any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		got = append(got, []any{value["name"], value["kind"], value["format"], value["additive"], value["tables"], len(value["dimensions"].([]any))})
	}
	users := []any{"m.sales", "m.users"}
	want := []any{
		[]any{"revenue", "aggregate", "krw", true, users, 5},
		[]any{"visits", "aggregate", "count", true, users, 3},
		[]any{"users", "aggregate", "count", false, users, 3},
		[]any{"net", "expression", "number", true, users, 5},
		[]any{"rate", "expression", "number", false, users, 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	revenue, ok := set.Metric("revenue")
	if !ok || revenue.Label.In("ko") != "매출" || revenue.Label.In("fr") != "Revenue" || revenue.Pos.String() != "metrics/shop.yaml:7:3" {
		t.Errorf("%+v", revenue)
	}
	for name, want := range map[string]string{"channel": "채널", "user": "회원", "user.region": "region", "note": "note"} {
		at := slices.IndexFunc(revenue.Dimensions, func(d metric.Dimension) bool { return d.Name == name })
		if at < 0 || revenue.Dimensions[at].Label.In("ko") != want {
			t.Errorf("dimension %s: %+v", name, revenue.Dimensions)
		}
	}
	if rate, _ := set.Metric("rate"); rate.Label.In("ko") != "rate" {
		t.Errorf("a metric without a label is called %v", rate.Label)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	e := openEngine(t, "Asia/Seoul")
	set, err := load(t, e, txtar.Parse([]byte(small)).Files)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Exec(t.Context(), `CREATE SCHEMA m; CREATE TABLE m.users AS FROM (VALUES (1, '서울'), (1, '서울'), (2, 'Seoul "Mapo"')) t(id, region);
		CREATE TABLE m.sales AS FROM (VALUES
			(TIMESTAMP '2026-01-01 00:00:00', 1, 'web', 10.5, 3, '서울'), (TIMESTAMP '2026-01-31 23:59:59', 2, NULL, 1.0, 4, ''), (TIMESTAMP '2026-02-01 00:00:00', 3, 'it''s', 1.0, 3, NULL),
			(TIMESTAMP '2026-01-15 00:00:00', 1, 'WEB', 10.5, 3, '서울')) t("at", user_id, channel, amount, grp, note)`); err != nil {
		t.Fatal(err)
	}
	january := [2]time.Time{date(t, "2026-01-01"), date(t, "2026-02-01")}
	for _, test := range []struct {
		metrics           []string
		dimension, search string
		limit             int
		days              [2]time.Time
		want              string
	}{
		{[]string{"revenue"}, "channel", "", 0, [2]time.Time{}, "=1 WEB=1 it's=1 web=1"},
		{[]string{"revenue"}, "channel", "", 2, january, "=1 WEB=1"},
		{[]string{"revenue"}, "channel", "We", 0, january, "WEB=1 web=1"},
		{[]string{"revenue"}, "channel", "'", 0, [2]time.Time{}, "it's=1"},
		{[]string{"rate"}, "channel", "", 0, january, "WEB=2 web=2 =1"},
		{nil, "region", "", 0, january, "서울=4 Seoul \"Mapo\"=1"},
		{[]string{"revenue"}, "group", "", 0, january, "3=2 4=1"},
		{[]string{"visits"}, "user", "", 0, [2]time.Time{}, "1=2"},
		{[]string{"visits"}, "nobody", "%", 0, [2]time.Time{}, `activity "visit" has no dimension "nobody"; expected "channel", "user" or "user.region"`},
		{[]string{"revenues"}, "user", "", 0, [2]time.Time{}, `there is no metric "revenues"; did you mean "revenue"?`},
		{[]string{"revenue"}, "user", "\x00", 0, [2]time.Time{}, "the search is no text"},
		{[]string{"revenue"}, "user", "", -1, [2]time.Time{}, "limit is -1; expected a positive number, or 0 for no limit"},
	} {
		statement, err := set.Values(test.metrics, test.dimension, test.search, test.limit, test.days[0], test.days[1])
		if err != nil {
			var wrong *metric.QueryError
			if !errors.As(err, &wrong) || err.Error() != test.want {
				t.Errorf("%+v: %v", test, err)
			}
			continue
		}
		parsed, err := e.Parse(t.Context(), statement.SQL)
		if err != nil {
			t.Fatal(err)
		}
		if err := sandbox.Allow(parsed); err != nil {
			t.Error(err)
		}
		var got []string
		for _, row := range results(t, e, statement.SQL) {
			got = append(got, row[0]+"="+row[1])
		}
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%+v: -want +got\n%s\n%s", test, diff, statement.SQL)
		}
	}
}

// Nothing that a person sends with a question becomes SQL.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	e := openEngine(t, "Asia/Seoul")
	set, err := load(t, e, txtar.Parse([]byte(small)).Files)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Exec(t.Context(), `CREATE SCHEMA m; CREATE TABLE m.users (id INT, region VARCHAR); CREATE TABLE m.sales ("at" DATE, user_id INT, channel VARCHAR, amount INT, grp INT, note VARCHAR)`); err != nil {
		t.Fatal(err)
	}
	hostile := []string{`'; DROP TABLE m.users; --`, `x' OR '1'='1`, `\'`, `"`, `$tag$`, "a\nb", `''`, `/*`, "ㅎ'ㅎ", "'\n'"}
	for _, value := range hostile {
		q := metric.Query{
			Metrics: []string{"revenue"}, From: date(t, "2026-01-01"), To: date(t, "2026-02-01"), Grain: metric.Day, By: []string{"channel"},
			Where: []metric.Filter{{Dimension: "channel", In: []string{value}}}, Limit: 1,
		}
		statement, err := set.Compile(q)
		if err != nil {
			t.Fatal(err)
		}
		if got := results(t, e, statement.SQL); len(got) != 0 {
			t.Errorf("%q: %v", value, got)
		}
		if err := e.Exec(t.Context(), "INSERT INTO m.sales VALUES (DATE '2026-01-05', 1, "+literal(value)+", 7, 1, '')"); err != nil {
			t.Fatal(err)
		}
		if got := results(t, e, statement.SQL); len(got) != 31 || !slices.Contains(got[4], "7") || got[4][1] != value {
			t.Errorf("%q is not found by itself: %v\n%s", value, got, statement.SQL)
		}
		for _, broken := range []metric.Query{
			{Metrics: []string{value}}, {Metrics: []string{"revenue"}, By: []string{value}}, {Metrics: []string{"revenue"}, Grain: metric.Grain(value)},
			{Metrics: []string{"revenue"}, Order: value}, {Metrics: []string{"revenue"}, Where: []metric.Filter{{Dimension: value, In: []string{"a"}}}},
		} {
			broken.From, broken.To = q.From, q.To
			if _, err := set.Compile(broken); !errors.As(err, new(*metric.QueryError)) {
				t.Errorf("%+v: %v", broken, err)
			}
		}
	}
	for _, value := range []string{"a\x00b", "\xff"} {
		_, err := set.Compile(metric.Query{Metrics: []string{"revenue"}, From: date(t, "2026-01-01"), To: date(t, "2026-02-01"), Where: []metric.Filter{{Dimension: "channel", In: []string{value}}}})
		if !errors.As(err, new(*metric.QueryError)) {
			t.Errorf("%q: %v", value, err)
		}
	}
}

// A query for whose day the time to come back is not over says nothing.
func TestRetentionOfToday(t *testing.T) {
	t.Parallel()
	e := openEngine(t, "Asia/Seoul")
	set, err := load(t, e, txtar.Parse([]byte(strings.Replace(small, "metrics:\n", "metrics:\n  back: {retention: {by: user, first: sale, then: sale, after: 7d}}\n", 1))).Files)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Exec(t.Context(), `CREATE SCHEMA m; CREATE TABLE m.users (id INT, region VARCHAR); CREATE TABLE m.sales ("at" DATE, user_id INT, channel VARCHAR, amount INT, grp INT, note VARCHAR);
		INSERT INTO m.sales SELECT current_date - i::INT, 1, '', 1, 1, '' FROM range(20) t(i)`); err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	today := time.Now().In(zone)
	statement, err := set.Compile(metric.Query{Metrics: []string{"back"}, Grain: metric.Day, From: today.AddDate(0, 0, -10), To: today.AddDate(0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range results(t, e, statement.SQL) {
		got = append(got, row[1])
	}
	// The seventh day after the first three days is past, that after the fourth is today.
	if diff := cmp.Diff("1 1 1 ∅ ∅ ∅ ∅ ∅ ∅ ∅ ∅", strings.Join(got, " ")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
