package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

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

// guard is what every request passes before it reaches a route. Until sign-in exists whoever reaches the server is the owner of the
// workspace, so requests must not be let in that a page of somebody else's makes the owner's browser send:
//
//   - The host that a request names must be this machine's loopback interface or an address that the server was given. A page whose name
//     was made to resolve to 127.0.0.1 (DNS rebinding) is of this origin for a browser, but names its own host.
//   - A request that changes something must not come from a page of another origin, as its headers Sec-Fetch-Site and Origin tell,
//     which pages cannot change. Programs send neither.
//   - Nor may one that only asks the API something. A page of another origin cannot read the answer, but could keep the machine at
//     work, and learn from the time it takes.
//   - Bodies must be of the types that routes expect. Pages can send JSON to another origin only after asking, and are never allowed to.
func (s *Server) guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	checks := []func(*http.Request) error{checkHost, crossOrigin.Check, checkSite, checkContentType}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := s.now()
		id := uuid.NewString()
		secure(w.Header())
		w.Header().Set("X-Request-Id", id)
		known := &request{id: id, principal: govern.Owner(), log: s.log.With("request", id)}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, known))
		recorder := &statusRecorder{ResponseWriter: w}
		defer s.account(recorder, r, started)
		defer recoverPanic(recorder, r)
		for _, check := range checks {
			if err := check(r); err != nil {
				var p *Problem
				if !errors.As(err, &p) {
					p = fail(http.StatusForbidden, "cross_origin", "a page of another origin may not do this: "+err.Error(), "")
				}
				writeProblem(recorder, r, p)
				return
			}
		}
		r.Body = newBody(recorder, r)
		next.ServeHTTP(recorder, r)
	})
}

// secure sets what holds back a page that somebody else's text got into. The web interface has no inline scripts, so none run; inline styles
// are what its libraries of charts and graphs need.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'self'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data: blob:", "font-src 'self'",
		"connect-src 'self'", "worker-src 'self' blob:", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
	}, "; "))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// checkHost refuses requests to names that are not this server's: it listens on the loopback interface alone, so another name was pointed here by
// somebody else (DNS rebinding).
func checkHost(r *http.Request) error {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(strings.ToLower(strings.TrimSuffix(host, ".")), "[]")
	if ip := net.ParseIP(host); host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fail(http.StatusForbidden, "unknown_host", fmt.Sprintf("this server is not called %q", r.Host), "use http://127.0.0.1 or http://localhost with its port")
}

// checkSite refuses to answer pages of other origins through the API. The interface itself may be opened from anywhere.
func checkSite(r *http.Request) error {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin": // a program, the address bar, our page
		return nil
	}
	if !strings.HasPrefix(r.URL.Path, apiPrefix+"/") {
		return nil
	}
	return fail(http.StatusForbidden, "cross_origin", "a page of another origin may not ask the API", "")
}

// checkContentType refuses bodies of types that no route reads.
func checkContentType(r *http.Request) error {
	if r.ContentLength == 0 || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	want := jsonType
	if r.URL.Path == apiPrefix+"/download" {
		want = formType
	}
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != want {
		return fail(http.StatusUnsupportedMediaType, "unsupported_media_type",
			fmt.Sprintf("the body has the type %q", r.Header.Get("Content-Type")), "send Content-Type: "+want)
	}
	return nil
}

// body is a request's body that is read within a time and to a size. The time must not go on when the body was read: it would end the
// request.
type body struct {
	io.ReadCloser
	controller *http.ResponseController
}

func newBody(w http.ResponseWriter, r *http.Request) *body {
	b := &body{http.MaxBytesReader(w, r.Body, maxBody+1), http.NewResponseController(w)}
	if r.ContentLength != 0 {
		b.deadline(time.Now().Add(bodyTime))
	}
	return b
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.deadline(time.Time{})
	}
	return n, err
}

func (b *body) Close() error {
	b.deadline(time.Time{})
	return b.ReadCloser.Close()
}

// deadline is not to be had where a test has no connection.
func (b *body) deadline(t time.Time) { _ = b.controller.SetReadDeadline(t) }

// statusRecorder remembers the status of an answer.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// Unwrap is for [http.ResponseController].
func (w *statusRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusRecorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusRecorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// recoverPanic makes a mistake in a handler the failure of one request.
func recoverPanic(w *statusRecorder, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler { //nolint:errorlint // it is panicked with as it is
		panic(cause)
	}
	logger(r.Context()).ErrorContext(r.Context(), "panic", "cause", cause, "path", r.URL.Path, "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // the answer had begun: the client must not take it for the whole
	}
	writeProblem(w, r, fail(http.StatusInternalServerError, "internal", "the server made a mistake", "its log has more, under the id of this request"))
}

// account logs and counts a request that was answered.
func (s *Server) account(w *statusRecorder, r *http.Request, started time.Time) {
	elapsed := s.now().Sub(started)
	status := w.status
	if status == 0 {
		status = http.StatusOK
	}
	s.metrics.request(r, status, elapsed)
	logger(r.Context()).DebugContext(r.Context(), "answered", "method", r.Method, "path", r.URL.Path, "status", status, "elapsed", elapsed)
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
