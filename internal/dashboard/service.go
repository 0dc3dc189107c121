package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/caught"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/scan"
)

// Runner runs statements on behalf of a principal; it is [query.Service].
type Runner interface {
	Run(ctx context.Context, by govern.Principal, req query.Request) (*query.Rows, error)
}

// Options of a [Service].
type Options struct {
	Boards  []*Board
	Metrics *metric.Set
	Query   Runner
	Catalog scan.Entries
	// Location and TimeZone are those of the workspace.
	Location *time.Location
	TimeZone string
	Cache    *Cache           // nil: one of its own
	Limits   engine.Limits    // of every statement
	Log      *slog.Logger     // nil: slog.Default()
	Clock    func() time.Time // nil: time.Now
}

// Service answers tiles and questions about metrics. It is safe for concurrent use.
type Service struct {
	opts   Options
	boards map[string]*Board
}

// New returns a service over the dashboards of a workspace.
func New(opts Options) (*Service, error) {
	if opts.Metrics == nil || opts.Query == nil || opts.Catalog == nil {
		return nil, errors.New("dashboards: metrics, the reading door and the catalog are required")
	}
	if opts.Location == nil {
		opts.Location, opts.TimeZone = time.UTC, "UTC"
	}
	if opts.Cache == nil {
		opts.Cache = NewCache(0)
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	s := &Service{opts: opts, boards: map[string]*Board{}}
	for _, b := range opts.Boards {
		s.boards[b.Name] = b
	}
	return s, nil
}

// NotFoundError says that there is no such dashboard, tile or filter.
type NotFoundError struct{ Message string }

func (e *NotFoundError) Error() string { return e.Message }

func notFound(format string, args ...any) error { return &NotFoundError{fmt.Sprintf(format, args...)} }

// Boards are all dashboards, in the order of their files.
func (s *Service) Boards() []*Board { return s.opts.Boards }

// Board finds a dashboard.
func (s *Service) Board(name string) (*Board, error) {
	if b := s.boards[name]; b != nil {
		return b, nil
	}
	if near := project.Nearest(name, slices.Collect(maps.Keys(s.boards))); len(near) > 0 {
		return nil, notFound("there is no dashboard %q; %s", name, project.DidYouMean(near))
	}
	return nil, notFound("there is no dashboard %q", name)
}

// Days are the days of a preset now.
func (s *Service) Days(p Preset) Days { return p.Days(s.opts.Clock(), s.opts.Location) }

// View is how a dashboard is looked at. The zero View is as its file has it.
type View struct {
	From, To time.Time // dates, To excluded; zero: the dashboard's range
	Grain    string    // of tiles whose own is [Auto]; "" or Auto: the dashboard's
	Filters  []metric.Filter
}

// TileResult is what a tile shows.
type TileResult struct {
	Type TileType
	// Days and Grain are those that were asked for, or what stands for them; Grain is "" for tiles without time.
	Days  Days
	Grain string
	// Partial says of the first and last period of a tile over time that the range has only a part of it.
	PartialFirst, PartialLast bool
	// Ignored are the filters in the view that the tile does not follow, because its metrics lack the dimension or
	// because it is made of SQL.
	Ignored []string

	// Result is nil in tiles of type number and text.
	Result *Result
	// Value, of tiles of type number, is nil when there is none, and when it is no finite number.
	Value, Previous *float64
	// Change is how much Value is above Previous, as a share of it; nil when there is no such share.
	Change *float64
	Format string // of Value and Previous
	// Spark are the values over time; nil when the tile has no sparkline.
	Spark *Result
	Source
}

// Tile answers a tile of a dashboard.
func (s *Service) Tile(ctx context.Context, by govern.Principal, board string, index int, view View) (*TileResult, error) {
	b, err := s.Board(board)
	if err != nil {
		return nil, err
	}
	tiles := b.Tiles()
	if index < 0 || index >= len(tiles) {
		return nil, notFound("dashboard %s has %d tiles, and no tile %d", board, len(tiles), index)
	}
	t := tiles[index]
	days, grain, err := s.look(b, view)
	if err != nil {
		return nil, err
	}
	result := &TileResult{Type: t.Type, Days: days}
	if t.Type == Text {
		return result, nil
	}
	filters := t.follow(view.Filters, result)
	switch {
	case t.SQL != "":
		err = s.ofSQL(ctx, by, t, days, result)
	case t.Type == Number:
		err = s.number(ctx, by, t, days, grain, filters, result)
	default:
		err = s.ofMetrics(ctx, by, t, days, grain, filters, result)
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

// look finds the days and the grain of a view.
func (s *Service) look(b *Board, view View) (Days, string, error) {
	days := s.Days(b.Range)
	if !view.From.IsZero() || !view.To.IsZero() {
		days = Days{date(view.From), date(view.To)}
		if view.From.IsZero() || view.To.IsZero() || !days.From.Before(days.To) {
			return Days{}, "", &metric.QueryError{Message: "the range has no days", Hint: "expected from and to, a later day"}
		}
	}
	grain := view.Grain
	if grain == "" || grain == Auto {
		grain = b.Grain
	}
	if grain == Auto {
		grain = GrainFor(days)
	}
	if !slices.Contains(grains, grain) {
		return Days{}, "", &metric.QueryError{Message: fmt.Sprintf("there is no grain %q", grain), Hint: project.Choice(grain, append(slices.Clone(grains), Auto))}
	}
	return days, grain, nil
}

// date is the date of a time, as midnight in UTC.
func date(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// follow are the filters that apply to the tile, with the names that its metrics have for their dimensions; the others are noted.
func (t *Tile) follow(filters []metric.Filter, result *TileResult) []metric.Filter {
	var applied []metric.Filter
	for _, f := range filters {
		if name, ok := t.dims[f.Dimension]; ok {
			applied = append(applied, metric.Filter{Dimension: name, In: f.In})
		} else {
			result.Ignored = append(result.Ignored, f.Dimension)
		}
	}
	return applied
}

func (s *Service) ofMetrics(
	ctx context.Context, by govern.Principal, t *Tile, days Days, grain string, filters []metric.Filter, result *TileResult,
) error {
	q := t.query(days, grain, filters)
	found, err := s.compiled(ctx, by, q, mostRows)
	if err != nil {
		return err
	}
	t.style(found.Columns)
	result.Result, result.Source = found, found.Source
	if result.Grain = string(q.Grain); q.Grain != metric.Total {
		result.PartialFirst = !floor(days.From, result.Grain).Equal(days.From)
		result.PartialLast = !floor(days.To, result.Grain).Equal(days.To)
	}
	return nil
}

// number answers a tile with one value, and what it was over time.
func (s *Service) number(
	ctx context.Context, by govern.Principal, t *Tile, days Days, grain string, filters []metric.Filter, result *TileResult,
) error {
	value := t.query(days, grain, filters)
	spark := value
	spark.Compare, spark.Grain = false, metric.Grain(grain)
	var found *Result
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		defer caught.Logged(ctx, s.opts.Log, &err, "computed the answer")
		found, err = s.compiled(ctx, by, value, 1)
		return err
	})
	if t.Sparkline {
		group.Go(func() (err error) {
			defer caught.Logged(ctx, s.opts.Log, &err, "computed the answer")
			result.Spark, err = s.compiled(ctx, by, spark, mostRows)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if t.Sparkline {
		t.style(result.Spark.Columns)
		result.Grain = grain
	}
	t.style(found.Columns)
	result.Source = found.Source
	return result.count(found)
}

// count reads the value of a tile of type number from the first row: the value and, when there is a second column, the one before.
func (r *TileResult) count(found *Result) error {
	var rows [][]json.RawMessage
	if err := json.Unmarshal(found.Rows, &rows); err != nil {
		return fmt.Errorf("read the row of a tile: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	if len(found.Columns) > 0 {
		r.Format = found.Columns[0].Format
	}
	for i, into := range []**float64{&r.Value, &r.Previous} {
		if i >= len(rows[0]) {
			break
		}
		if of := found.Columns[i].Type; (of == "DOUBLE" || of == "FLOAT") && rows[0][i][0] == '"' {
			continue // NaN or an infinity: DuckDB divides by zero
		}
		var number *float64
		if err := json.Unmarshal(rows[0][i], &number); err != nil {
			return &engine.StatementError{Kind: engine.Runtime, Position: -1, Message: fmt.Sprintf(
				"a tile of type number shows a number; column %s has %s", found.Columns[i].Name, rows[0][i])}
		}
		*into = number
	}
	if r.Value != nil && r.Previous != nil && *r.Previous != 0 {
		change := (*r.Value - *r.Previous) / math.Abs(*r.Previous)
		r.Change = &change
	}
	return nil
}

// MetricQuery answers a question about metrics. The error of a question that is wrong is a *[metric.QueryError].
func (s *Service) MetricQuery(ctx context.Context, by govern.Principal, q metric.Query) (*Result, error) {
	return s.compiled(ctx, by, q, mostRows)
}

// compiled answers a question about metrics with at most so many rows.
func (s *Service) compiled(ctx context.Context, by govern.Principal, q metric.Query, most int) (*Result, error) {
	compiled, err := s.opts.Metrics.Compile(q)
	if err != nil {
		return nil, err
	}
	a, source, err := s.ask(ctx, by, statement{sql: compiled.SQL, timeZone: compiled.TimeZone, most: most})
	if err != nil {
		return nil, ExplainMetrics(compiled, err)
	}
	if len(a.columns) != len(compiled.Columns) {
		return nil, fmt.Errorf("the statement of metrics %s has %d columns where %d were meant",
			strings.Join(q.Metrics, ", "), len(a.columns), len(compiled.Columns))
	}
	columns := slices.Clone(compiled.Columns)
	for i := range columns {
		columns[i].Type = a.columns[i].Type
	}
	return &Result{Columns: columns, Rows: a.values.JSON, Truncated: a.values.More, Source: source}, nil
}

// ExplainMetrics adds to an error of running a statement about metrics where they are defined, when the definitions do not fit the
// tables: it is not who asked that has made a mistake. Other errors stay as they are.
func ExplainMetrics(of *metric.Statement, err error) error {
	var statement *engine.StatementError
	if !errors.As(err, &statement) || statement.Kind != engine.Bind || errors.Is(err, catalog.ErrNoSuchTable) {
		return err
	}
	var defined []string
	for _, m := range of.Definitions {
		defined = append(defined, fmt.Sprintf("%s (%s)", m.Name, m.Pos))
	}
	// epoch_us is asked of the times of activities.
	if strings.Contains(statement.Message, "'epoch_us(VARCHAR)'") {
		return fmt.Errorf("the time that %s counted by is text: give its column the type timestamp or timestamptz, under types of its source or in a model",
			strings.Join(defined, ", ")+map[bool]string{true: " are", false: " is"}[len(defined) > 1])
	}
	return fmt.Errorf("the SQL of %s does not fit the tables: %w", strings.Join(defined, ", "), err)
}

// ofSQL answers a tile that is SQL. $from and $to are the days of the range, where the text has them.
func (s *Service) ofSQL(ctx context.Context, by govern.Principal, t *Tile, days Days, result *TileResult) error {
	st := statement{sql: t.SQL, timeZone: s.opts.TimeZone, most: mostRows, params: usedParams(t.SQL, days)}
	a, source, err := s.ask(ctx, by, st)
	if err != nil {
		return fmt.Errorf("%s: %w", t.Pos, err)
	}
	found := &Result{Rows: a.values.JSON, Truncated: a.values.More, Source: source}
	for _, c := range a.columns {
		found.Columns = append(found.Columns, metric.Column{
			Name: c.Name, Label: metric.Label{"en": c.Name, "ko": c.Name}, Type: c.Type, Role: roleOf(c.Type),
		})
		// The first columns of a chart are its axes, also when they are numbers.
		if last := &found.Columns[len(found.Columns)-1]; last.Role == metric.RoleMeasure && len(found.Columns) <= axes[t.Type] {
			last.Role = metric.RoleDimension
		}
	}
	t.style(found.Columns)
	result.Source = source
	if t.Type == Number {
		if err := result.count(found); err != nil {
			return fmt.Errorf("%s: %w", t.Pos, err)
		}
		return nil
	}
	result.Result = found
	return nil
}

// usedParams are the parameters that a SQL text has, so that a text without them has one answer for all ranges.
func usedParams(sql string, days Days) []engine.Param {
	var params []engine.Param
	for _, p := range []engine.Param{
		{Name: "from", Literal: "DATE '" + days.From.Format(time.DateOnly) + "'"},
		{Name: "to", Literal: "DATE '" + days.To.Format(time.DateOnly) + "'"},
	} {
		if replaceParam(sql, p) != sql {
			params = append(params, p)
		}
	}
	return params
}

// axes are how many columns of SQL, from the first, say where in a chart its values are.
var axes = map[TileType]int{Line: 1, Bar: 1, Stacked: 2, Heatmap: 2}

// roleOf guesses what a column of SQL is from its type.
func roleOf(duckType string) metric.Role {
	base, _, _ := strings.Cut(duckType, "(")
	switch {
	case base == "DATE" || strings.HasPrefix(base, "TIMESTAMP"):
		return metric.RoleTime
	case base == "DECIMAL", strings.HasSuffix(base, "INT"), strings.HasSuffix(base, "INTEGER"), base == "FLOAT", base == "DOUBLE":
		return metric.RoleMeasure
	default:
		return metric.RoleDimension
	}
}

// style gives columns the labels and formats of the tile.
func (t *Tile) style(columns []metric.Column) {
	for i := range columns {
		c := &columns[i]
		if t.Format != "" && (c.Role == metric.RoleMeasure || c.Role == metric.RolePrevious) {
			c.Format = t.Format
		}
		style, ok := t.Columns[c.Name]
		if ok && style.Label != nil {
			c.Label = style.Label
		}
		if ok && style.Format != "" {
			c.Format = style.Format
			if style.Format == "weekday" || style.Format == "hour" { // numbers that are names
				c.Role = metric.RoleDimension
			}
		}
		if c.Format == "" && c.Role == metric.RoleMeasure {
			c.Format = "number"
		}
	}
}

// Value is one that a filter offers.
type Value struct {
	Value string // "" is no value
	Count int64  // rows that have it
}

// FilterValues lists the values of a filter of a dashboard that contain a text, the most frequent first, at most as many as given.
func (s *Service) FilterValues(ctx context.Context, by govern.Principal, board, dimension, search string, limit int) ([]Value, error) {
	b, err := s.Board(board)
	if err != nil {
		return nil, err
	}
	var metrics []string
	name := ""
	for _, t := range b.Tiles() {
		if of, ok := t.dims[dimension]; ok && (name == "" || of == name) {
			name = of
			for _, m := range t.Metrics {
				if !slices.Contains(metrics, m) {
					metrics = append(metrics, m)
				}
			}
		}
	}
	if name == "" {
		return nil, notFound("dashboard %s has no filter %q", board, dimension)
	}
	compiled, err := s.opts.Metrics.Values(metrics, name, search, limit, time.Time{}, time.Time{})
	if err != nil {
		return nil, err
	}
	a, _, err := s.ask(ctx, by, statement{sql: compiled.SQL, timeZone: compiled.TimeZone, most: limit})
	if err != nil {
		return nil, fmt.Errorf("list the values of %s: %w", dimension, err)
	}
	var rows [][2]any
	if err := json.Unmarshal(a.values.JSON, &rows); err != nil {
		return nil, fmt.Errorf("list the values of %s: %w", dimension, err)
	}
	values := make([]Value, len(rows))
	for i, row := range rows {
		text, _ := row[0].(string)
		count, _ := row[1].(float64)
		values[i] = Value{text, int64(count)}
	}
	return values, nil
}
