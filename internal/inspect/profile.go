package inspect

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/scan"
	"github.com/hosu-io/hosu/internal/schema"
)

// Profile says what the columns of a table hold.
type Profile struct {
	Rows      int64           `json:"rows" doc:"Of the table."`
	Sampled   int64           `json:"sampled_rows" doc:"How many of them, taken at random, everything else is about. It is all of them up to a million."`
	Estimated bool            `json:"estimated" doc:"Numbers of different values are estimates, within a few per cent: above a hundred thousand rows."`
	Snapshot  int64           `json:"snapshot,omitempty,string" doc:"The version that was read; absent for a view."`
	ElapsedMS int64           `json:"elapsed_ms" doc:"How long it took to compute."`
	Columns   []ColumnProfile `json:"columns"`
}

// ColumnProfile says what a column holds. Values are texts, as the workspace shows them.
type ColumnProfile struct {
	Name      string            `json:"name"`
	Type      string            `json:"type" doc:"In DuckDB's spelling."`
	Nulls     int64             `json:"nulls"`
	Distinct  *int64            `json:"distinct,omitempty" doc:"Different values, about if the profile says so; absent for nested types."`
	Min       *string           `json:"min,omitempty"`
	Max       *string           `json:"max,omitempty"`
	Mean      *string           `json:"mean,omitempty" doc:"Of numbers."`
	Histogram []HistogramBucket `json:"histogram,omitempty" doc:"Of numbers, dates and timestamps: at most 20 ranges of equal width."`
	Top       []TopValue        `json:"top,omitempty" doc:"Of texts and booleans: the most frequent values, at most 10."`
}

// HistogramBucket is a range of values. Of integers and dates it includes both ends; of other types what equals its high end belongs to the next
// bucket, except in the last one.
type HistogramBucket struct {
	Low   string `json:"low"`
	High  string `json:"high"`
	Count int64  `json:"count"`
}

// TopValue is a value and how often it occurs.
type TopValue struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

const (
	// sampleRows is up to how many rows a table is read as a whole.
	sampleRows = 1_000_000
	// profileTime is how long a profile may take.
	profileTime = 2 * time.Minute
	buckets     = 20
	topValues   = 10
)

// Profile reads the columns of a table at a version (0: the current one), or of a view, on behalf of a principal. Of a version it is
// computed once, and of a view again when something that it reads has changed.
func (s *Service) Profile(ctx context.Context, by govern.Principal, name string, version int64) (*Profile, error) {
	entry, err := s.entry(ctx, name)
	if err != nil {
		return nil, err
	}
	target, err := s.profiled(ctx, entry, version)
	if err != nil {
		return nil, err
	}
	return s.cache.profiles.get(ctx, profileKey{by.Name, target.key},
		func(ctx context.Context, read *reading) (bool, error) {
			return scan.Current(ctx, s.catalog, read.stamps)
		},
		func(ctx context.Context) (*Profile, *reading, error) { return s.profile(ctx, by, target) })
}

// profileTarget is what a profile reads.
type profileTarget struct {
	key     string // changes when the rows do, but for those of a view
	view    bool
	from    string // SQL
	version int64
	rows    int64 // -1 when it must be counted
	columns []profileColumn
}

func (s *Service) profiled(ctx context.Context, entry catalog.Entry, version int64) (profileTarget, error) {
	name := engine.QuoteName(entry.Ident.Namespace, entry.Ident.Name)
	if entry.Kind == catalog.KindView {
		if version != 0 {
			return profileTarget{}, &IsViewError{View: entry.Ident.String()}
		}
		v, err := s.catalog.LoadView(ctx, entry.Ident)
		if err != nil {
			return profileTarget{}, err
		}
		return profileTarget{key: entry.MetadataLocation, view: true, from: name, rows: -1, columns: profileColumns(v.Schema)}, nil
	}
	t, err := s.catalog.Load(ctx, entry.Ident)
	if err != nil {
		return profileTarget{}, err
	}
	snapshot := t.CurrentSnapshot()
	if version != 0 {
		if snapshot = t.Metadata().SnapshotByID(version); snapshot == nil {
			return profileTarget{}, &NoSnapshotError{Table: entry.Ident.String(), Snapshot: version}
		}
	}
	if snapshot == nil {
		return profileTarget{key: entry.MetadataLocation, columns: profileColumns(t.Schema())}, nil
	}
	columns := t.Schema()
	if snapshot.SchemaID != nil {
		for _, other := range t.Metadata().Schemas() {
			if other.ID == *snapshot.SchemaID && version != 0 {
				columns = other
			}
		}
	}
	return profileTarget{
		key: entry.UUID + " " + strconv.FormatInt(snapshot.SnapshotID, 10) + " " + strconv.Itoa(columns.ID), from: fmt.Sprintf("%s AT (VERSION => %d)", name, snapshot.SnapshotID),
		version: snapshot.SnapshotID, rows: total(snapshot, "total-records"), columns: profileColumns(columns),
	}, nil
}

// reading is what a profile of a view was made of. Of a version of a table, which does not change, it has nothing.
type reading struct {
	stamps []scan.Stamp
	// passing says that the rows may be others without any change.
	passing bool
}

// profile computes a profile with two statements: one finds what every column's values lie between and which are frequent, the other
// counts them.
func (s *Service) profile(ctx context.Context, by govern.Principal, target profileTarget) (*Profile, *reading, error) {
	started, read := time.Now(), &reading{}
	p := &Profile{Rows: target.rows, Snapshot: target.version, Columns: make([]ColumnProfile, len(target.columns))}
	for i, c := range target.columns {
		p.Columns[i] = ColumnProfile{Name: c.name, Type: schema.DuckDB(c.typ)}
	}
	if target.version == 0 && target.rows == 0 {
		return p, read, nil
	}
	ask := func(selected []string) ([]*string, error) {
		values, of, err := s.oneRow(ctx, by, selected, target.from, p.Rows)
		if target.view {
			read.stamps, read.passing = append(read.stamps, of.stamps...), read.passing || of.passing
		}
		return values, err
	}
	if p.Rows < 0 {
		counted, err := ask([]string{"count(*)"})
		if err != nil {
			return nil, nil, err
		}
		p.Rows = integer(counted[0])
	}
	p.Estimated = p.Rows > exactRows
	statistics := []string{"count(*)"}
	lengths := make([]int, len(target.columns))
	for i, c := range target.columns {
		own := c.statistics(p.Rows)
		lengths[i] = len(own)
		statistics = append(statistics, own...)
	}
	found, err := ask(statistics)
	if err != nil {
		return nil, nil, err
	}
	p.Sampled = integer(found[0])
	if p.Rows <= sampleRows {
		p.Rows = p.Sampled // exact where the summary of a foreign writer is not
	}
	rest := found[1:]
	var counting []string
	var counted []func(*string)
	for i, c := range target.columns {
		n := lengths[i]
		shape := c.read(&p.Columns[i], p.Sampled, rest[:n], s.workspace.Location)
		rest = rest[n:]
		if shape.sql != "" {
			counting = append(counting, shape.sql)
			counted = append(counted, shape.count)
		}
	}
	if len(counting) > 0 {
		counts, err := ask(counting)
		if err != nil {
			return nil, nil, err
		}
		for i, count := range counted {
			count(counts[i])
		}
	}
	p.ElapsedMS = time.Since(started).Milliseconds()
	return p, read, nil
}

// oneRow is the one row of an aggregation over what is profiled, each value as text and NULL as nil.
func (s *Service) oneRow(ctx context.Context, by govern.Principal, selected []string, from string, rows int64) ([]*string, reading, error) {
	sql := "SELECT "
	for i, expression := range selected {
		if i > 0 {
			sql += ",\n"
		}
		sql += "CAST(" + expression + " AS VARCHAR) AS c" + strconv.Itoa(i)
	}
	sql += "\nFROM " + from
	if rows > sampleRows {
		percent := math.Max(0.001, 100*float64(sampleRows)/float64(rows))
		sql += " USING SAMPLE " + strconv.FormatFloat(percent, 'f', 4, 64) + " PERCENT (system)"
	}
	result, err := s.query.Run(ctx, by, query.Request{SQL: sql, TimeZone: s.workspace.TimeZone, Limits: engine.Limits{Time: profileTime}})
	if err != nil {
		return nil, reading{}, err
	}
	defer result.Release()
	values := make([]*string, len(selected))
	for result.Next() {
		batch := result.RecordBatch()
		if batch.NumRows() == 0 {
			continue
		}
		for i, column := range batch.Columns() {
			if texts, ok := column.(*array.String); ok && !texts.IsNull(0) {
				text := string([]byte(texts.Value(0))) // the batch's memory is not ours
				values[i] = &text
			}
		}
	}
	return values, reading{result.Stamps, result.Volatility != scan.Stable}, result.Err()
}

func integer(text *string) int64 {
	if text == nil {
		return 0
	}
	n, err := strconv.ParseInt(*text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// profiles are profiles that were computed or are being computed.
type profiles struct {
	mu    sync.Mutex
	known map[profileKey]*pendingProfile
	order []profileKey // by age: the oldest goes first
}

// keptProfiles is how many profiles are kept.
const keptProfiles = 500

type profileKey struct{ principal, target string }

type pendingProfile struct {
	done    chan struct{}
	profile *Profile
	read    *reading
	err     error
}

func newProfiles() profiles {
	return profiles{known: map[profileKey]*pendingProfile{}}
}

// get returns a profile, computed when it is not known or not valid any more. Whoever asks for one that is being computed waits for it.
func (p *profiles) get(
	ctx context.Context, key profileKey, valid func(context.Context, *reading) (bool, error),
	compute func(context.Context) (*Profile, *reading, error),
) (*Profile, error) {
	for {
		p.mu.Lock()
		pending, known := p.known[key]
		if !known {
			pending = &pendingProfile{done: make(chan struct{})}
			p.known[key] = pending
			p.order = append(p.order, key)
			if len(p.order) > keptProfiles {
				delete(p.known, p.order[0])
				p.order = p.order[1:]
			}
		}
		p.mu.Unlock()
		if !known {
			p.fill(key, pending, func() (*Profile, *reading, error) { return compute(ctx) })
			return pending.profile, pending.err
		}
		select {
		case <-pending.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if pending.err == nil {
			if ok, err := valid(ctx, pending.read); ok || err != nil {
				return pending.profile, err
			}
			p.forget(key, pending)
			continue
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		// Who computed it may have gone away: this one tries by itself.
	}
}

var errMistake = errors.New("hosu made a mistake while it computed the profile")

// fill computes a profile and lets go on those who wait for it, also when compute panics.
func (p *profiles) fill(key profileKey, pending *pendingProfile, compute func() (*Profile, *reading, error)) {
	pending.err = errMistake
	defer func() {
		if pending.err != nil || pending.read.passing {
			p.forget(key, pending)
		}
		close(pending.done)
	}()
	pending.profile, pending.read, pending.err = compute()
}

// forget makes the next one who asks compute a profile anew.
func (p *profiles) forget(key profileKey, pending *pendingProfile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known[key] == pending {
		delete(p.known, key)
		p.order = slices.DeleteFunc(p.order, func(k profileKey) bool { return k == key })
	}
}
