package dashboard

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/caught"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/query/render"
	"github.com/hosu-io/hosu/internal/scan"
)

// Result is rows with an account of where they come from.
type Result struct {
	Columns []metric.Column
	// Rows are a JSON array of arrays, in column order, with the values as [render.JSON] has them.
	Rows json.RawMessage
	// Truncated says that the statement has more rows than a tile shows.
	Truncated bool
	Source
}

// Source is where an answer comes from.
type Source struct {
	SQL    string      // can be run as it is, in the workspace's time zone
	Tables []TableRead // also those below views
	// FreshAt is when the oldest of the versions that were read was committed; zero when no table was read.
	FreshAt time.Time
	Elapsed time.Duration
	Cached  bool // nothing was run: the tables are as they were when somebody last asked
}

// TableRead is a table in the version that was read.
type TableRead struct {
	Table      string
	SnapshotID int64 // 0: it has no snapshot yet
	// UpdatedAt is when that version was committed, whatever has happened to the table since.
	UpdatedAt time.Time
}

// answer is what a statement gave, as the cache keeps it. It does not change.
type answer struct {
	columns []engine.Column
	values  render.Values
	tables  []TableRead
	freshAt time.Time
	stamps  []scan.Stamp
	// day is the only day on which the answer is true; "" is every day.
	day string
	// once says that it is true only at the moment.
	once bool
}

// bytes is about what an answer takes in memory.
func (a *answer) bytes() int64 {
	size := int64(len(a.values.JSON)) + 512
	for _, c := range a.columns {
		size += int64(len(c.Name)+len(c.Type)) + 32
	}
	for _, s := range a.stamps {
		size += int64(len(s.MetadataLocation)) + 256
	}
	return size
}

// statement is a SQL text to answer.
type statement struct {
	sql      string
	params   []engine.Param
	timeZone string
	most     int // rows
}

// ask answers a statement from the cache, or runs it.
func (s *Service) ask(ctx context.Context, by govern.Principal, st statement) (*answer, Source, error) {
	started := s.opts.Clock()
	k := keyOf(by, st)
	a, cached, err := s.opts.Cache.get(ctx, k,
		func(ctx context.Context, a *answer) (bool, error) { return s.current(ctx, st, a) },
		func(ctx context.Context) (*answer, error) { return s.run(ctx, by, st) })
	if err != nil {
		return nil, Source{}, err
	}
	return a, Source{
		SQL: withParams(st), Tables: a.tables, FreshAt: a.freshAt, Elapsed: s.opts.Clock().Sub(started), Cached: cached,
	}, nil
}

// run runs a statement.
func (s *Service) run(ctx context.Context, by govern.Principal, st statement) (_ *answer, err error) {
	defer caught.Logged(ctx, s.opts.Log, &err, "computed the answer")
	day := s.today(st)
	rows, err := s.opts.Query.Run(ctx, by, query.Request{SQL: st.sql, Params: st.params, TimeZone: st.timeZone, Limits: s.opts.Limits})
	if err != nil {
		return nil, err
	}
	defer rows.Release()
	a := &answer{columns: rows.Columns, stamps: rows.Stamps}
	switch rows.Volatility {
	case scan.Stable:
	case scan.Daily:
		a.day, a.once = day, day != s.today(st) // at midnight it is not certain which day was meant
	default:
		a.once = true
	}
	if a.values, err = render.ReadValues(rows, st.most); err != nil {
		return nil, err
	}
	seen := map[catalog.Ident]bool{}
	for _, use := range rows.Tables {
		if seen[use.Ident] && !use.Pinned {
			continue
		}
		seen[use.Ident] = true
		a.tables = append(a.tables, TableRead{use.Ident.String(), use.SnapshotID, use.CommittedAt})
		if a.freshAt.IsZero() || use.CommittedAt.Before(a.freshAt) {
			a.freshAt = use.CommittedAt
		}
	}
	return a, nil
}

// today is the day in the time zone of a statement.
func (s *Service) today(st statement) string {
	zone, err := time.LoadLocation(st.timeZone)
	if err != nil {
		zone = s.opts.Location
	}
	return s.opts.Clock().In(zone).Format(time.DateOnly)
}

// current says whether the catalog still has everything as it was read, and it still is the day.
func (s *Service) current(ctx context.Context, st statement, a *answer) (bool, error) {
	if a.day != "" && a.day != s.today(st) {
		return false, nil
	}
	return scan.Current(ctx, s.opts.Catalog, a.stamps)
}

// withParams is a statement that a person can run: a text with parameters gets their values in front.
func withParams(st statement) string {
	sql := st.sql
	for _, p := range st.params {
		sql = replaceParam(sql, p)
	}
	return sql
}

// replaceParam puts a parameter's value in its place, outside of quotes and comments as DuckDB reads them.
func replaceParam(sql string, p engine.Param) string {
	var out strings.Builder
	for i := 0; i < len(sql); {
		rest := sql[i:]
		switch {
		case strings.HasPrefix(rest, "--"):
			i += copyUntil(&out, rest, 2, "\n")
		case strings.HasPrefix(rest, "/*"):
			i += copyUntil(&out, rest, 2, "*/")
		case rest[0] == '\'' || rest[0] == '"':
			i += copyUntil(&out, rest, 1, rest[:1])
		case strings.HasPrefix(rest, "$"+p.Name) && !wordFollows(rest[1+len(p.Name):]):
			out.WriteString(p.Literal)
			i += 1 + len(p.Name)
		default:
			out.WriteByte(rest[0])
			i++
		}
	}
	return out.String()
}

// copyUntil copies text up to and with the next end behind its first bytes, and says how much that was.
func copyUntil(out *strings.Builder, text string, skip int, end string) int {
	n := len(text)
	if at := strings.Index(text[skip:], end); at >= 0 {
		n = skip + at + len(end)
	}
	out.WriteString(text[:n])
	return n
}

func wordFollows(text string) bool {
	if text == "" {
		return false
	}
	c := text[0]
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
