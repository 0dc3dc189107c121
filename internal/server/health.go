package server

import (
	"context"
	"net/http"
	"time"
)

// readyTime is how long the state database may take to answer.
const readyTime = 2 * time.Second

// health says that the process answers.
func health(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }

// ready says whether the workspace can be worked with.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	if err := s.services().Ready(ctx); err != nil {
		logger(ctx).WarnContext(ctx, "not ready", "error", err)
		plain(w, http.StatusServiceUnavailable, "the state database does not answer\n")
		return
	}
	plain(w, http.StatusOK, "ready\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the client is gone
}
