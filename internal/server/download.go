package server

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/hosu-io/hosu/internal/query/render"
)

const formType = "application/x-www-form-urlencoded"

// fileTypes are the formats of downloads.
var fileTypes = map[render.Format]struct{ mediaType, extension string }{
	render.CSV:     {"text/csv; charset=utf-8", ".csv"},
	render.JSON:    {"application/json", ".json"},
	render.Parquet: {"application/vnd.apache.parquet", ".parquet"},
	render.Arrow:   {arrowType, ".arrow"},
}

// byteOrderMark begins CSV files: without it Excel takes UTF-8 for the code page of the country, CP949 in Korea.
const byteOrderMark = "\ufeff"

func (s *Server) registerDownload(api huma.API) {
	op := post("/download", "downloadQuery", "Run a SELECT statement and download its rows as a file")
	op.Description = "A form, so that the browser saves the answer itself. CSV begins with a byte order mark, which Excel needs."
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The file",
		Content:     map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	register(api, op, s.download)
	// The form is read here and not by huma, which knows only its bytes.
	text := func() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }
	api.OpenAPI().Paths[op.Path].Post.RequestBody.Content[formType].Schema = &huma.Schema{
		Type: huma.TypeObject, Required: []string{"sql", "format"},
		Properties: map[string]*huma.Schema{
			"sql": text(), "filename": text(), "timezone": text(),
			"format": {Type: huma.TypeString, Enum: []any{"csv", "parquet", "json", "arrow"}},
		},
	}
}

// downloadInput is a form: sql, format, filename, timezone.
type downloadInput struct {
	RawBody []byte `contentType:"application/x-www-form-urlencoded"`
}

func (s *Server) download(ctx context.Context, in *downloadInput) (*huma.StreamResponse, error) {
	form, err := url.ParseQuery(string(in.RawBody))
	if err != nil {
		return nil, invalid("the form cannot be read: "+err.Error(), "")
	}
	format := render.Format(form.Get("format"))
	file, ok := fileTypes[format]
	if !ok {
		return nil, invalid("a file cannot have the format "+form.Get("format"), "use csv, parquet, json or arrow")
	}
	if form.Get("sql") == "" {
		return nil, invalid("the form has no sql", "")
	}
	st, err := s.begin(ctx, s.services(), statementRequest{
		sql: form.Get("sql"), zone: form.Get("timezone"), time: s.limits.DownloadTime, bytes: s.limits.DownloadBytes,
	})
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer st.abandon()
		_, response := humago.Unwrap(hc)
		w := newClientWriter(response)
		done := w.serve(st, s.limits.DownloadTime)
		header := w.Header()
		header.Set("X-Query-Id", st.info.ID)
		header.Set("Cache-Control", "no-store")
		header.Set("Content-Type", file.mediaType)
		header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{
			"filename": fileName(form.Get("filename"), file.extension),
		}))
		var err error
		if format == render.CSV {
			_, err = w.Write([]byte(byteOrderMark))
		}
		if err == nil {
			_, err = render.Write(w, st, format, render.Options{})
		}
		done()
		if st.end(err) != nil {
			panic(http.ErrAbortHandler) // the browser must not take what it has for the whole
		}
	}}, nil
}

// fileName is a name for a file that is safe everywhere, with the extension of its format.
func fileName(asked, extension string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, strings.TrimSpace(asked))
	name = strings.Trim(name, ". ")
	if strings.EqualFold(path.Ext(name), extension) {
		name = name[:len(name)-len(extension)]
	}
	if name == "" {
		name = "query"
	}
	const most = 100 // characters: names of files are limited to 255 bytes
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most])
	}
	return name + extension
}
