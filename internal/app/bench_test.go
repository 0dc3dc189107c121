package app_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/server"
)

// BenchmarkSmallQuery prints what HTTP costs a statement with few rows: the median of an answer in each form, that of the reading door
// itself in the same process, and their ratio and difference (at most 15 ms).
func BenchmarkSmallQuery(b *testing.B) {
	dir := b.TempDir()
	write(b, dir, map[string]string{
		"hosu.yaml":        "name: lake\n",
		"models/m/few.sql": "select i, i % 7 as day, 'row ' || i as text from range(100) t(i)",
	})
	a, err := app.Open(b.Context(), app.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	if _, err := a.Run(b.Context(), orchestrate.Request{}); err != nil {
		b.Fatal(err)
	}
	listener, err := server.Listen(b.Context(), "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, listener, "dev") }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}()
	const sql = "select day, count(*) as n, max(text) as last from m.few where i > 10 group by day order by day"
	direct := func() {
		rows, err := a.Query(b.Context(), query.Request{SQL: sql})
		if err != nil {
			b.Fatal(err)
		}
		defer rows.Release()
		for rows.Next() {
		}
		if rows.Err() != nil || rows.Stats().Rows != 7 {
			b.Fatal(rows.Stats().Rows, rows.Err())
		}
	}
	over := func(accept string) func() {
		return func() {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+listener.Addr().String()+"/api/v1/query", strings.NewReader(`{"sql":"`+sql+`"}`))
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Accept", accept)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				b.Fatal(err)
			}
			defer response.Body.Close()
			if text, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
				b.Fatalf("status %d, %v: %s", response.StatusCode, err, text)
			}
		}
	}
	for _, form := range []struct{ name, accept string }{{"json", "application/json"}, {"arrow", "application/vnd.apache.arrow.stream"}} {
		b.Run(form.name, func(b *testing.B) {
			asked := over(form.accept)
			for range 20 { // processes and connections are warm then
				direct()
				asked()
			}
			for b.Loop() {
				var ours, reference []time.Duration
				for range 200 {
					reference = append(reference, timed(direct))
					ours = append(ours, timed(asked))
				}
				http, door := median(ours), median(reference)
				b.ReportMetric(float64(http)/float64(door), "×query.Service")
				b.ReportMetric((http-door).Seconds()*1000, "more-ms")
				b.ReportMetric(http.Seconds()*1000, "ms")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func timed(do func()) time.Duration {
	started := time.Now()
	do()
	return time.Since(started)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
