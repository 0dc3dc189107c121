package project

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/unicode/norm"
)

func TestCanonicalSQL(t *testing.T) {
	t.Parallel()
	same := []string{
		"select a.b, 'x  y' from t where a >= 1",
		"select  a.b ,\n\t'x  y'\nfrom t -- a remark\nwhere a>=1",
		"/* one /* two */ */ select a . b, 'x  y' from/**/t where a>= 1",
	}
	want := canonicalSQL(same[0])
	for _, sql := range same {
		if got := canonicalSQL(sql); got != want {
			t.Errorf("canonicalSQL(%q) = %q, want %q", sql, got, want)
		}
	}
	different := []string{
		"select a.b, 'x y' from t where a >= 1",
		`select "a.b", 'x  y' from t where a >= 1`,
		"select a.b, 'x  y' from t where a >= 10",
		"select a.b, 'x  y' from t where a > = 1",
		"select a.b, 'x  y' -- from t where a >= 1",
		"select a.b, $$x  y$$ from t where a >= 1",
	}
	for _, sql := range different {
		if got := canonicalSQL(sql); got == want {
			t.Errorf("canonicalSQL(%q) is that of another statement", sql)
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		sql  string
		want []string
	}{
		{"a--b\nc", []string{"a", "--b", "\n", "c"}},
		{`"a""b".c`, []string{`"a""b"`, ".", "c"}},
		{`'it''s'`, []string{`'it''s'`}},
		{`e'\'' x`, []string{"e", `'\''`, " ", "x"}},
		{`name'\'`, []string{"name", `'\'`}},
		{"$$a -- b$$c", []string{"$$a -- b$$", "c"}},
		{"$t$ $$ $t$", []string{"$t$ $$ $t$"}},
		{"$start+1", []string{"$start", "+", "1"}},
		{"/* a /* b */ */c", []string{"/* a /* b */ */", "c"}},
		{"'open", []string{"'open"}},
		{"/* open", []string{"/* open"}},
		{"월별.매출", []string{"월별", ".", "매출"}},
	} {
		var got []string
		for _, tok := range tokens(test.sql) {
			got = append(got, test.sql[tok.start:tok.end])
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("tokens(%q): -want +got\n%s", test.sql, diff)
		}
	}
}

func FuzzTokens(f *testing.F) {
	f.Add("select 'a' from \"b\" -- c\n/* d */ $e $$f$$")
	f.Fuzz(func(t *testing.T, sql string) {
		at := 0
		for _, tok := range tokens(sql) {
			if tok.start != at || tok.end <= tok.start {
				t.Fatalf("token [%d, %d) after %d", tok.start, tok.end, at)
			}
			at = tok.end
		}
		if at != len(sql) {
			t.Fatalf("the tokens end at %d of %d", at, len(sql))
		}
	})
}

func TestParseEvery(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Every{
		"15m":   {Unit: UnitFixed, Fixed: 15 * time.Minute},
		"hour":  {Unit: UnitFixed, Fixed: time.Hour},
		"1h30m": {Unit: UnitFixed, Fixed: 90 * time.Minute},
		"day":   {Unit: UnitDay},
		"week":  {Unit: UnitWeek},
		"month": {Unit: UnitMonth},
	} {
		got, err := parseEvery(text)
		if err != nil || got != want {
			t.Errorf("parseEvery(%q) = %v, %v; want %v", text, got, err, want)
		}
		if again, err := parseEvery(got.String()); err != nil || again != got {
			t.Errorf("%q prints as %q, which is read as %v, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"1d", "0s", "-5m", "1ms", "daily", "5"} {
		if got, err := parseEvery(text); err == nil {
			t.Errorf("parseEvery(%q) = %v, want an error", text, got)
		}
	}
}

func TestAligned(t *testing.T) {
	t.Parallel()
	monday := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		unit Unit
		at   time.Time
		want bool
	}{
		{UnitDay, monday, true},
		{UnitDay, monday.Add(time.Hour), false},
		{UnitWeek, monday, true},
		{UnitWeek, monday.AddDate(0, 0, 1), false},
		{UnitMonth, monday, true},
		{UnitMonth, monday.AddDate(0, 0, 7), false},
		{UnitFixed, monday.Add(time.Minute), true},
	} {
		if got := (Every{Unit: test.unit, Fixed: time.Hour}).aligned(test.at); got != test.want {
			t.Errorf("%s at %s: aligned is %t", test.unit, test.at, got)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		known []string
		want  []string
	}{
		{"evry", []string{"every", "type", "into"}, []string{"every"}},
		{"CURSOR", []string{"cursor"}, []string{"cursor"}},
		{"crusor", []string{"cursor"}, []string{"cursor"}}, // two neighbours swapped are one change
		{"x", []string{"every", "type"}, nil},
		{"매츨", []string{"매출", "회원"}, []string{"매출"}},
	} {
		if diff := cmp.Diff(test.want, nearest(test.name, test.known, 2)); diff != "" {
			t.Errorf("nearest(%q): -want +got\n%s", test.name, diff)
		}
	}
}

func TestNearestTables(t *testing.T) {
	t.Parallel()
	known := []string{"marts.orders", "raw_shop.customers", "raw_shop.orders", "staging.orders_clean"}
	for name, want := range map[string][]string{
		"raw_shop.oders":    {"raw_shop.orders", "marts.orders"},
		"rawshop.orders":    {"raw_shop.orders", "marts.orders"},
		"raw_shop.costumer": {"raw_shop.customers"},
		"elsewhere.thing":   nil,
	} {
		if diff := cmp.Diff(want, nearestTables(name, known)); diff != "" {
			t.Errorf("nearestTables(%q): -want +got\n%s", name, diff)
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("pass word\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := &loader{opts: Options{Getenv: func(name string) (string, bool) {
		value, ok := map[string]string{"USER": "shop", "NESTED": "${USER}"}[name]
		return value, ok
	}}}
	for text, want := range map[string]string{
		"plain":                          "plain",
		"${USER}:${file:" + secret + "}": "shop:pass word",
		"$${USER} costs $5":              "${USER} costs $5",
		"${NESTED}":                      "${USER}", // a value is not expanded again
	} {
		if got, err := l.expand(text); err != nil || got != want {
			t.Errorf("expand(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"${PASSWORD}":             "the environment variable PASSWORD is not set",
		"x${USER":                 `"${" is not closed`,
		"${file:password}":        "no absolute path",
		"${file:" + secret + "x}": "no such file",
	} {
		if got, err := l.expand(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("expand(%q) = %q, %v; want the error %q", text, got, err, want)
		}
	}
}

func model(name string, upstream ...string) *Asset {
	return &Asset{Name: name, Model: &Model{Name: name}, Upstream: upstream}
}

func testGraph(t *testing.T) *Graph {
	t.Helper()
	shop := &Source{Name: "shop", Into: "raw_shop"}
	orders := &Asset{Name: "raw_shop.orders", SourceTable: &SourceTable{Source: shop, Name: "orders", Target: "raw_shop.orders"}}
	odd := &Asset{Name: "raw_shop.Mixed Case, 표+", SourceTable: &SourceTable{Source: &Source{Name: "odd", Into: "raw_shop"}, Name: "Mixed Case, 표+", Target: "raw_shop.Mixed Case, 표+"}}
	kpi := model("marts.kpi", "marts.daily")
	kpi.Model.Tags = []string{"kpi"}
	view := model("staging.orders", "raw_shop.orders")
	view.Model.Write.Kind = WriteView
	checked := model("marts.checked", "marts.other")
	checked.After = []string{"marts.kpi"}
	g, err := NewGraph([]*Asset{kpi, model("marts.daily", "staging.orders"), view, orders, odd, model("marts.other", "staging.orders"), model("other.daily"), checked})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestSelect(t *testing.T) {
	t.Parallel()
	g := testGraph(t)
	all := g.Names()
	for _, test := range []struct {
		selectors []string
		want      []string
	}{
		{nil, all},
		{[]string{"*"}, all},
		{[]string{"marts.daily"}, []string{"marts.daily"}},
		{[]string{"Marts.Daily"}, []string{"marts.daily"}},
		{[]string{"kpi"}, []string{"marts.kpi"}},
		{[]string{"other.*", "tag:kpi"}, []string{"other.daily", "marts.kpi"}},
		{[]string{"other.*,tag:kpi"}, []string{"other.daily", "marts.kpi"}},
		{[]string{"+kpi"}, []string{"raw_shop.orders", "staging.orders", "marts.daily", "marts.kpi"}},
		{[]string{"marts.daily+"}, []string{"marts.daily", "marts.kpi"}},
		{[]string{"+staging.orders+"}, []string{"raw_shop.orders", "staging.orders", "marts.daily", "marts.other", "marts.kpi", "marts.checked"}},
		{[]string{"+checked"}, []string{"raw_shop.orders", "staging.orders", "marts.daily", "marts.other", "marts.kpi", "marts.checked"}},
		{[]string{"source:shop"}, []string{"raw_shop.orders"}},
		{[]string{"raw_shop.mixed case, 표+"}, []string{"raw_shop.Mixed Case, 표+"}},
		{[]string{"raw_shop.Mixed Case, 표++", "kpi"}, []string{"raw_shop.Mixed Case, 표+", "marts.kpi"}},
		{[]string{"+raw_shop.Mixed Case, 표+"}, []string{"raw_shop.Mixed Case, 표+"}},
	} {
		got, err := g.Select(test.selectors...)
		if err != nil {
			t.Errorf("Select(%q): %v", test.selectors, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("Select(%q): -want +got\n%s", test.selectors, diff)
		}
	}
	for selector, want := range map[string]string{
		"marts.dialy": `there is no such asset; did you mean "marts.daily" or "other.daily"?`,
		"orders":      `names several assets; write "raw_shop.orders" or "staging.orders"`,
		"marts":       `is a namespace; write "marts.*" for all of it`,
		"mart.*":      `no asset matches; did you mean "marts.*"?`,
		"tag:kpl":     `nothing has the tag "kpl"; did you mean "kpi"?`,
		"source:shp":  `nothing has the source "shp"; did you mean "shop"?`,
		"tags:kpi":    `"tags:" is not known; expected "tag:" or "source:"; did you mean "tag:"?`,
		"+":           "names nothing",
	} {
		_, err := g.Select(selector)
		var wrong *SelectError
		if !errors.As(err, &wrong) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("Select(%q): %v, want %s", selector, err, want)
		}
	}
}

func TestGraph(t *testing.T) {
	t.Parallel()
	g := testGraph(t)
	if diff := cmp.Diff([]string{"raw_shop.orders"}, g.Inputs("marts.daily")); diff != "" {
		t.Errorf("inputs behind a view: -want +got\n%s", diff)
	}
	shop := &Source{Name: "shop", Into: "raw_shop"}
	err := g.AddTables([]*SourceTable{
		{Source: shop, Name: "orders", Target: "raw_shop.orders", Mode: Incremental},
		{Source: shop, Name: "stores", Target: "raw_shop.stores", Mode: Full},
	})
	if err != nil {
		t.Fatal(err)
	}
	orders, _ := g.Asset("raw_shop.orders")
	stores, found := g.Asset("RAW_SHOP.stores")
	if orders.SourceTable.Mode == Incremental || !found || stores.Fingerprint == "" {
		t.Errorf("orders %+v, stores %+v", orders, stores)
	}
	if diff := cmp.Diff([]string{"staging.orders"}, orders.Downstream); diff != "" {
		t.Errorf("downstream: -want +got\n%s", diff)
	}
	// SQL named "raw_shop.items" before the source said how it is spelled.
	guessed := &SourceTable{Source: shop, Name: "items", Target: "raw_shop.items"}
	g, err = NewGraph([]*Asset{tableAsset(guessed), model("marts.sold", "raw_shop.items", "raw_shop.orders"), model("raw_shop.orders")})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.AddTables([]*SourceTable{{Source: shop, Name: "Items", Target: "raw_shop.Items"}}); err != nil {
		t.Fatal(err)
	}
	items, _ := g.Asset("raw_shop.items")
	sold, _ := g.Asset("marts.sold")
	if items.Name != "raw_shop.Items" || items.SourceTable.Name != "Items" || !slices.Contains(items.Downstream, "marts.sold") {
		t.Errorf("items %+v", items)
	}
	if diff := cmp.Diff([]string{"raw_shop.Items", "raw_shop.orders"}, sold.Upstream); diff != "" {
		t.Errorf("upstream: -want +got\n%s", diff)
	}
	var cycle *CycleError
	_, err = NewGraph([]*Asset{model("a.a", "a.b"), model("a.b", "a.c"), model("a.c", "a.a"), model("a.d", "a.a")})
	if !errors.As(err, &cycle) {
		t.Fatalf("a cycle: %v", err)
	}
	if diff := cmp.Diff([]string{"a.a", "a.b", "a.c", "a.a"}, cycle.Path); diff != "" {
		t.Errorf("cycle: -want +got\n%s", diff)
	}
	if _, err := NewGraph([]*Asset{model("a.a", "a.b")}); err == nil {
		t.Error("a missing asset is no error")
	}
	// A name is found however its characters are composed.
	g, err = NewGraph([]*Asset{model("마트.매출")})
	if err != nil {
		t.Fatal(err)
	}
	if _, found := g.Asset(norm.NFD.String("마트.매출")); !found {
		t.Error("a decomposed name is not found")
	}
}

func TestFingerprints(t *testing.T) {
	t.Parallel()
	base := func() *Model {
		return &Model{
			SQL: "select day from a.b", Write: Write{Kind: WriteInterval, Column: "day"}, Every: Every{Unit: UnitDay},
			Start: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), Columns: []*ColumnContract{{Name: "day", Type: "date"}},
		}
	}
	print := func(change func(m *Model)) string {
		m := base()
		change(m)
		return modelFingerprint(m, "UTC", []string{"view"})
	}
	want := print(func(*Model) {})
	for name, change := range map[string]func(m *Model){
		"layout":      func(m *Model) { m.SQL = "select day -- the day\nfrom a.b" },
		"owner":       func(m *Model) { m.Owner = "sales" },
		"description": func(m *Model) { m.Columns[0].Description = "x" },
		"type text":   func(m *Model) { m.Columns[0].Type = "DATE" },
		"lookback":    func(m *Model) { m.Lookback = 3 },
		"retries":     func(m *Model) { m.Retries = 3 },
		"contract":    func(m *Model) { m.Columns[0].NotNull = true },
	} {
		if print(change) != want {
			t.Errorf("%s decides no row and changes the fingerprint", name)
		}
	}
	seen := map[string]string{want: "base"}
	differs := func(name, got string) {
		if other, found := seen[got]; found {
			t.Errorf("%s has the fingerprint of %s", name, other)
		}
		seen[got] = name
	}
	for name, change := range map[string]func(m *Model){
		"sql":       func(m *Model) { m.SQL = "select day from a.c" },
		"write":     func(m *Model) { m.Write = Write{Kind: WriteMerge, Key: []string{"day"}} },
		"column":    func(m *Model) { m.Write.Column = "days" },
		"every":     func(m *Model) { m.Every.Unit = UnitWeek },
		"start":     func(m *Model) { m.Start = m.Start.AddDate(0, 0, 1) },
		"partition": func(m *Model) { m.Partition = []string{"day"} },
		"type":      func(m *Model) { m.Columns[0].Type = "timestamp" },
	} {
		differs(name, print(change))
	}
	differs("time zone", modelFingerprint(base(), "Asia/Seoul", []string{"view"}))
	differs("view", modelFingerprint(base(), "UTC", []string{"other"}))

	table := func(change func(t *SourceTable)) string {
		s := &Source{Type: "postgres", Options: map[string]string{"url": "a"}}
		t := &SourceTable{Source: s, Name: "orders", Mode: Incremental, Cursor: "ts", Key: []string{"id"}, Options: map[string]string{"schema": "x"}}
		change(t)
		return t.Fingerprint()
	}
	want = table(func(*SourceTable) {})
	if table(func(t *SourceTable) { t.Source.Options["url"] = "b"; t.Every = Every{Unit: UnitDay}; t.Overlap = 5 }) != want {
		t.Error("where a source is, or when it is copied, changes the fingerprint")
	}
	seen = map[string]string{want: "base"}
	differs("type", table(func(t *SourceTable) { t.Source.Type = "sqlite" }))
	differs("mode", table(func(t *SourceTable) { t.Mode = Full }))
	differs("cursor", table(func(t *SourceTable) { t.Cursor = "id" }))
	differs("key", table(func(t *SourceTable) { t.Key = []string{"id", "line"} }))
	differs("option", table(func(t *SourceTable) { t.Options["schema"] = "y" }))
}

func TestProblemsAreSorted(t *testing.T) {
	t.Parallel()
	var p problems
	if p.err() != nil {
		t.Fatal("no problem is an error")
	}
	for _, pos := range []Pos{{"b", 1, 1}, {"a", 10, 1}, {"a", 2, 5}, {"a", 2, 1}, {"a", 2, 1}} {
		p.add(pos, "wrong", "")
	}
	var got *Errors
	if !errors.As(p.err(), &got) {
		t.Fatal("not an *Errors")
	}
	want := []Pos{{"a", 2, 1}, {"a", 2, 5}, {"a", 10, 1}, {"b", 1, 1}}
	var places []Pos
	for _, problem := range got.Problems {
		places = append(places, problem.Pos)
	}
	if diff := cmp.Diff(want, places, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
