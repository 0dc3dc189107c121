package project

import (
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// formatVersion is the version of the file formats that this program reads.
const formatVersion = 1

// configFile is the file that makes a folder a workspace.
const configFile = "hosu.yaml"

var (
	configKeys      = []string{"version", "name", "warehouse", "state", "timezone", "engine", "environments"}
	environmentKeys = []string{"warehouse", "state", "timezone", "engine"}
)

// config reads hosu.yaml; false when there is no workspace to read further.
func (l *loader) config() bool {
	if !l.exists(configFile) {
		l.bad.add(Pos{File: filepath.Join(l.dir, configFile)}, "does not exist, so this folder is no workspace",
			"make one with: hosu init "+l.dir)
		return false
	}
	f, ok := l.read(configFile)
	if !ok {
		return false
	}
	doc, node := parseYAML(f.rel, f.text, &l.bad)
	if node == nil {
		if len(l.bad.list) == 0 {
			l.bad.add(Pos{File: f.rel, Line: 1}, "is empty", `expected at least the key "name"`)
		}
		return false
	}
	if !l.version(doc, node) {
		return false
	}
	m := doc.mapping(node, "the workspace", configKeys)
	m.require("the workspace", "name")
	l.ws.Name = m.text("name")
	settings := map[string]*mapping{}
	for _, key := range environmentKeys {
		settings[key] = m
	}
	maps.Copy(settings, l.environment(m))
	l.ws.Warehouse = l.warehouse(settings["warehouse"])
	l.ws.State = l.state(settings["state"])
	l.timezone(settings["timezone"])
	l.engine(settings["engine"])
	return true
}

// version refuses the files of a newer program before anything in them is called unknown.
func (l *loader) version(doc *document, node *yaml.Node) bool {
	if node.Kind != yaml.MappingNode {
		doc.mapping(node, "the workspace", configKeys)
		return false
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value != "version" {
			continue
		}
		value := resolve(node.Content[i+1])
		n, err := strconv.Atoi(value.Value)
		switch {
		case err != nil || n < 1:
			doc.problem(value, fmt.Sprintf("version is %s", kindOf(value)), fmt.Sprintf("expected %d", formatVersion))
			return false
		case n > formatVersion:
			doc.problem(value, fmt.Sprintf("the workspace has format %d and this hosu reads up to format %d", n, formatVersion),
				"use a newer hosu")
			return false
		}
	}
	return true
}

// environment returns, for each key the chosen environment sets, the mapping that sets it. All environments are checked.
func (l *loader) environment(m *mapping) map[string]*mapping {
	chosen := map[string]*mapping{}
	var names []string
	if node := m.get("environments"); node != nil {
		for _, e := range m.doc.mapping(node, "environments", nil).entries {
			names = append(names, e.key)
			env := m.doc.mapping(e.value, "environment "+strconv.Quote(e.key), environmentKeys)
			if env.has("warehouse") != env.has("state") {
				m.doc.problem(e.name, fmt.Sprintf("environment %q sets only one of warehouse and state", e.key),
					"expected both: a state database belongs to one warehouse")
			}
			if e.key != l.opts.Env {
				continue
			}
			for _, set := range env.entries {
				chosen[set.key] = env
			}
		}
	}
	if l.opts.Env != "" && !slices.Contains(names, l.opts.Env) {
		slices.Sort(names)
		expected := Choice(l.opts.Env, names)
		if len(names) == 0 {
			expected = "expected the key \"environments\", or no --env"
		}
		l.bad.add(m.pos("environments"), fmt.Sprintf("there is no environment %q", l.opts.Env), expected)
	}
	l.ws.Env = l.opts.Env
	return chosen
}

// warehouse is an absolute local path, or a URI as it is written.
func (l *loader) warehouse(m *mapping) string {
	text := l.secretText(m, "warehouse")
	if text == "" {
		return filepath.Join(l.dir, "warehouse")
	}
	scheme, path, isURI := strings.Cut(text, "://")
	switch {
	case !isURI:
		return l.absolute(text)
	case scheme == "file":
		return l.absolute(path)
	case !slices.Contains([]string{"s3", "gs", "az"}, scheme):
		m.doc.problem(m.get("warehouse"), fmt.Sprintf("warehouse has the unknown scheme %q", scheme),
			"expected a folder, s3://, gs:// or az://")
	}
	return text
}

func (l *loader) state(m *mapping) string {
	text := l.secretText(m, "state")
	if text == "" {
		return "sqlite:" + filepath.Join(l.dir, ".hosu", "state.db")
	}
	const expected = "expected sqlite:./path/to/state.db or postgres://user:password@host/database"
	if path, ok := strings.CutPrefix(text, "sqlite:"); ok {
		if path == "" {
			m.doc.problem(m.get("state"), "state has no path", expected)
		}
		return "sqlite:" + l.absolute(path)
	}
	if !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
		m.doc.problem(m.get("state"), "state is neither SQLite nor PostgreSQL", expected)
	} else if _, err := url.Parse(text); err != nil { // the error would repeat the password
		m.doc.problem(m.get("state"), "state is not a valid URL", expected+"; encode special characters of the password as %XX")
	}
	return text
}

func (l *loader) timezone(m *mapping) {
	l.ws.TimeZone, l.ws.Location = "UTC", time.UTC
	text := m.text("timezone")
	if text == "" {
		return
	}
	location, err := time.LoadLocation(text)
	if err != nil || text == "Local" {
		m.doc.problem(m.get("timezone"), fmt.Sprintf("time zone %q is not known", text), "expected an IANA name such as Asia/Seoul or UTC")
		return
	}
	l.ws.TimeZone, l.ws.Location = text, location
}

func (l *loader) engine(m *mapping) {
	node := m.get("engine")
	if node == nil || node.Kind == yaml.ScalarNode && node.Value == "duckdb" {
		return
	}
	m.doc.problem(node, "engine is "+kindOf(node), `expected "duckdb", the only engine of this version`)
}

// absolute makes a path of a workspace file absolute.
func (l *loader) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(l.dir, path)
}
