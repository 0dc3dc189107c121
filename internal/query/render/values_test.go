package render_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/query/render"
)

// TestValues sees that rows as arrays have the values of rows as objects.
func TestValues(t *testing.T) {
	t.Parallel()
	var written bytes.Buffer
	if _, err := render.Write(&written, sales(t), render.JSON, render.Options{}); err != nil {
		t.Fatal(err)
	}
	var objects []map[string]json.RawMessage
	if err := json.Unmarshal(written.Bytes(), &objects); err != nil {
		t.Fatal(err)
	}
	fields := sales(t).Schema().Fields()
	for most := range len(objects) + 2 {
		v, err := render.ReadValues(sales(t), most)
		if err != nil {
			t.Fatal(err)
		}
		want := objects
		if most > 0 && most < len(objects) {
			want = objects[:most]
		}
		var rows [][]json.RawMessage
		if err := json.Unmarshal(v.JSON, &rows); err != nil {
			t.Fatalf("%s: %v", v.JSON, err)
		}
		if len(rows) != len(want) || v.Rows != len(want) || v.More != (len(want) < len(objects)) {
			t.Fatalf("at most %d of %d rows: got %d, said %d, more %v", most, len(objects), len(rows), v.Rows, v.More)
		}
		for i, row := range rows {
			for c, field := range fields {
				if diff := cmp.Diff(string(want[i][field.Name]), string(row[c])); diff != "" {
					t.Errorf("row %d, %s (-object +array):\n%s", i, field.Name, diff)
				}
			}
		}
	}
}
