// Package files copies tables out of files in a local folder: CSV, JSON and Parquet, plain or compressed with gzip.
//
// A table is the files that its path matches (a glob; ** stands for any folders), with the columns of all of them by name. DuckDB reads
// them; what it would guess from a sample is decided here from the whole: how a CSV file is written, and of which type its
// columns are. A type is found only when every value is exactly one of it, written in the usual way, so that the text could be
// made again from it: 007, +82 10 and 1.2.2024 stay text. Numbers with a fraction are doubles, and decimals when they have more
// digits than a double holds; 1,234 is a number in files that separate columns by commas. The author's types: come before all that.
//
// A full copy reads all files, and is Unchanged when they are those of the last copy. An incremental copy lets each file land once: it reads the
// files that were not there before, with the types found at first. A file that landed and then changed is an error, unless the copy merges by key: then it is read again.
package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/source"
)

// Spec describes the connector; e reads the files.
func Spec(e *engine.Engine) source.Spec {
	return source.Spec{
		Type:    "files",
		Options: []source.Option{{Name: "path", Required: true, Doc: "the folder with the files, relative to the workspace"}},
		TableOptions: []source.Option{
			{Name: "path", Doc: "a file or glob relative to the source's path; default: the file named like the table"},
			{Name: "format", Doc: "csv, jsonl, json or parquet; default: by the file's extension"},
			{Name: "delimiter", Doc: "CSV: the character between fields; default: the best of comma, semicolon, tab and |"},
			{Name: "quote", Doc: "CSV: the character around fields, or none; default \""},
			{Name: "header", Doc: "CSV: whether the first record has the names of the columns; default true"},
			{Name: "null", Doc: "CSV: text that stands for NULL, beside the empty field"},
			{Name: "encoding", Doc: "CSV, JSON: utf-8 (default), cp949, euc-kr, shift_jis, utf-16, windows-1252, …"},
		},
		Open: func(_ context.Context, opts map[string]string, env source.Env) (source.Source, error) {
			return Open(e, opts, env)
		},
	}
}

// Source is a folder. It is safe for concurrent use.
type Source struct {
	engine *engine.Engine
	dir    string
	temp   string
	zone   *time.Location
}

// Open checks the options; it does not touch the folder.
func Open(e *engine.Engine, opts map[string]string, env source.Env) (*Source, error) {
	dir := opts["path"]
	if dir == "" {
		return nil, errors.New("a files source needs a path: the folder with the files")
	}
	if scheme, _, remote := strings.Cut(dir, "://"); remote {
		if scheme != "file" {
			return nil, fmt.Errorf("files sources read local folders, not %s://; copy the files to a folder, or mount it", scheme)
		}
		dir = strings.TrimPrefix(dir, "file://")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(env.Dir, dir)
	}
	return &Source{engine: e, dir: dir, temp: env.TempDir, zone: env.Location}, nil
}

// Close has nothing to close; the engine belongs to whoever opened it.
func (s *Source) Close() error { return nil }

func (s *Source) String() string { return "files in " + s.dir }

// listedBytes is the size up to which a file's columns are listed with it: finding them out means reading it.
const listedBytes = 64 << 20

// Tables lists the files of the folder itself, each as a table. Columns are left out where they cannot be read, or not quickly.
func (s *Source) Tables(ctx context.Context) ([]source.Table, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, s.unavailable(err)
	}
	var tables []source.Table
	for _, e := range entries {
		name := tableName(e.Name())
		if name == "" || e.IsDir() || slices.ContainsFunc(tables, func(t source.Table) bool { return t.Name == name }) {
			continue
		}
		t := source.Table{Name: name, Rows: -1}
		if info, err := e.Info(); err == nil && info.Size() <= listedBytes {
			opts := source.TableOptions{Values: map[string]string{"path": escape(e.Name())}}
			if described, err := s.Table(ctx, name, opts); err == nil {
				t = described
			} else if ctx.Err() != nil {
				return nil, err
			}
		}
		tables = append(tables, t)
	}
	slices.SortFunc(tables, func(a, b source.Table) int { return strings.Compare(a.Name, b.Name) })
	return tables, nil
}

// Table describes one table, for which it reads its files once.
func (s *Source) Table(ctx context.Context, name string, opts source.TableOptions) (source.Table, error) {
	t, err := s.table(name, opts)
	if err != nil {
		return source.Table{}, err
	}
	files, err := s.match(t)
	if err == nil && len(files) == 0 {
		err = s.noFiles(t)
	}
	if err != nil {
		return source.Table{}, err
	}
	p, err := s.prepare(ctx, t, files, nil, nil, false)
	if err != nil {
		return source.Table{}, err
	}
	defer p.close()
	return source.Table{Name: name, Columns: p.plainColumns(), Rows: -1}, nil
}

var _ source.Source = (*Source)(nil)
