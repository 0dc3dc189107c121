package app_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/demo"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

// shop is a demo that has run: its workspace, and a way to ask its operational database, past hosu.
type shop struct {
	*workspace
	made demo.Generated
	ask  func(t *testing.T, query string, into ...any)
}

// runDemo makes a demo with its shop in the database at url, or in SQLite for "", and runs it.
func runDemo(t *testing.T, url string) shop {
	t.Helper()
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "demo")
	opts := app.DemoOptions{Dir: dir, Scale: 0.02, Seed: 7, Source: url, LastDay: time.Date(2024, 6, 30, 0, 0, 0, 0, seoul)}
	made, err := app.MakeDemo(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	s := shop{made: made, workspace: openWorkspace(t, dir, map[string]string{demo.DatabaseVariable: url})}
	s.ask = func(t *testing.T, query string, into ...any) {
		t.Helper()
		queryRow(t, filepath.Join(dir, demo.ShopDatabase), query, into...)
	}
	if url != "" {
		s.ask = func(t *testing.T, query string, into ...any) {
			t.Helper()
			conn, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(background(t))
			if _, err := conn.Exec(t.Context(), "set search_path = shop"); err != nil {
				t.Fatal(err)
			}
			if err := conn.QueryRow(t.Context(), query).Scan(into...); err != nil {
				t.Fatalf("%s: %v", query, err)
			}
		}
	}
	s.fill(t)
	return s
}

// TestDemo runs the demo from SQLite and from PostgreSQL: both have what the source has, and the same in every table.
func TestDemo(t *testing.T) {
	shops := map[string]shop{"sqlite": runDemo(t, ""), "postgres": runDemo(t, pgtest.Database(t))}
	plain := openPlain(t, "Asia/Seoul")
	for name, s := range shops {
		t.Run(name, func(t *testing.T) {
			checkDemoTables(t, s)
			checkDemoSource(t, s)
			checkDemoEvents(t, s)
			s.checkIdle(t)
		})
		plain.load(t, name, s.workspace)
	}
	tables, err := shops["sqlite"].Tables(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if table.Kind == "table" {
			plain.checkEqual(t, table.Name, "sqlite", "postgres")
		}
	}
}

// checkDemoTables checks that there are enough models in three layers, and that every table and view has rows.
func checkDemoTables(t *testing.T, s shop) {
	t.Helper()
	models, layers := 0, map[string]bool{}
	assets := s.Workspace.Graph.Assets()
	var counts []string
	for _, asset := range assets {
		counts = append(counts, "select count(*) from "+asset.Name)
		if asset.Model != nil {
			models++
			namespace, _, _ := strings.Cut(asset.Name, ".")
			layers[namespace] = true
		}
	}
	for i, rows := range s.values(t, counts...) {
		if rows == "0" {
			t.Errorf("%s is empty", assets[i].Name)
		}
	}
	if models < 12 || !cmp.Equal(layers, map[string]bool{"staging": true, "core": true, "marts": true}) {
		t.Errorf("%d models in %v, want at least 12 in staging, core and marts", models, layers)
	}
}

// checkDemoSource compares with what the shop's own database says.
func checkDemoSource(t *testing.T, s shop) {
	t.Helper()
	facts := []struct{ what, source, lake string }{
		{"stores", "select count(*) from stores", "select count(*) from raw_shop.stores"},
		{"members", "select count(*) from members", "select count(*) from raw_shop.members"},
		{"products", "select count(*) from products", "select count(*) from raw_shop.products"},
		{"orders", "select count(*) from orders", "select count(*) from raw_shop.orders"},
		{"order lines", "select count(*) from order_items", "select count(*) from raw_shop.order_items"},
		{"revenue", "select cast(sum(amount) as bigint) from orders where status = 'paid'", "select sum(revenue)::bigint from marts.daily_sales"},
		{"paid orders", "select count(*) from orders where status = 'paid'", "select sum(orders)::bigint from marts.daily_sales"},
		{"discounts", "select cast(sum(discount) as bigint) from orders where status = 'paid'", "select sum(discount)::bigint from marts.daily_sales"},
		{
			"revenue of lines",
			"select cast(sum(i.quantity * i.unit_price) as bigint) from order_items i join orders o on o.id = i.order_id where o.status = 'paid'",
			"select sum(revenue)::bigint from marts.category_sales",
		},
		{"buyers", "select count(distinct member_id) from orders where status = 'paid'", "select count(*) from marts.member_segments"},
	}
	var queries []string
	for _, fact := range facts {
		queries = append(queries, fact.lake)
	}
	for i, got := range s.values(t, queries...) {
		var want int64
		s.ask(t, facts[i].source, &want)
		if want == 0 || got != fmt.Sprint(want) {
			t.Errorf("%s: %s in the lake, %d in the source", facts[i].what, got, want)
		}
	}
	var orders int64
	if s.ask(t, "select count(*) from orders", &orders); orders != s.made.Orders {
		t.Errorf("the demo says it made %d orders; there are %d", s.made.Orders, orders)
	}
}

// checkDemoEvents counts the lines of the event files.
func checkDemoEvents(t *testing.T, s shop) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, demo.EventDir, "*.jsonl.gz"))
	if err != nil || len(files) != demo.Days {
		t.Fatalf("%d event files, want %d (%v)", len(files), demo.Days, err)
	}
	lines := 0
	for _, file := range files {
		lines += countLines(t, file)
	}
	got := s.values(t, "select count(*) from events.app", "select count(distinct event_id) from events.app")
	if want := fmt.Sprint(lines); got[0] != want || got[1] != want || int64(lines) != s.made.Events {
		t.Errorf("events.app has %s rows and %s different events; the files have %d lines, and the demo says it made %d events",
			got[0], got[1], lines, s.made.Events)
	}
}

func countLines(t *testing.T, name string) int {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	lines := 0
	scanner := bufio.NewScanner(text)
	for scanner.Scan() {
		lines++
	}
	if err := scanner.Err(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return lines
}
