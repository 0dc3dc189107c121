// Package webui holds the built web interface (web/) in the program and serves it.
//
// dist is filled by `make web`, which needs Node.js; without it the program is built all the same, and serves a page that says so.
// Every file of the interface is there twice, compressed by Brotli (.br) and by gzip (.gz), and not as it is: browsers take
// the first, everything else the second, unpacked on the way when it has to be. Files that do not shrink are there as they are.
package webui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

//go:embed placeholder.html
var placeholder []byte

const (
	indexPage = "index.html"
	// assets is the folder of files whose names have a hash of their content: such a file never changes.
	assets    = "assets/"
	immutable = "public, max-age=31536000, immutable"
	revisit   = "no-cache" // keep it, and ask whether it is still the same
)

// Built says whether the web interface is in this program.
func Built() bool { return newHandler(mustSub(dist)).files[indexPage] != nil }

// Handler serves the web interface.
func Handler() http.Handler { return newHandler(mustSub(dist)) }

func mustSub(files embed.FS) fs.FS {
	sub, err := fs.Sub(files, "dist")
	if err != nil {
		panic(err) // dist is a name that is always right
	}
	return sub
}

// file is one file of the interface, in the encodings in which it is there.
type file struct {
	name      string // without the suffix of an encoding
	encodings map[string]string
	tag       func() string
}

// encodings in the order in which they are preferred; "" is the file as it is.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}, {"", ""}}

// handler serves files, and the index page for every path that is a page of the interface.
type handler struct {
	content fs.FS
	files   map[string]*file
}

func newHandler(content fs.FS) *handler {
	h := &handler{content: content, files: map[string]*file{}}
	// Walking what is in the program cannot fail.
	_ = fs.WalkDir(content, ".", func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		name, encoding := at, ""
		for _, e := range encodings {
			if e.suffix != "" && strings.HasSuffix(at, e.suffix) {
				name, encoding = strings.TrimSuffix(at, e.suffix), e.name
			}
		}
		f := h.files[name]
		if f == nil {
			f = &file{name: name, encodings: map[string]string{}}
			f.tag = sync.OnceValue(func() string { return h.hash(f) })
			h.files[name] = f
		}
		f.encodings[encoding] = at
		return nil
	})
	return h
}

// hash is a tag of a file's content.
func (h *handler) hash(f *file) string {
	for _, e := range encodings {
		if at, ok := f.encodings[e.name]; ok {
			content, err := fs.ReadFile(h.content, at)
			if err == nil {
				sum := sha256.Sum256(content)
				return hex.EncodeToString(sum[:8])
			}
		}
	}
	return "none"
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	f := h.files[name]
	if f == nil && page(name, r) {
		f = h.files[indexPage]
		if f == nil {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Cache-Control", "no-store")
			_, _ = w.Write(placeholder) // the client is gone
			return
		}
	}
	if f == nil {
		http.NotFound(w, r)
		return
	}
	h.serve(w, r, f)
}

// page says whether a path that is no file is a page of the interface: a person goes there, and it is not where files are.
func page(name string, r *http.Request) bool {
	return name == "" || !strings.HasPrefix(name, assets) && strings.Contains(r.Header.Get("Accept"), "text/html")
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request, f *file) {
	header := w.Header()
	header.Set("Content-Type", mediaType(f.name))
	header.Set("Cache-Control", revisit)
	if strings.HasPrefix(f.name, assets) {
		header.Set("Cache-Control", immutable)
	}
	header.Add("Vary", "Accept-Encoding")
	encoding, at := f.choose(r.Header.Get("Accept-Encoding"))
	// One tag per encoding: caches must not mix their bytes.
	tag := `"` + f.tag() + encoding + `"`
	header.Set("ETag", tag)
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	content, err := fs.ReadFile(h.content, at)
	if err == nil && encoding == "" && strings.HasSuffix(at, ".gz") {
		content, err = unpack(content)
	}
	if err != nil {
		http.Error(w, "the file cannot be read", http.StatusInternalServerError)
		return
	}
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	header.Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(content) // the client is gone
	}
}

// choose is the best encoding of a file that a client accepts, and where that is. What is there only compressed is unpacked for a
// client that accepts nothing of it.
func (f *file) choose(accept string) (encoding, at string) {
	for _, e := range encodings {
		if found, ok := f.encodings[e.name]; ok && accepts(accept, e.name) {
			return e.name, found
		}
	}
	return "", f.encodings["gzip"]
}

// accepts reads Accept-Encoding (RFC 9110, section 12.5.3) as far as browsers and programs use it.
func accepts(header, encoding string) bool {
	if encoding == "" {
		return true
	}
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			return strings.ReplaceAll(weight, " ", "") != "q=0"
		}
	}
	return false
}

func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimPrefix(strings.TrimSpace(part), "W/"); part == tag || part == "*" {
			return true
		}
	}
	return false
}

func unpack(content []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}

// mediaType is by extension. The table of the system is not asked first: it may be missing or wrong.
func mediaType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".wasm":
		return "application/wasm"
	default:
		if known := mime.TypeByExtension(ext); known != "" {
			return known
		}
		return "application/octet-stream"
	}
}
