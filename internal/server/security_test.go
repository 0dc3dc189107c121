package server_test

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/server"
)

// newServer is a server of a workspace with nothing behind it.
func newServer(t *testing.T, ui http.Handler) *server.Server {
	t.Helper()
	services := &server.Services{Workspace: &project.Workspace{Name: "shop", TimeZone: "Asia/Seoul"}}
	s, err := server.New(server.Options{
		Services: func() *server.Services { return services }, UI: ui, Version: "1.2.3",
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A server without sign-in must not do what pages of other origins make the owner's browser ask.
func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	for _, test := range []struct {
		name, method, target, host string
		header                     map[string]string
		body                       string
		status                     int
		code                       string
	}{
		{name: "a program", method: "GET", target: "/api/v1/workspace", host: "127.0.0.1:8080", status: 200},
		{name: "by name", method: "GET", target: "/api/v1/workspace", host: "localhost:9000", status: 200},
		{name: "over IPv6", method: "GET", target: "/api/v1/workspace", host: "[::1]:8080", status: 200},
		{name: "a name that resolves to here", method: "GET", target: "/api/v1/workspace", host: "evil.example:8080", status: 403, code: "unknown_host"},
		{name: "a name that looks like here", method: "GET", target: "/api/v1/workspace", host: "127.0.0.1.evil.example", status: 403, code: "unknown_host"},
		{name: "another machine", method: "GET", target: "/", host: "192.168.0.7:8080", status: 403, code: "unknown_host"},
		{name: "no host", method: "GET", target: "/api/v1/workspace", host: "", status: 403, code: "unknown_host"},
		{
			name: "another site, as new browsers tell", method: "POST", target: "/api/v1/saved-queries", host: "127.0.0.1:8080", body: "{}",
			header: map[string]string{"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"}, status: 403, code: "cross_origin",
		},
		{
			name: "another origin, as old browsers tell", method: "POST", target: "/api/v1/saved-queries", host: "127.0.0.1:8080", body: "{}",
			header: map[string]string{"Origin": "http://evil.example", "Content-Type": "application/json"}, status: 403, code: "cross_origin",
		},
		{
			name: "an image of another site", method: "GET", target: "/api/v1/workspace", host: "127.0.0.1:8080",
			header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403, code: "cross_origin",
		},
		{
			name: "a page of another port", method: "GET", target: "/api/v1/workspace", host: "127.0.0.1:8080",
			header: map[string]string{"Sec-Fetch-Site": "same-site"}, status: 403, code: "cross_origin",
		},
		{
			name: "a link to the interface", method: "GET", target: "/healthz", host: "127.0.0.1:8080",
			header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 200,
		},
		{
			name: "the address bar", method: "GET", target: "/api/v1/workspace", host: "127.0.0.1:8080",
			header: map[string]string{"Sec-Fetch-Site": "none"}, status: 200,
		},
		{
			name: "another port of here", method: "DELETE", target: "/api/v1/saved-queries/x", host: "127.0.0.1:8080",
			header: map[string]string{"Origin": "http://127.0.0.1:3000"}, status: 403, code: "cross_origin",
		},
		{
			name: "a form of another site", method: "POST", target: "/api/v1/download", host: "127.0.0.1:8080", body: "sql=select+1&format=csv",
			header: map[string]string{"Sec-Fetch-Site": "cross-site", "Content-Type": "application/x-www-form-urlencoded"}, status: 403, code: "cross_origin",
		},
		{
			name: "JSON that says it is text", method: "POST", target: "/api/v1/saved-queries", host: "127.0.0.1:8080", body: "{}",
			header: map[string]string{"Content-Type": "text/plain"}, status: 415, code: "unsupported_media_type",
		},
		{
			name: "a form where JSON is wanted", method: "POST", target: "/api/v1/query", host: "127.0.0.1:8080", body: "sql=select+1",
			header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 415, code: "unsupported_media_type",
		},
		{
			name: "its own page", method: "POST", target: "/api/v1/saved-queries", host: "127.0.0.1:8080", body: "{}",
			header: map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8080", "Content-Type": "application/json"},
			status: 422, code: "invalid", // past every check but that of its input
		},
		{
			name: "broken JSON", method: "POST", target: "/api/v1/query", host: "127.0.0.1:8080", body: `{"sql": `,
			header: map[string]string{"Content-Type": "application/json"}, status: 400, code: "invalid",
		},
		{
			name: "too much", method: "POST", target: "/api/v1/query", host: "127.0.0.1:8080", body: strings.Repeat(" ", 5<<20),
			header: map[string]string{"Content-Type": "application/json"}, status: 413, code: "request_too_large",
		},
		{name: "no route", method: "GET", target: "/api/v1/nothing", host: "127.0.0.1:8080", status: 404, code: "not_found"},
		{name: "no version", method: "GET", target: "/api/v2/workspace", host: "127.0.0.1:8080", status: 404, code: "not_found"},
		{name: "another method", method: "PUT", target: "/api/v1/workspace", host: "127.0.0.1:8080", status: 404, code: "not_found"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(test.method, test.target, strings.NewReader(test.body))
			r.Host = test.host
			for name, value := range test.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != test.status {
				t.Errorf("status %d, want %d: %s", w.Code, test.status, w.Body)
			}
			id := w.Header().Get("X-Request-Id")
			if id == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src 'self';") {
				t.Errorf("headers are missing: %v", w.Header())
			}
			if test.code == "" {
				return
			}
			var problem struct {
				Status      int
				Code, Title string
				Detail      string
				RequestID   string `json:"request_id"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			if problem.Code != test.code || problem.Status != test.status || problem.Title == "" || problem.Detail == "" || problem.RequestID != id {
				t.Errorf("%+v, want the code %s", problem, test.code)
			}
			if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("the type of the error is %s", got)
			}
		})
	}
}

func TestPanicIsOneFailedRequest(t *testing.T) {
	t.Parallel()
	s := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			_, _ = w.Write([]byte("half"))
		}
		panic("a mistake")
	}))
	local := httptest.NewServer(s.Handler())
	t.Cleanup(local.Close)
	response, err := local.Client().Get(local.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var problem struct {
		Code      string
		RequestID string `json:"request_id"`
	}
	if err := json.NewDecoder(response.Body).Decode(&problem); err != nil || response.StatusCode != 500 || problem.Code != "internal" || problem.RequestID == "" {
		t.Errorf("%v %+v %v", response.StatusCode, problem, err)
	}
	// What has begun cannot become an error any more, and must not look whole.
	if response, err := local.Client().Get(local.URL + "/late"); err == nil {
		defer response.Body.Close()
		if _, err := response.Body.Read(make([]byte, 100)); err == nil {
			t.Error("an answer that was cut looks whole")
		}
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		":8080":            "no sign-in yet",
		"0.0.0.0:8080":     "no sign-in yet",
		"192.168.0.7:8080": "no sign-in yet",
		"[::]:8080":        "no sign-in yet",
		"example.com:8080": "no sign-in yet",
		"8080":             "want HOST:PORT",
		"127.0.0.1:99999":  "127.0.0.1:99999",
	} {
		if listener, err := server.Listen(t.Context(), address); err == nil {
			listener.Close()
			t.Errorf("%s was opened", address)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", address, err, want)
		}
	}
	first, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, err = server.Listen(t.Context(), first.Addr().String())
	if !errors.Is(err, server.ErrInUse) || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("%v, want what to do about a port that is in use", err)
	}
	if host, _, _ := net.SplitHostPort(first.Addr().String()); host != "127.0.0.1" {
		t.Errorf("listens at %s", host)
	}
}
