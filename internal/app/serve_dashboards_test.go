package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// boards is a workspace with a metric and a dashboard.
func boards(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"hosu.yaml":             "name: lake\ntimezone: Asia/Seoul\n",
		"sources/drops.yaml":    "type: files\npath: drops\ninto: raw\ntables:\n  orders: {path: orders.csv, mode: full, types: {moment: timestamp}}\n",
		"drops/orders.csv":      "id,store,amount,moment\n1,강남,2.50,2024-03-01 00:00:00\n2,부산,10.25,2024-03-02 23:59:59\n3,강남,0.75,2024-03-03 00:00:00\n",
		"models/marts/sold.sql": "/*--- {write: view} ---*/\nselect store, amount, moment from raw.orders",
		"metrics/shop.yaml": `
activities:
  sale: {table: marts.sold, time: moment, dimensions: {store: {label: {en: Store, ko: 매장}}}, facts: [amount]}
metrics:
  revenue: {from: sale, value: sum(amount), label: {en: Revenue, ko: 매출}, description: All of it., format: krw}
`,
		"dashboards/sales.yaml": `
label: {en: Sales, ko: 매출}
filters: [store]
rows:
  - tiles:
      - {type: number, metric: revenue, compare: previous}
      - {type: table, sql: "select store, count(*) as n from marts.sold where moment >= $from and moment < $to group by store order by store"}
`,
	})
	return dir
}

// tileAnswer is as much of a tile's answer as the tests look at.
type tileAnswer struct {
	Value, Previous *float64
	Ignored         []string
	Cached          bool
	Tables          []struct{ Table, Snapshot string }
	FreshAt         *time.Time `json:"fresh_at"`
	Result          *struct{ Rows json.RawMessage }
}

// problemAnswer is as much of an error as the tests look at.
type problemAnswer struct{ Code, Detail, Hint string }

func TestServeDashboards(t *testing.T) {
	t.Parallel()
	dir := boards(t)
	s := serve(t, dir)
	const days = "from=2024-03-01&to=2024-03-03"
	var wrong problemAnswer
	s.call("GET", "/dashboards/sales/tiles/0?"+days, nil, 400, &wrong)
	if wrong.Code != "table_not_found" || !strings.Contains(wrong.Detail, "marts.sold") || !strings.Contains(wrong.Detail, "hosu run +marts.sold") {
		t.Errorf("before the first run: %+v; want advice to run it", wrong)
	}
	fill(t, dir)

	tile := func(path string) tileAnswer {
		t.Helper()
		var a tileAnswer
		s.call("GET", "/dashboards/sales/tiles/"+path, nil, 200, &a)
		return a
	}
	a := tile("0?" + days)
	if a.Value == nil || *a.Value != 12.75 || a.Previous == nil || *a.Previous != 0 || a.Cached || len(a.Tables) != 1 || a.Tables[0].Table != "raw.orders" || a.FreshAt == nil {
		t.Errorf("%+v", a)
	}
	if again := tile("0?" + days); !again.Cached || *again.Value != 12.75 {
		t.Errorf("again: %+v; want it from the cache", again)
	}
	a = tile("0?" + days + "&filter=store:%EA%B0%95%EB%82%A8&filter=x:a:b&filter=store:nowhere")
	if *a.Value != 2.5 || !cmp.Equal(a.Ignored, []string{"x"}) {
		t.Errorf("filtered: %+v", a)
	}
	if a = tile("1?" + days); string(a.Result.Rows) != `[["강남",1],["부산",1]]` {
		t.Errorf("SQL: %s", a.Result.Rows)
	}

	// Another process commits.
	write(t, dir, map[string]string{"drops/orders.csv": "id,store,amount,moment\n1,강남,99.5,2024-03-01 00:00:00\n"})
	fill(t, dir)
	if a = tile("0?" + days); *a.Value != 99.5 || a.Cached {
		t.Errorf("behind a commit: %+v", a)
	}
	// The file changes, and the dashboard with it.
	write(t, dir, map[string]string{"dashboards/sales.yaml": `
rows:
  - tiles:
      - {type: number, metric: revenue}
      - {type: table, sql: "select repeat('x', 1000000) as x from range(100)"}
`})
	within(t, 20*time.Second, "the dashboard as it is on disk", func() bool {
		a := tile("0?" + days)
		return a.Previous == nil && *a.Value == 99.5
	})
	// A few rows can be more than anybody looks at.
	var problem problemAnswer
	s.call("GET", "/dashboards/sales/tiles/1", nil, 422, &problem)
	if problem.Code != "too_large" {
		t.Errorf("a tile of 100 MB: %+v", problem)
	}
}

func TestServeDashboardMistakes(t *testing.T) {
	t.Parallel()
	s := serve(t, boards(t))
	for path, want := range map[string]problemAnswer{
		"/dashboards/sale":                                  {"not_found", `there is no dashboard "sale"; did you mean "sales"?`, ""},
		"/dashboards/sales/tiles/7":                         {"not_found", "dashboard sales has 2 tiles, and no tile 7", ""},
		"/dashboards/sales/filters/region":                  {"not_found", `dashboard sales has no filter "region"`, ""},
		"/dashboards/sales/tiles/0?from=2024-03-02":         {"invalid", `the range from "2024-03-02" to "" has no days`, "give from and to, a later day, as 2024-01-31"},
		"/dashboards/sales/tiles/0?filter=store":            {"invalid", "the filter store has no dimension", "expected dimension:value"},
		"/dashboards/sales/tiles/0?from=3/1/24&to=3/2/2024": {"invalid", `the range from "3/1/24" to "3/2/2024" has no days`, "give from and to, a later day, as 2024-01-31"},
	} {
		status := 400
		if want.Code == "not_found" {
			status = 404
		}
		var got problemAnswer
		s.call("GET", path, nil, status, &got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	for _, test := range []struct {
		body map[string]any
		want string
	}{
		{map[string]any{"metrics": []string{"revenu"}, "from": "2024-03-01", "to": "2024-03-02"}, `did you mean "revenue"?`},
		{map[string]any{"metrics": []string{"revenue"}, "by": []string{"stor"}, "from": "2024-03-01", "to": "2024-03-02"}, `did you mean "store"?`},
		{map[string]any{"metrics": []string{"revenue"}, "from": "2024-03-01", "to": "2024-03-01"}, "give from and to"},
	} {
		var got problemAnswer
		s.call("POST", "/metrics/query", test.body, 400, &got)
		if got.Code != "invalid" || !strings.Contains(got.Hint, test.want) {
			t.Errorf("%v: %+v, want the hint %q", test.body, got, test.want)
		}
	}
}

func TestServeMetrics(t *testing.T) {
	t.Parallel()
	dir := boards(t)
	fill(t, dir)
	s := serve(t, dir)
	var answer struct {
		Columns []struct{ Name, Role, Format, Type string }
		Rows    json.RawMessage
		SQL     string
	}
	s.call("POST", "/metrics/query", map[string]any{
		"metrics": []string{"revenue"}, "by": []string{"store"}, "grain": "day", "from": "2024-03-01", "to": "2024-03-04",
		"where": []any{map[string]any{"dimension": "store", "in": []string{"강남"}}}, "order": "-time",
	}, 200, &answer)
	if got, want := string(answer.Rows), `[["2024-03-03","강남",0.75],["2024-03-02","강남",0.0],["2024-03-01","강남",2.5]]`; got != want {
		t.Errorf("rows %s, want %s", got, want)
	}
	// What is shown as SQL gives the same when it is run by itself.
	if again := s.query(answer.SQL); len(again.Rows) != 3 || again.Rows[0][1] != "강남" {
		t.Errorf("the SQL by itself: %+v", again)
	}
	// What is made from it is called as it is everywhere else.
	var around struct {
		Nodes []struct {
			ID    string
			Label *struct{ En, Ko string }
		}
	}
	s.call("GET", "/lineage?focus=revenue&type=metric", nil, 200, &around)
	var called []string
	for _, n := range around.Nodes {
		if n.Label != nil {
			called = append(called, n.ID+" "+n.Label.En+" "+n.Label.Ko)
		}
	}
	if want := []string{"dashboard:sales Sales 매출", "metric:revenue Revenue 매출"}; !slices.Equal(called, want) {
		t.Errorf("around the metric are %q, want %q", called, want)
	}
	var values struct {
		Items []struct {
			Value string
			Count int
		}
	}
	s.call("GET", "/dashboards/sales/filters/store?search=%EA%B0%95&limit=5", nil, 200, &values)
	if len(values.Items) != 1 || values.Items[0].Value != "강남" || values.Items[0].Count != 2 {
		t.Errorf("values %+v", values)
	}
}
