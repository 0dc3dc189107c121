package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Whoever reaches the server must not be able to fill its memory with series.
func TestClientsCannotNameSeries(t *testing.T) {
	t.Parallel()
	l := newLab(t, sqliteURL(t))
	ask := func(method, path string) string {
		request, err := http.NewRequestWithContext(t.Context(), method, l.http.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	ask("MADEUP", "/made-up")
	ask("GET", "/api/v1/made-up")
	metrics := ask("GET", "/metrics")
	if !strings.Contains(metrics, `method="other"`) {
		t.Error("a request with a method of its own was not counted")
	}
	for _, word := range []string{"MADEUP", "made-up"} {
		if strings.Contains(metrics, word) {
			t.Errorf("a client has named a series %s", word)
		}
	}
}
