package metric_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/project"
)

var update = flag.Bool("update", false, "write the expected results of testdata anew")

func openEngine(t testing.TB, zone string) *engine.Engine {
	t.Helper()
	e, err := engine.Open(engine.Options{TimeZone: zone})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// load reads a workspace from files.
func load(t testing.TB, e *engine.Engine, files []txtar.File) (*metric.Set, error) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ws, err := project.Load(t.Context(), dir, project.Options{Parser: e})
	if err != nil {
		return nil, err
	}
	return metric.Load(ws)
}

// question is a query as the files of testdata write it.
type question struct {
	Metrics    []string        `json:"metrics"`
	By         []string        `json:"by"`
	Grain      metric.Grain    `json:"grain"`
	From       string          `json:"from"`
	To         string          `json:"to"`
	Where      []metric.Filter `json:"where"`
	Compare    bool            `json:"compare"`
	Order      string          `json:"order"`
	Descending bool            `json:"descending"`
	Limit      int             `json:"limit"`
}

func parseQuery(t testing.TB, text []byte) metric.Query {
	t.Helper()
	var q question
	if err := json.Unmarshal(text, &q); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return metric.Query{
		Metrics: q.Metrics, By: q.By, Grain: q.Grain, From: date(t, q.From), To: date(t, q.To), Where: q.Where,
		Compare: q.Compare, Order: q.Order, Descending: q.Descending, Limit: q.Limit,
	}
}

func date(t testing.TB, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
