package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/query/history"
	"github.com/hosu-io/hosu/internal/server"
)

// brokenDoor is a reading door that panics, or whose rows do.
type brokenDoor struct{ rows *query.Rows }

func (d brokenDoor) Run(context.Context, govern.Principal, query.Request) (*query.Rows, error) {
	if d.rows == nil {
		panic("nobody expected this")
	}
	return d.rows, nil
}

// A statement whose handler panics is over: its id is free again, and it is not among those that run.
func TestPanicsEndStatements(t *testing.T) {
	t.Parallel()
	for name, door := range map[string]brokenDoor{"running": {}, "reading": {&query.Rows{}}} {
		services := &server.Services{
			Workspace: &project.Workspace{Name: "shop", TimeZone: "UTC"}, Query: door, History: history.New(history.Options{}),
		}
		s, err := server.New(server.Options{Services: func() *server.Services { return services }})
		if err != nil {
			t.Fatal(err)
		}
		for _, attempt := range []int{1, 2} {
			r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/api/v1/query",
				strings.NewReader(`{"sql": "select 1", "id": "6f6d6d1c-9f0b-4c39-8a53-5c3c3f6a1f11"}`))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), `"internal"`) {
				t.Errorf("%s, attempt %d: %d %s", name, attempt, w.Code, w.Body)
			}
		}
	}
}
