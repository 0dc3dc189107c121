package webui

import (
	"bytes"
	"compress/gzip"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func packed(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestServe(t *testing.T) {
	t.Parallel()
	const index = "<!doctype html><p>호수</p>"
	h := newHandler(fstest.MapFS{
		".placeholder":             {Data: []byte("nothing")},
		"index.html.br":            {Data: []byte("brotli of the page")},
		"index.html.gz":            {Data: packed(t, index)},
		"favicon.svg":              {Data: []byte("<svg/>")},
		"assets/index-B1a2.js.br":  {Data: []byte("brotli of the script")},
		"assets/index-B1a2.js.gz":  {Data: packed(t, "script()")},
		"assets/font-C3d4.woff2":   {Data: []byte("wOF2")},
		"assets/index-B1a2.css.gz": {Data: packed(t, "p{}")},
	})
	const page = "text/html,application/xhtml+xml,*/*;q=0.8"
	for _, test := range []struct {
		path, accept, encoding string
		status                 int
		body, kind, cache, got string
	}{
		{path: "/", encoding: "gzip, deflate, br", status: 200, body: "brotli of the page", kind: "text/html; charset=utf-8", cache: revisit, got: "br"},
		{path: "/", encoding: "br;q=0, gzip", status: 200, body: string(packed(t, index)), kind: "text/html; charset=utf-8", cache: revisit, got: "gzip"},
		{path: "/", status: 200, body: index, kind: "text/html; charset=utf-8", cache: revisit},
		{path: "/index.html", status: 200, body: index, kind: "text/html; charset=utf-8", cache: revisit},
		{path: "/catalog/marts.daily_sales", accept: page, status: 200, body: index, kind: "text/html; charset=utf-8", cache: revisit},
		{path: "/runs/1/tasks/2", accept: page, status: 200, body: index, kind: "text/html; charset=utf-8", cache: revisit},
		{path: "/favicon.svg", encoding: "br", status: 200, body: "<svg/>", kind: "image/svg+xml", cache: revisit},
		{path: "/assets/index-B1a2.js", encoding: "br", status: 200, body: "brotli of the script", kind: "text/javascript; charset=utf-8", cache: immutable, got: "br"},
		{path: "/assets/index-B1a2.js", encoding: "identity", status: 200, body: "script()", kind: "text/javascript; charset=utf-8", cache: immutable},
		{path: "/assets/index-B1a2.css", encoding: "br", status: 200, body: "p{}", kind: "text/css; charset=utf-8", cache: immutable},
		{path: "/assets/font-C3d4.woff2", encoding: "br", status: 200, body: "wOF2", kind: "font/woff2", cache: immutable},
		{path: "/assets/old-Z9.js", accept: page, status: 404},
		{path: "/favicon.ico", accept: "image/*", status: 404},
		{path: "/.placeholder", status: 404},
		{path: "/index.html.gz", status: 404},
		{path: "/../webui.go", status: 404},
	} {
		t.Run(test.path+" "+test.encoding, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", test.path, nil)
			r.Header.Set("Accept", test.accept)
			r.Header.Set("Accept-Encoding", test.encoding)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.status {
				t.Fatalf("status %d, want %d", w.Code, test.status)
			}
			if test.status != 200 {
				return
			}
			got := w.Header()
			if w.Body.String() != test.body || got.Get("Content-Type") != test.kind || got.Get("Cache-Control") != test.cache || got.Get("Content-Encoding") != test.got {
				t.Errorf("%q with %v", w.Body, got)
			}
			tag := got.Get("ETag")
			if len(tag) < 10 || got.Get("Vary") != "Accept-Encoding" {
				t.Errorf("headers are missing: %v", got)
			}
			r.Header.Set("If-None-Match", `"other", W/`+tag)
			again := httptest.NewRecorder()
			h.ServeHTTP(again, r)
			if again.Code != 304 || again.Body.Len() != 0 || again.Header().Get("ETag") != tag {
				t.Errorf("asked again: status %d, %d bytes", again.Code, again.Body.Len())
			}
		})
	}
	post := httptest.NewRecorder()
	h.ServeHTTP(post, httptest.NewRequest("POST", "/", nil))
	if post.Code != 405 {
		t.Errorf("POST: status %d", post.Code)
	}
}

// Without a build of the interface there is a page that says what to do, and nothing else.
func TestPlaceholder(t *testing.T) {
	t.Parallel()
	h := newHandler(fstest.MapFS{".placeholder": {}})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, "make build") || !strings.Contains(body, "Node.js 20") {
		t.Errorf("status %d: %s", w.Code, body)
	}
}
