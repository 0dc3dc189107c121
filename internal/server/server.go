// Package server is the HTTP adapter of a workspace: the JSON and Arrow API under /api/v1 that the web interface and programs use,
// health and metrics for whoever operates it, and the web interface itself.
//
// # The path of a request
//
// A request passes [Server.Handler]: it gets an id, is refused unless it is addressed to this server and comes from this server's own
// pages or from a program, and carries from then on a principal (see middleware.go). A route of /api/v1 then decodes and checks
// the input, a handler asks the packages that do the work, and an error becomes a [Problem] in one place (errors.go).
//
// # Adding a route
//
// Each file has one register function that [Server.routes] calls, with one call of [register] per route. The schemas in web/openapi.json,
// and from them the types of the web interface, are made from the Go types: run `make generate` after a change.
//
// Handlers take what they need from [Server.services] once per request, because a workspace whose files have changed is loaded anew
// and its services are exchanged as a whole.
package server

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Options of a [Server].
type Options struct {
	// Services returns what serves requests now. It is called at least once per request.
	Services func() *Services
	// UI serves everything that is neither the API nor for operators; nil serves nothing there.
	UI http.Handler
	// Version of the program.
	Version string
	Limits  Limits
	Log     *slog.Logger     // nil: discarded
	Clock   func() time.Time // nil: time.Now
}

// Server answers HTTP requests. It is safe for concurrent use.
type Server struct {
	opts     Options
	services func() *Services
	limits   Limits
	// longestWrite is how long a client that follows a run may take to accept what it is sent.
	longestWrite time.Duration
	now          func() time.Time
	log          *slog.Logger
	handler      http.Handler

	statements statements
	metrics    *instruments
}

// New returns a server over the services of a workspace.
func New(opts Options) (*Server, error) {
	if opts.Services == nil {
		return nil, errors.New("server: services are required")
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	s := &Server{opts: opts, services: opts.Services, limits: opts.Limits.withDefaults(), longestWrite: longestWrite, now: opts.Clock, log: opts.Log}
	s.metrics = newInstruments(s)
	mux := http.NewServeMux()
	s.routes(newAPI(mux))
	mux.HandleFunc(apiPrefix[:strings.LastIndexByte(apiPrefix, '/')+1], noSuchRoute) // all of /api/
	mux.HandleFunc("GET /healthz", health)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.metrics.handler())
	if opts.UI != nil {
		mux.Handle("/", opts.UI)
	}
	s.handler = s.guard(mux)
	return s, nil
}

// Handler is the server as one handler.
func (s *Server) Handler() http.Handler { return s.handler }

// Stop cancels the statements that run, and lets no more begin.
func (s *Server) Stop() { s.statements.close() }

// routes registers every route of the API, by file.
func (s *Server) routes(api huma.API) {
	s.registerWorkspace(api)
	s.registerQuery(api)
	s.registerHistory(api)
	s.registerFunctions(api)
	s.registerDownload(api)
	s.registerOverview(api)
	s.registerTables(api)
	s.registerAssets(api)
	s.registerLineage(api)
	s.registerRuns(api)
	s.registerPlan(api)
	s.registerEvents(api)
	s.registerMetrics(api)
	s.registerDashboards(api)
	finish(api)
}
