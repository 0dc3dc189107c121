package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/govern"
)

// request is what is known of a request besides what the client sent.
type request struct {
	id        string
	principal govern.Principal
	log       *slog.Logger
}

type requestKey struct{}

// requestOf is the request that ctx belongs to; a blank one outside of any.
func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{log: slog.New(slog.DiscardHandler)}
}

// requestID is the id of the request that ctx belongs to.
func requestID(ctx context.Context) string { return requestOf(ctx).id }

// principal is on whose behalf the request is.
func principal(ctx context.Context) govern.Principal { return requestOf(ctx).principal }

// guard is what every request passes before it reaches a route.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := uuid.NewString()
		w.Header().Set("X-Request-Id", id)
		known := &request{id: id, principal: govern.Owner(), log: s.log.With("request", id)}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, known)))
	})
}

// noSuchRoute answers for paths of the API that are none.
func noSuchRoute(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, r, notFound("there is no "+r.Method+" "+r.URL.Path, "the routes are described in "+apiPrefix+"/openapi.json"))
}

// writeProblem answers with an error, outside of a handler of the API.
func writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := problem(r.Context(), err)
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client is gone
}
