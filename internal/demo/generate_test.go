package demo

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

func options(t *testing.T) Options {
	t.Helper()
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	return Options{Scale: 0.01, Seed: 7, LastDay: time.Date(2024, 6, 30, 0, 0, 0, 0, seoul)}
}

func generate(t *testing.T, opts Options) (Generated, string) {
	t.Helper()
	dir := t.TempDir()
	made, err := Generate(context.Background(), opts, "sqlite:"+filepath.Join(dir, "shop.db"), filepath.Join(dir, "events"))
	if err != nil {
		t.Fatal(err)
	}
	return made, dir
}

func TestGenerateHasTheSizeAskedFor(t *testing.T) {
	t.Parallel()
	made, dir := generate(t, options(t))
	if made.Orders < 1_900 || made.Orders > 2_100 || made.Events < 9_900 || made.Events > 10_400 || made.Members != 200 {
		t.Errorf("made %+v; want about 2,000 orders, 10,000 events and 200 members", made)
	}
	db, err := sql.Open("sqlite3", filepath.Join(dir, "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for what, query := range map[string]string{
		"orders":                            `select count(*) from orders`,
		"lines":                             `select count(*) from order_items`,
		"lines without an order":            `select count(*) from order_items where order_id not in (select id from orders)`,
		"orders of members yet to join":     `select count(*) from orders o join members m on m.id = o.member_id where julianday(m.joined_at) > julianday(o.ordered_at)`,
		"orders that do not add up":         `select count(*) from orders o where amount + discount <> (select sum(quantity * unit_price) from order_items where order_id = o.id)`,
		"orders changed before they happen": `select count(*) from orders where julianday(updated_at) < julianday(ordered_at)`,
	} {
		var got int64
		if err := db.QueryRow(query).Scan(&got); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		want := map[string]int64{"orders": made.Orders, "lines": made.Items}[what]
		if got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "events", "*.jsonl.gz"))
	if err != nil || len(files) != Days {
		t.Fatalf("%d event files, want one a day (%v)", len(files), err)
	}
	if got := strings.Count(unzip(t, files), "\n"); int64(got) != made.Events {
		t.Errorf("%d lines of events, want %d", got, made.Events)
	}
}

func TestGenerateFollowsFromTheSeed(t *testing.T) {
	t.Parallel()
	first, second, third := options(t), options(t), options(t)
	third.Seed++
	a, b, c := fingerprint(t, first), fingerprint(t, second), fingerprint(t, third)
	if a != b {
		t.Error("the same seed made different data")
	}
	if a == c {
		t.Error("another seed made the same data")
	}
}

func TestGenerateFillsPostgres(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := pgtest.Database(t)
	made, err := Generate(ctx, options(t), url, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var orders, items, members int64
	err = conn.QueryRow(ctx, `select (select count(*) from shop.orders), (select count(*) from shop.order_items), (select count(*) from shop.members)`).
		Scan(&orders, &items, &members)
	if err != nil || orders != made.Orders || items != made.Items || members != made.Members {
		t.Errorf("found %d orders, %d lines, %d members (%v); made %+v", orders, items, members, err, made)
	}
}

func fingerprint(t *testing.T, opts Options) [32]byte {
	_, dir := generate(t, opts)
	files, err := filepath.Glob(filepath.Join(dir, "events", "*.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	shop, err := os.ReadFile(filepath.Join(dir, "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(append(shop, unzip(t, files)...))
}

func unzip(t *testing.T, files []string) string {
	t.Helper()
	var all strings.Builder
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		zipped, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, zipped); err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	return all.String()
}
