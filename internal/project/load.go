package project

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Options say how to load a workspace.
type Options struct {
	Parser     Parser
	Connectors []ConnectorSpec
	// Getenv looks up the variables of ${NAME}; default [os.LookupEnv].
	Getenv func(string) (string, bool)
	// Env names the environment of hosu.yaml to use; "" for none.
	Env string
	// WithoutSecrets leaves ${…} in the options of sources as it is, for commands that open no source: they work
	// where the variables are not set.
	WithoutSecrets bool
}

// Load reads the workspace in dir. When the files are wrong the error is an [*Errors] with all that is wrong.
func Load(ctx context.Context, dir string, opts Options) (*Workspace, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("workspace %s: %w", dir, err)
	}
	if opts.Getenv == nil {
		opts.Getenv = os.LookupEnv
	}
	l := &loader{dir: abs, opts: opts, ws: &Workspace{Dir: abs}}
	if !l.config() {
		return nil, l.bad.err()
	}
	l.sources()
	l.models()
	l.checks()
	l.documents()
	l.unsupported()
	if err := l.link(ctx); err != nil {
		return nil, fmt.Errorf("workspace %s: %w", abs, err)
	}
	if err := l.bad.err(); err != nil {
		return nil, err
	}
	return l.ws, nil
}

// loader reads one workspace.
type loader struct {
	dir  string
	opts Options
	ws   *Workspace
	bad  problems
	// statements are the SQL texts found, to be parsed and linked when all assets are known.
	statements []statement
	// mentions are tables named outside SQL.
	mentions []mention
}

// file is a file of the workspace.
type file struct {
	rel  string // slashes, relative to the workspace
	text string
}

// read returns a file's text; false and a problem when it cannot be read.
func (l *loader) read(rel string) (file, bool) {
	content, err := os.ReadFile(filepath.Join(l.dir, filepath.FromSlash(rel)))
	if err != nil {
		l.bad.add(Pos{File: rel}, "cannot be read: "+cause(err), "")
		return file{}, false
	}
	return file{rel: rel, text: strings.ReplaceAll(strings.TrimPrefix(string(content), "\ufeff"), "\r\n", "\n")}, true
}

// cause is an error of the file system without the path.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// list returns the files below a folder of the workspace, sorted, without hidden ones and notes (*.md).
func (l *loader) list(folder string) []string {
	var files []string
	root := filepath.Join(l.dir, folder)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == root {
			return fs.SkipAll
		}
		rel, _ := filepath.Rel(l.dir, path)
		rel = filepath.ToSlash(rel)
		switch {
		case err != nil:
			l.bad.add(Pos{File: rel}, "cannot be read: "+cause(err), "")
			return nil
		case strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case strings.HasPrefix(d.Name(), "."), d.IsDir(), strings.EqualFold(filepath.Ext(path), ".md"):
			return nil
		}
		files = append(files, rel)
		return nil
	})
	if err != nil {
		l.bad.add(Pos{File: folder}, "cannot be read: "+cause(err), "")
	}
	slices.SortFunc(files, func(a, b string) int { return cmp.Compare(a, b) })
	return files
}

// yamlFiles returns the YAML files directly in a folder; anything else there is a problem.
func (l *loader) yamlFiles(folder string) []string {
	var files []string
	for _, rel := range l.list(folder) {
		name := strings.TrimPrefix(rel, folder+"/")
		switch {
		case strings.Contains(name, "/"):
			l.bad.add(Pos{File: rel}, "is in a folder of "+folder+"/", "move it directly into "+folder+"/")
		case !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml"):
			l.bad.add(Pos{File: rel}, "is no YAML file", "expected "+folder+"/<name>.yaml")
		default:
			files = append(files, rel)
		}
	}
	return files
}

// baseName is a file's name without folder and extension, composed (NFC): file systems may decompose Korean names.
func baseName(rel string) string {
	base := filepath.Base(rel)
	return norm.NFC.String(strings.TrimSuffix(base, filepath.Ext(base)))
}

// checkName reports a name that SQL could not use without quotes.
func (l *loader) checkName(pos Pos, what, name string) bool {
	for i, r := range name {
		if !isWord(r) || i == 0 && '0' <= r && r <= '9' {
			l.bad.add(pos, fmt.Sprintf("%s %q cannot be used as a name", what, name),
				"expected letters, digits and _, beginning with a letter")
			return false
		}
	}
	if name == "" {
		l.bad.add(pos, what+" is empty", "expected letters, digits and _")
	}
	return name != ""
}

// engineNames are the names of the query engine's own databases and schemas: a table in a namespace of that name could not be read.
var engineNames = []string{"information_schema", "memory", "pg_catalog", "system", "temp"}

// checkNamespace reports a level of a namespace that SQL could not use.
func (l *loader) checkNamespace(pos Pos, what, name string) bool {
	if slices.Contains(engineNames, strings.ToLower(name)) {
		l.bad.add(pos, fmt.Sprintf("%s %q is a name of the query engine's own", what, name), "SQL could not read its tables: give it another")
		return false
	}
	return l.checkName(pos, what, name)
}

// unsupported reports files of kinds that other versions know.
func (l *loader) unsupported() {
	kinds := []struct{ folder, what string }{
		{"events", "event streams"},
		{"exports", "exports"},
		{"jobs", "jobs"},
		{"policies", "policies"},
		{"ml", "training jobs, endpoints and recommenders"},
	}
	for _, kind := range kinds {
		for _, rel := range l.list(kind.folder) {
			l.bad.add(Pos{File: rel}, "this version of hosu has no "+kind.what+" yet", "move the file out of "+kind.folder+"/")
		}
	}
}

func (l *loader) exists(rel string) bool {
	_, err := os.Stat(filepath.Join(l.dir, rel))
	return !errors.Is(err, fs.ErrNotExist)
}
