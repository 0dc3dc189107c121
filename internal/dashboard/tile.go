package dashboard

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/project"
)

// rule is what a type of tile can show.
type rule struct {
	metrics int    // most metrics
	by      [2]int // fewest and most dimensions, beside time if there is any
	// time says whether values are shown over time: always, when the tile has a grain, or never.
	time    when
	keys    []string // that only some types have
	oneAxis bool     // all metrics are measured along one axis
}

type when int

const (
	never when = iota
	asked
	always
)

// rules are those of tiles that show metrics.
var rules = map[TileType]rule{
	Number:  {metrics: 1, keys: []string{"compare", "sparkline"}},
	Line:    {metrics: 8, by: [2]int{0, 1}, time: always, keys: []string{"compare", "limit", "order"}, oneAxis: true},
	Bar:     {metrics: 8, by: [2]int{0, 1}, time: asked, keys: []string{"compare", "limit", "order"}, oneAxis: true},
	Stacked: {metrics: 1, by: [2]int{1, 1}, time: always, keys: []string{"limit", "order"}},
	Table:   {metrics: 20, by: [2]int{0, 8}, time: asked, keys: []string{"compare", "limit", "order"}},
	Heatmap: {metrics: 1, by: [2]int{1, 2}, time: asked, keys: []string{"limit", "order"}},
}

// Rows that charts show when their file sets no limit; tables have more.
const (
	defaultLimit      = 20
	defaultTableLimit = 1000
	mostRows          = 10_000
)

// tile reads a tile; inherited is the grain of the dashboard.
func (v values) tile(inherited string) *Tile {
	t := &Tile{
		Type: TileType(v.text("type")), Label: v.label("label"), Description: v.label("description"), SQL: v.text("sql"),
		Text: v.label("text"), Metrics: append(v.list("metric"), v.list("metrics")...), By: v.list("by"), Compare: v.has("compare"),
		Sparkline: v.flag("sparkline"), Limit: v.whole("limit"), Width: v.whole("width"), Format: v.format("format"),
		Pos: v.pos(""), dims: map[string]string{},
	}
	if t.Width > rowWidth {
		v.problem("width", fmt.Sprintf("the width is %d", t.Width), fmt.Sprintf("a row is %d wide", rowWidth))
	}
	if t.Limit > mostRows {
		v.problem("limit", fmt.Sprintf("the limit is %d", t.Limit), fmt.Sprintf("a tile shows at most %d rows", mostRows))
	}
	v.styles(t)
	switch {
	case t.Type == Text:
		v.refuse("a tile of type text", "by", "grain", "where", "order", "limit", "compare", "sparkline", "format", "columns")
	case t.SQL != "":
		v.refuse("a tile with sql, which is run as it is written,", "by", "grain", "where", "order", "limit", "compare", "sparkline")
		if t.Label == nil {
			t.Label = metric.Label{"en": "", "ko": ""}
		}
	default:
		v.ofMetrics(t, inherited)
	}
	return t
}

// refuse reports keys that mean nothing here.
func (v values) refuse(what string, keys ...string) {
	for _, key := range keys {
		if v.has(key) {
			v.problem(key, fmt.Sprintf("%s has no %q", what, key), "remove the key")
		}
	}
}

func (v values) styles(t *Tile) {
	columns, _ := v.keys["columns"].(map[string]any)
	for name, style := range columns {
		keys, _ := style.(map[string]any)
		s := values{v.l, v.at("columns." + name), keys}
		if t.Columns == nil {
			t.Columns = map[string]Style{}
		}
		t.Columns[name] = Style{Label: s.label("label"), Format: s.format("format")}
	}
}

// ofMetrics reads what only a tile that shows metrics has.
func (v values) ofMetrics(t *Tile, inherited string) {
	rule, known := rules[t.Type]
	var metrics []*metric.Metric
	for _, name := range t.Metrics {
		m, ok := v.l.set.Metric(name)
		if !ok {
			return // project has told
		}
		metrics = append(metrics, m)
	}
	if !known || len(metrics) == 0 {
		return
	}
	before := len(v.l.bad)
	v.shape(t, rule, metrics)
	v.time(t, rule, inherited)
	v.where(t)
	v.dimensions(t)
	v.order(t)
	v.limit(t, rule)
	if t.Label == nil {
		t.Label = v.l.title(t, metrics)
	}
	if len(v.l.bad) > before {
		return
	}
	// Whatever else package metric has to say of the question, with days that do not matter.
	if _, err := v.l.set.Compile(t.query(Days{time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2024, 1, 3, 0, 0, 0, 0, time.UTC)}, Day, nil)); err != nil {
		var wrong *metric.QueryError
		if errors.As(err, &wrong) {
			v.problem("", wrong.Message, wrong.Hint)
		} else {
			v.problem("", err.Error(), "")
		}
	}
}

// shape checks the number and kind of what a tile shows.
func (v values) shape(t *Tile, rule rule, metrics []*metric.Metric) {
	which := "metrics"
	if v.has("metric") {
		which = "metric"
	}
	for _, key := range []string{"compare", "sparkline", "limit", "order"} {
		if !slices.Contains(rule.keys, key) {
			v.refuse(fmt.Sprintf("a tile of type %s", t.Type), key)
		}
	}
	if len(metrics) > rule.metrics {
		v.problem(which, fmt.Sprintf("a tile of type %s shows %s; here are %d", t.Type, countOf(rule.metrics, "metric"), len(metrics)), "")
	}
	if len(metrics) > 1 && len(t.By) > 0 && t.Type == Line {
		v.problem("by", fmt.Sprintf("a tile of type %s shows one metric by a dimension; here are %d", t.Type, len(metrics)), `expected one metric, or no "by"`)
	}
	if rule.oneAxis && t.Format == "" {
		for _, m := range metrics[1:] {
			if m.Format != metrics[0].Format {
				v.problem(which, fmt.Sprintf("metrics with different formats cannot share an axis: %s is %s and %s is %s",
					metrics[0].Name, metrics[0].Format, m.Name, m.Format), "show them in two tiles, or in one of type table")
				break
			}
		}
	}
	if t.Type == Stacked && !metrics[0].Additive {
		v.problem(which, fmt.Sprintf("the parts of %s do not add up to the whole, as stacked ones seem to", metrics[0].Name), "expected type line")
	}
}

// limit bounds what a chart has to draw. Over time a limit is of dimensions: it would cut the time where there are none.
func (v values) limit(t *Tile, rule rule) {
	switch {
	case !slices.Contains(rule.keys, "limit"):
	case t.Type == Table:
		t.Limit = cmp.Or(t.Limit, defaultTableLimit)
	case len(t.By) == 0 && t.Limit > 0:
		v.problem("limit", fmt.Sprintf("a tile of type %s without dimensions has a limit", t.Type), "remove the key")
	case t.Type == Heatmap:
		t.Limit = cmp.Or(t.Limit, mostRows)
	case len(t.By) > 0:
		t.Limit = cmp.Or(t.Limit, defaultLimit)
	}
}

func countOf(n int, what string) string {
	if n == 1 {
		return "one " + what
	}
	return "up to " + strconv.Itoa(n) + " " + what + "s"
}

// time finds the grain of a tile.
func (v values) time(t *Tile, rule rule, inherited string) {
	if v.has("grain") {
		if rule.time == never {
			v.refuse(fmt.Sprintf("a tile of type %s", t.Type), "grain")
			return
		}
		t.Grain = v.grain("grain")
	}
	if t.Grain == "" && (rule.time == always || t.Type == Bar && len(t.By) == 0 && len(t.Metrics) == 1 || t.Type == Heatmap && len(t.By) == 1) {
		t.Grain = inherited
	}
	fewest, most := rule.by[0], rule.by[1]
	if t.Type == Bar || t.Type == Heatmap {
		switch {
		case t.Grain != "":
			most-- // time is one of the axes
		case t.Type == Bar && len(t.Metrics) > 1:
			most = 0 // a bar for each metric
		default:
			fewest = most
		}
	}
	if n := len(t.By); n < fewest || n > most {
		expected := "no dimension"
		switch {
		case fewest == most && most > 0:
			expected = "exactly " + plural(most)
		case most > 0:
			expected = "at most " + plural(most)
		}
		over := ""
		if t.Grain != "" {
			over = " over time"
		}
		v.problem("by", fmt.Sprintf("a tile of type %s%s is by %s", t.Type, over, plural(n)), `expected `+expected+` in "by"`)
	}
}

func plural(n int) string {
	if n == 1 {
		return "1 dimension"
	}
	return strconv.Itoa(n) + " dimensions"
}

// where reads conditions, by name, so that the same tile is always the same SQL.
func (v values) where(t *Tile) {
	conditions, _ := v.keys["where"].(map[string]any)
	for name, values := range conditions {
		t.Where = append(t.Where, metric.Filter{Dimension: name, In: scalars(values)})
	}
	slices.SortFunc(t.Where, func(a, b metric.Filter) int { return strings.Compare(a.Dimension, b.Dimension) })
}

// dimensions checks that every metric has the dimensions of by and where.
func (v values) dimensions(t *Tile) {
	check := func(key, name string) {
		for _, each := range t.Metrics {
			m, _ := v.l.set.Metric(each)
			if _, ok := dimension(m, name); !ok {
				v.problem(key, fmt.Sprintf("metric %s has no dimension %q", each, name), v.l.dimensionHint(name, []string{each}))
				return
			}
		}
		if _, ok := v.l.common(t.Metrics, name); !ok {
			v.problem(key, fmt.Sprintf("%q means different dimensions in these metrics", name), v.l.dimensionHint(name, t.Metrics))
		}
	}
	for i, name := range t.By {
		key := "by"
		if _, isList := v.keys["by"].([]any); isList {
			key += "." + strconv.Itoa(i)
		}
		check(key, name)
	}
	for _, filter := range t.Where {
		check("where."+filter.Dimension, filter.Dimension)
	}
}

// order reads "revenue", "revenue desc" and "age_band asc". Metrics go from the greatest down unless they are told otherwise.
func (v values) order(t *Tile) {
	if !v.has("order") {
		return
	}
	name, direction, directed := strings.Cut(v.text("order"), " ")
	known := append(slices.Clone(t.Metrics), t.By...)
	if t.Grain != "" {
		known = append(known, "time")
	}
	if !slices.Contains(known, name) {
		v.problem("order", fmt.Sprintf("the tile has no column %q", name), project.Choice(name, known))
		return
	}
	t.Order, t.Descending = name, slices.Contains(t.Metrics, name)
	switch {
	case directed && direction == "asc":
		t.Descending = false
	case directed && direction == "desc":
		t.Descending = true
	case directed:
		v.problem("order", fmt.Sprintf("the order is %q", v.text("order")), `expected a column, and "asc" or "desc" behind it`)
	}
}

// title names a tile that has no label of its own.
func (l *loader) title(t *Tile, metrics []*metric.Metric) metric.Label {
	var english, korean, byEnglish, byKorean []string
	for _, m := range metrics {
		english, korean = append(english, m.Label.In("en")), append(korean, m.Label.In("ko"))
	}
	for _, name := range t.By {
		if d, ok := l.common(t.Metrics, name); ok {
			byEnglish, byKorean = append(byEnglish, d.Label.In("en")), append(byKorean, d.Label.In("ko"))
		}
	}
	title := metric.Label{"en": strings.Join(english, ", "), "ko": strings.Join(korean, ", ")}
	if len(byEnglish) > 0 {
		title["en"] += " by " + strings.ToLower(strings.Join(byEnglish, " and "))
		title["ko"] = strings.Join(byKorean, "·") + "별 " + title["ko"]
	}
	return title
}

// query is the question of a tile over a range; grain is that of tiles whose own is [Auto], filters are of the dimensions as
// the metrics name them.
func (t *Tile) query(days Days, grain string, filters []metric.Filter) metric.Query {
	q := metric.Query{
		Metrics: t.Metrics, By: t.By, From: days.From, To: days.To, Where: append(slices.Clone(t.Where), filters...),
		Compare: t.Compare, Order: t.Order, Descending: t.Descending, Limit: t.Limit, Grain: metric.Grain(t.Grain),
	}
	if t.Grain == Auto {
		q.Grain = metric.Grain(grain)
	}
	return q
}
