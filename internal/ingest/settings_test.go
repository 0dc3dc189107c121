package ingest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
)

// TestSettingsThatDoNotFit are mistakes that show when the source is asked.
func TestSettingsThatDoNotFit(t *testing.T) {
	t.Parallel()
	cursorAt, keyAt := project.Pos{File: "sources/shop.yaml", Line: 8, Column: 13}, project.Pos{File: "sources/shop.yaml", Line: 9, Column: 10}
	onEachSystem(t, func(t *testing.T, e *env) {
		e.exec(createOrders + `CREATE TABLE keyless (id bigint, updated_at timestamp); INSERT INTO keyless VALUES (1, '2024-01-01'), (NULL, '2024-01-02');
			CREATE TABLE twice (id bigint, n bigint, updated_at timestamp); INSERT INTO twice VALUES (1, 1, '2024-01-01'), (1, 2, '2024-01-02')`)
		for _, test := range []struct {
			name   string
			table  string
			change func(t *project.SourceTable)
			want   []string
		}{
			{"no such table", "oders", nil, []string{"sources/shop.yaml:6:3: copy table shop.oders", "no such table", "orders"}},
			{"no such cursor", "orders", func(t *project.SourceTable) { t.Cursor, t.CursorPos = "updatedat", cursorAt },
				[]string{"sources/shop.yaml:8:13", `the cursor column "updatedat" is not in the source`, `did you mean "updated_at"?`}},
			{"no such key", "orders", func(t *project.SourceTable) { t.Key, t.KeyPos = []string{"order_id"}, keyAt },
				[]string{"sources/shop.yaml:9:10", `the key column "order_id" is not in the source`, "it has id, amount, name, updated_at"}},
			{"no such typed column", "orders", func(t *project.SourceTable) {
				t.Types = map[string]schema.Column{"amounts": {Name: "amounts", Type: iceberg.PrimitiveTypes.String}}
			}, []string{"sources/shop.yaml:6:3", `types has a column "amounts"`, `did you mean "amount"?`}},
			{"no key", "keyless", nil, []string{"sources/shop.yaml:6:3", "needs a key", "key: id"}},
			{"null in the key", "keyless", func(t *project.SourceTable) { t.Key, t.KeyPos = []string{"id"}, keyAt },
				[]string{"sources/shop.yaml:9:10", `key column "id" is NULL in row 2`}},
			{"a key that identifies nothing", "twice", func(t *project.SourceTable) { t.Key, t.KeyPos = []string{"id"}, keyAt },
				[]string{"shop.twice", "key", "1"}},
		} {
			t.Run(test.name, func(t *testing.T) {
				table := e.table(test.table, func(t *project.SourceTable) {
					incremental(t)
					if test.change != nil {
						test.change(t)
					}
				})
				inner := *e
				inner.T = t
				err := inner.fails(table, test.want...)
				if test.name != "a key that identifies nothing" {
					permanent(t, err, true)
				}
				if rows := e.lake.Rows(table.Target); len(rows) > 0 {
					t.Errorf("the failed copy left rows: %q", rows)
				}
			})
		}
		e.source.Tables = []*project.SourceTable{e.table("orders", incremental), e.table("oders", nil)}
		tested, err := e.ingest.Test(t.Context(), e.source)
		if err != nil || tested[0].Err != nil || tested[1].Err == nil {
			t.Errorf("tested %+v, %v", tested, err)
		}
	})
}

func TestSourceOutOfReach(t *testing.T) {
	t.Parallel()
	for _, s := range []system{
		{kind: "postgres", address: "postgres://shop:s3cret@127.0.0.1:1/shop"},
		{kind: "sqlite", address: filepath.Join(t.TempDir(), "nowhere", "shop.db")},
	} {
		t.Run(s.kind, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, s, t.TempDir())
			err := e.fails(e.table("orders", nil), "sources/shop.yaml:6:3", "shop.orders")
			if s.kind == "postgres" {
				permanent(t, err, false)
			}
			_, discovered := e.ingest.Discover(t.Context(), e.source)
			_, tested := e.ingest.Test(t.Context(), e.source)
			for _, err := range []error{err, discovered} {
				if err == nil || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("error %v", err)
				}
			}
			_ = tested // without tables there is nothing to test
		})
	}
}
