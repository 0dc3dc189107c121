package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hosu-io/hosu/internal/query/history"
)

// scrapeTime is how long a scrape may wait for the state database.
const scrapeTime = 2 * time.Second

// instruments are the metrics of this process, in a registry of their own.
type instruments struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	queries  *prometheus.HistogramVec
	rows     prometheus.Counter
	read     prometheus.Counter
}

func newInstruments(s *Server) *instruments {
	m := &instruments{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hosu_http_request_duration_seconds", Help: "How long requests took to be answered, by route.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"method", "route", "code"}),
		queries: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hosu_query_duration_seconds", Help: "How long statements took that were run through the API, by what became of them.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800},
		}, []string{"status"}),
		rows: prometheus.NewCounter(prometheus.CounterOpts{Name: "hosu_query_rows_total", Help: "Rows returned by statements."}),
		read: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hosu_query_read_bytes_total", Help: "Size of the data files that statements had to read.",
		}),
	}
	m.registry.MustRegister(
		m.requests, m.queries, m.rows, m.read, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "hosu_queries_running", Help: "Statements that run now."},
			func() float64 { return float64(s.statements.count()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hosu_runs_running", Help: "Runs at work in the workspace, in this process or another: 0 or 1; -1 when the state database does not say.",
		}, s.runsRunning),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hosu_info", Help: "1, with the version of the program.", ConstLabels: prometheus.Labels{"version": s.opts.Version},
		}, func() float64 { return 1 }),
	)
	return m
}

func (s *Server) runsRunning() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	runs, err := s.services().Orchestrator.Runs(ctx, 1)
	switch {
	case err != nil:
		return -1
	case len(runs) > 0 && !runs[0].Status.Finished():
		return 1
	default:
		return 0
	}
}

func (m *instruments) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// request counts an answer. Paths without a route share one name, and so do methods that no route has, or anybody could make up
// names.
func (m *instruments) request(r *http.Request, status int, elapsed time.Duration) {
	route, method := r.Pattern, r.Method
	if route == "" {
		route = "none"
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(elapsed.Seconds())
}

func (m *instruments) query(info history.QueryInfo) {
	m.queries.WithLabelValues(string(info.Status)).Observe(info.ElapsedMS / 1000)
	m.rows.Add(float64(info.Rows))
	m.read.Add(float64(info.Bytes))
}
