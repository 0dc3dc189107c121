package project_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/hosu-io/hosu/internal/project"
)

type parser struct{ db *sql.DB }

func newParser(t testing.TB) project.Parser {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return parser{db}
}

func (p parser) Tables(ctx context.Context, text string) (refs []project.TableRef, params []string, err error) {
	var out string
	if err := p.db.QueryRowContext(ctx, "select json_serialize_sql(?::varchar)::varchar", text).Scan(&out); err != nil {
		return nil, nil, err
	}
	var v map[string]any
	json.Unmarshal([]byte(out), &v)
	if v["error"] == true {
		pos := -1
		if s, ok := v["position"].(string); ok {
			pos, _ = strconv.Atoi(s)
		}
		return nil, nil, &project.ParseError{Message: v["error_message"].(string), Offset: pos}
	}
	ctes := map[string]bool{}
	var walk func(v any, find bool)
	walk = func(v any, find bool) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x, find)
			}
		case map[string]any:
			if m, ok := v["cte_map"].(map[string]any); ok && find {
				for _, e := range m["map"].([]any) {
					ctes[e.(map[string]any)["key"].(string)] = true
				}
			}
			if v["type"] == "BASE_TABLE" && !find {
				r := project.TableRef{Offset: int(v["query_location"].(float64))}
				for _, k := range []string{"catalog_name", "schema_name", "table_name"} {
					if s := v[k].(string); s != "" {
						r.Name = append(r.Name, s)
					}
				}
				if len(r.Name) > 1 || !ctes[r.Name[0]] {
					refs = append(refs, r)
				}
			}
			if v["class"] == "PARAMETER" && !find {
				params = append(params, v["identifier"].(string))
			}
			for _, x := range v {
				walk(x, find)
			}
		}
	}
	walk(v, true)
	walk(v, false)
	return refs, params, nil
}
