package dashboard

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/project"
)

// Load gives the dashboards of a workspace their meaning. Its error is a *[project.Errors] with all that is wrong.
func Load(ws *project.Workspace, set *metric.Set) ([]*Board, error) {
	l := &loader{set: set}
	var boards []*Board
	for _, file := range ws.Dashboards {
		if file.Doc == nil {
			continue // project has told what is wrong with it
		}
		l.file = file
		boards = append(boards, l.board())
	}
	if len(l.bad) > 0 {
		slices.SortStableFunc(l.bad, func(a, b project.Problem) int {
			return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
		})
		return nil, &project.Errors{Problems: l.bad}
	}
	return boards, nil
}

// loader reads one dashboard after the other.
type loader struct {
	set  *metric.Set
	file *project.Dashboard
	bad  []project.Problem
}

// values is a mapping of a dashboard file whose keys and shapes package project has checked.
type values struct {
	l    *loader
	path string // "" for the whole file
	keys map[string]any
}

func (v values) at(key string) string { return strings.TrimPrefix(v.path+"."+key, ".") }

func (v values) problem(key, message, hint string) {
	v.l.bad = append(v.l.bad, project.Problem{Pos: v.pos(key), Message: message, Hint: hint})
}

// pos is where the value of a key is; that of the mapping when there is no such key, or it is "".
func (v values) pos(key string) project.Pos {
	path := v.path
	if key != "" {
		path = v.at(key)
	}
	if pos, ok := v.l.file.Places[path]; ok {
		return pos
	}
	return v.l.file.Places[v.path]
}

func (v values) has(key string) bool { _, ok := v.keys[key]; return ok }

// text is a scalar as it is written; "" when it is none, or nothing.
func text(scalar any) string {
	written, _ := scalar.(string)
	return written
}

func (v values) text(key string) string { return text(v.keys[key]) }

// scalars are those of a list; one scalar is a list of one.
func scalars(value any) []string {
	switch items := value.(type) {
	case nil:
		return nil
	case []any:
		var texts []string
		for _, item := range items {
			texts = append(texts, text(item))
		}
		return texts
	default:
		return []string{text(value)}
	}
}

func (v values) list(key string) []string { return scalars(v.keys[key]) }

func (v values) whole(key string) int {
	n, err := strconv.Atoi(v.text(key))
	if err != nil {
		return 0
	}
	return n
}

func (v values) flag(key string) bool { return v.text(key) == "true" }

// label is a text for people; one without a language is for all.
func (v values) label(key string) metric.Label {
	switch value := v.keys[key].(type) {
	case nil:
		return nil
	case map[string]any:
		english, korean := text(value["en"]), text(value["ko"])
		return metric.Label{"en": cmp.Or(english, korean), "ko": cmp.Or(korean, english)}
	default:
		return metric.Label{"en": text(value), "ko": text(value)}
	}
}

// items are the mappings in a list.
func (v values) items(key string) []values {
	var items []values
	list, _ := v.keys[key].([]any)
	for i, item := range list {
		keys, _ := item.(map[string]any)
		items = append(items, values{v.l, v.at(key + "." + strconv.Itoa(i)), keys})
	}
	return items
}

func (l *loader) board() *Board {
	v := values{l, "", l.file.Doc}
	b := &Board{
		Name: l.file.Name, Label: v.label("label"), Description: v.label("description"), Owner: v.text("owner"),
		Tags: v.list("tags"), Grain: Auto, Tables: l.file.Tables, Pos: l.file.Pos,
	}
	if b.Label == nil {
		b.Label = metric.Label{"en": b.Name, "ko": b.Name}
	}
	b.Range, b.Ranges = v.ranges()
	if v.has("grain") {
		b.Grain = v.grain("grain")
	}
	for _, row := range v.items("rows") {
		r := Row{Label: row.label("label")}
		for _, tile := range row.items("tiles") {
			r.Tiles = append(r.Tiles, tile.tile(b.Grain))
		}
		share(r.Tiles)
		b.Rows = append(b.Rows, r)
	}
	for i, tile := range b.Tiles() {
		tile.Index = i
	}
	v.filters(b)
	return b
}

// share gives the tiles of a row that have no width what the others leave.
func share(tiles []*Tile) {
	left, without := rowWidth, 0
	for _, tile := range tiles {
		left -= tile.Width
		if tile.Width == 0 {
			without++
		}
	}
	for _, tile := range tiles {
		if tile.Width == 0 {
			tile.Width = max(left/without, 2)
		}
	}
}

func (v values) grain(key string) string {
	word := v.text(key)
	known := append(slices.Clone(grains), Auto)
	if slices.Contains(known, word) {
		return word
	}
	v.problem(key, fmt.Sprintf("there is no grain %q", word), project.Choice(word, known))
	return Auto
}

// ranges reads "range: 28d" and "range: {default: 28d, options: [7d, 28d]}".
func (v values) ranges() (Preset, []Preset) {
	preset := func(of values, key, name string) (Preset, bool) {
		p, err := parsePreset(name)
		if err != nil {
			of.problem(key, fmt.Sprintf("there is no range %q", name),
				project.Hints(errPreset.Error(), project.DidYouMean(project.Nearest(name, namedPresets))))
		}
		return p, err == nil
	}
	first, options := defaultPreset, slices.Clone(defaultPresets)
	if keys, ok := v.keys["range"].(map[string]any); ok {
		r := values{v.l, v.at("range"), keys}
		if p, ok := preset(r, "default", r.text("default")); ok {
			first = p
		}
		if r.has("options") {
			options = nil
			for i, name := range r.list("options") {
				if p, ok := preset(r, "options."+strconv.Itoa(i), name); ok && !slices.Contains(options, p) {
					options = append(options, p)
				}
			}
		}
	} else if v.has("range") {
		if p, ok := preset(v, "range", v.text("range")); ok {
			first = p
		}
	}
	if !slices.Contains(options, first) {
		options = append([]Preset{first}, options...)
	}
	return first, options
}

// filters reads the dashboard's filters and finds the tiles that follow each.
func (v values) filters(b *Board) {
	list, _ := v.keys["filters"].([]any)
	for i, item := range list {
		path := "filters." + strconv.Itoa(i)
		f := values{v.l, path, map[string]any{"dimension": item}}
		key := "" // the place of a scalar is that of the item
		if keys, ok := item.(map[string]any); ok {
			f.keys, key = keys, "dimension"
		}
		filter := Filter{Dimension: f.text("dimension"), Label: f.label("label")}
		if slices.ContainsFunc(b.Filters, func(other Filter) bool { return other.Dimension == filter.Dimension }) {
			f.problem(key, fmt.Sprintf("there are two filters by %s", filter.Dimension), "remove one of them")
			continue
		}
		found := ""
		for _, tile := range b.Tiles() {
			dimension, ok := v.l.common(tile.Metrics, filter.Dimension)
			if !ok {
				continue
			}
			if found != "" && found != dimension.Name {
				f.problem(key, fmt.Sprintf("%q means %s in some tiles and %s in others", filter.Dimension, found, dimension.Name), "write the full name of one of them")
				break
			}
			found = dimension.Name
			tile.Filters = append(tile.Filters, filter.Dimension)
			tile.dims[filter.Dimension] = dimension.Name
			if filter.Label == nil {
				filter.Label = dimension.Label
			}
		}
		if found == "" {
			f.problem(key, fmt.Sprintf("no tile has the dimension %q", filter.Dimension), v.l.dimensionHint(filter.Dimension, b.Metrics()))
		}
		b.Filters = append(b.Filters, filter)
	}
}

// dimension finds a dimension of a metric by its full name or, when only one has it, the last part of it.
func dimension(m *metric.Metric, name string) (metric.Dimension, bool) {
	var found []metric.Dimension
	for _, d := range m.Dimensions {
		if d.Name == name {
			return d, true
		}
		if strings.HasSuffix(d.Name, "."+name) {
			found = append(found, d)
		}
	}
	if len(found) != 1 {
		return metric.Dimension{}, false
	}
	return found[0], true
}

// common finds a dimension that all the metrics have, under the same name; false when there is none, or no metric.
func (l *loader) common(metrics []string, name string) (metric.Dimension, bool) {
	var found metric.Dimension
	for i, each := range metrics {
		m, ok := l.set.Metric(each)
		if !ok {
			return found, false
		}
		d, ok := dimension(m, name)
		if !ok || i > 0 && d.Name != found.Name {
			return found, false
		}
		found = d
	}
	return found, len(metrics) > 0
}

// dimensionHint says what dimensions there are, or which was meant.
func (l *loader) dimensionHint(name string, metrics []string) string {
	var known []string
	for _, each := range metrics {
		m, ok := l.set.Metric(each)
		if !ok {
			continue
		}
		for _, d := range m.Dimensions {
			if strings.HasSuffix(d.Name, "."+name) {
				known = append(known, d.Name) // ambiguous: both are meant
			}
		}
	}
	if slices.Sort(known); len(known) > 1 {
		return "expected " + project.OneOf(slices.Compact(known))
	}
	for _, each := range metrics {
		if m, ok := l.set.Metric(each); ok {
			for _, d := range m.Dimensions {
				known = append(known, d.Name)
				if _, last, ok := strings.Cut(d.Name, "."); ok {
					known = append(known, last)
				}
			}
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	if meant := project.DidYouMean(project.Nearest(name, known)); meant != "" {
		return meant
	}
	if len(known) == 0 {
		return "these metrics have no dimensions"
	}
	return "expected " + project.OneOf(known)
}

// timeFormats are those of parts of a time, besides what metrics have. Weekdays count from Monday, 1, to Sunday, 7.
var timeFormats = []string{"weekday", "hour"}

func (v values) format(key string) string {
	word := v.text(key)
	if word != "" && !slices.Contains(timeFormats, word) && !metric.KnownFormat(word) {
		v.problem(key, fmt.Sprintf("there is no format %q", word),
			project.Hints(`expected "number", "count", "percent" or a currency such as "krw"; for parts of a time "weekday" or "hour"`,
				project.DidYouMean(project.Nearest(word, append(metric.Formats(), timeFormats...)))))
		return ""
	}
	return word
}
