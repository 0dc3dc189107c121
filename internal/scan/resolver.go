package scan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	icebergio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
)

// Catalog is what resolving asks of the catalog. Names match in either case of ASCII letters; the
// error of a missing one wraps [catalog.ErrNoSuchTable].
type Catalog interface {
	Entries
	Load(ctx context.Context, ident catalog.Ident) (*table.Table, error)
	LoadView(ctx context.Context, ident catalog.Ident) (*catalog.View, error)
	// Tables lists the tables and views of a namespace, or of all for "".
	Tables(ctx context.Context, namespace string) ([]catalog.Entry, error)
}

// Store is where data files are found.
type Store interface {
	icebergio.IO
	// LocalPath is where a local reader finds the object at a location.
	LocalPath(location string) (string, error)
}

// Options of a [Resolver].
type Options struct {
	Catalog Catalog
	Store   Store
	Planner Planner
	// TimeZone is the IANA name used when a request has none; empty is UTC.
	TimeZone string
	// MaxIndexed is the number of data files up to which a snapshot's file statistics are kept in memory
	// (about 2 KB per file of 20 columns); four times as many are kept in all. Zero is 10,000. Larger snapshots are
	// pruned from their manifests for every statement.
	MaxIndexed int
	Log        *slog.Logger // nil: slog.Default()
}

const defaultMaxIndexed = 10_000

// Resolver turns statements into jobs. It is safe for concurrent use.
type Resolver struct {
	catalog    Catalog
	store      Store
	planner    Planner
	zone       string
	maxIndexed int
	log        *slog.Logger
	indexes    *indexCache
	footers    footerCache
}

// NewResolver returns a resolver over the tables of a catalog.
func NewResolver(opts Options) *Resolver {
	if opts.TimeZone == "" {
		opts.TimeZone = "UTC"
	}
	if opts.MaxIndexed <= 0 {
		opts.MaxIndexed = defaultMaxIndexed
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	return &Resolver{
		catalog: opts.Catalog, store: opts.Store, planner: opts.Planner, zone: opts.TimeZone,
		maxIndexed: opts.MaxIndexed, log: opts.Log, indexes: newIndexCache(4 * opts.MaxIndexed),
	}
}

// Resolve finds everything that a statement reads. Errors of the statement are
// *[engine.StatementError] or *[UnknownTableError]; they are meant for whoever wrote it.
//
// Every table is read as it is at one moment, but tables of one statement may be read at
// moments that differ by the duration of this call.
func (r *Resolver) Resolve(ctx context.Context, by govern.Principal, req Request) (*Resolved, error) {
	start := time.Now()
	e := &expansion{
		resolver: r, by: by, req: &req,
		versions: map[relationName]*version{}, given: map[relationName]engine.Relation{},
		views: map[relationName]*expandedView{},
	}
	for _, relation := range req.Relations {
		e.given[relationName{relation.Schema, relation.Name}.folded()] = relation
	}
	sql, statement, err := e.rewrite(ctx, req.SQL)
	if err != nil {
		return nil, err
	}
	parsed := time.Now()
	params := usedParams(req.Params, statement.Params)
	for _, name := range statement.Params {
		if !slices.ContainsFunc(params, func(p engine.Param) bool { return p.Name == name }) {
			return nil, mistake(-1, "the statement has the parameter $%s, which has no value here", name)
		}
	}
	plan, err := r.planner.Plan(ctx, sql, e.stubs(), params, r.timeZone(&req))
	if err != nil {
		var statement *engine.StatementError
		if errors.As(err, &statement) && sql != req.SQL {
			statement.Position = -1 // of the rewritten text
		}
		return nil, err
	}
	planned := time.Now()
	relations, uses, err := e.relations(ctx, plan)
	if err != nil {
		return nil, err
	}
	r.log.DebugContext(ctx, "statement resolved", "tables", len(uses),
		"parse", parsed.Sub(start), "plan", planned.Sub(parsed), "prune", time.Since(planned))
	return &Resolved{
		Job: engine.Job{
			SQL: sql, Params: params, Relations: relations, Limits: req.Limits, TimeZone: r.timeZone(&req), Principal: by.Name,
		},
		Columns:    plan.Columns,
		Tables:     uses,
		Stamps:     e.stamps,
		Volatility: e.volatility,
	}, nil
}

// Tables lists the tables and views that a principal may read, by namespace and name.
func (r *Resolver) Tables(ctx context.Context, by govern.Principal) ([]catalog.Entry, error) {
	entries, err := r.catalog.Tables(ctx, "")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(entries, func(entry catalog.Entry) bool { return authorise(by, entry.Ident) != nil }), nil
}

// authorise is the one place where reading a table is allowed or refused.
func authorise(by govern.Principal, ident catalog.Ident) error {
	if by.Owner {
		return nil
	}
	return &engine.StatementError{
		Kind: engine.Denied, Position: -1, Message: fmt.Sprintf("%s may not read %s", by.Name, ident),
	}
}

func (r *Resolver) timeZone(req *Request) string {
	if req.TimeZone != "" {
		return req.TimeZone
	}
	return r.zone
}

func (r *Resolver) location(req *Request) *time.Location {
	zone, err := time.LoadLocation(r.timeZone(req))
	if err != nil {
		return time.UTC
	}
	return zone
}

// expansion is one call of Resolve: what the statement and its views refer to.
type expansion struct {
	resolver *Resolver
	by       govern.Principal
	req      *Request

	given      map[relationName]engine.Relation // of the request, by folded name
	used       []engine.Relation                // those of given that are referred to
	versions   map[relationName]*version        // tables, by folded relation name
	views      map[relationName]*expandedView   // by folded relation name
	order      []relationName                   // of versions and views, every relation behind those it reads; unfolded
	open       []catalog.Ident                  // views being expanded, outermost first
	stamps     []Stamp                          // of tables and views of the catalog, each once
	volatility Volatility
}

// stamp notes that something of the catalog is read as it is at a location.
func (e *expansion) stamp(ident catalog.Ident, location string) {
	if s := (Stamp{ident, location}); !slices.Contains(e.stamps, s) {
		e.stamps = append(e.stamps, s)
	}
}

// expandedView is a view whose own references are resolved.
type expandedView struct{ sql string }

// rewrite parses a statement, resolves every table it refers to, and returns it with the references that need it
// renamed to their relations.
func (e *expansion) rewrite(ctx context.Context, sql string) (string, *engine.Statement, error) {
	statement, err := e.resolver.planner.Parse(ctx, sql)
	if err != nil {
		return "", nil, err
	}
	for _, function := range statement.Functions {
		e.volatility = max(e.volatility, volatileFunctions[function])
	}
	names := make(map[int]relationName, len(statement.Tables)) // by TableRef.Start
	for _, ref := range statement.Tables {
		name, err := e.reference(ctx, ref)
		if err != nil {
			return "", nil, err
		}
		if !written(ref, name) {
			names[ref.Start] = name
		}
	}
	if len(names) == 0 {
		return sql, statement, nil
	}
	return engine.RewriteRefs(sql, statement.Tables, func(ref engine.TableRef) (string, string, bool) {
		name, renamed := names[ref.Start]
		return name.schema, name.name, renamed
	}), statement, nil
}

// reference resolves one table reference to a relation.
func (e *expansion) reference(ctx context.Context, ref engine.TableRef) (relationName, error) {
	// What the caller gives under a full name stands for the catalog's table everywhere; a bare name such as
	// "this" means something in the caller's own statement only.
	if name := (relationName{ref.Schema, ref.Name}); ref.Catalog == "" && (ref.Schema != "" || len(e.open) == 0) {
		if relation, ok := e.given[name.folded()]; ok {
			return name, e.useGiven(ctx, name, relation, ref)
		}
	}
	if ref.Schema == "" {
		return relationName{}, e.resolver.unknownTable(ctx, ref)
	}
	ident := identOf(ref)
	if err := authorise(e.by, ident); err != nil {
		return relationName{}, err
	}
	entry, err := e.resolver.catalog.Entry(ctx, ident)
	if missing(err) {
		return relationName{}, e.resolver.unknownTable(ctx, ref)
	}
	if err != nil {
		return relationName{}, fmt.Errorf("look up %s: %w", ident, err)
	}
	if entry.Kind == catalog.KindView {
		return e.view(ctx, entry.Ident, ref)
	}
	return e.table(ctx, entry.Ident, ref)
}

func (e *expansion) useGiven(ctx context.Context, name relationName, relation engine.Relation, ref engine.TableRef) error {
	if ref.At != nil {
		return mistake(ref.At.Start, "%s has no versions: leave out AT", strings.TrimPrefix(ref.Schema+"."+ref.Name, "."))
	}
	if relation.View != "" {
		return e.givenView(ctx, name, relation.View, ref)
	}
	same := func(other engine.Relation) bool {
		return other.Schema == relation.Schema && other.Name == relation.Name
	}
	if !slices.ContainsFunc(e.used, same) {
		e.used = append(e.used, relation)
	}
	return nil
}

// givenView resolves what a view of the caller reads, as if the catalog had it.
func (e *expansion) givenView(ctx context.Context, name relationName, sql string, ref engine.TableRef) error {
	if e.views[name.folded()] != nil {
		return nil
	}
	ident := catalog.Ident{Namespace: name.schema, Name: name.name}
	if slices.Contains(e.open, ident) {
		return mistake(ref.Start, "view %s reads itself", strings.TrimPrefix(ident.String(), "."))
	}
	e.open = append(e.open, ident)
	defer func() { e.open = e.open[:len(e.open)-1] }()
	sql, statement, err := e.rewrite(ctx, sql)
	if err != nil {
		return inView(ident, ref, err)
	}
	if len(statement.Params) > 0 {
		return mistake(ref.Start, "view %s has the parameter $%s: views have none", strings.TrimPrefix(ident.String(), "."), statement.Params[0])
	}
	e.views[name.folded()] = &expandedView{sql: sql}
	e.order = append(e.order, name)
	return nil
}

func (e *expansion) table(ctx context.Context, ident catalog.Ident, ref engine.TableRef) (relationName, error) {
	loaded, err := e.resolver.catalog.Load(ctx, ident)
	if err != nil {
		return relationName{}, fmt.Errorf("load %s: %w", ident, err)
	}
	e.stamp(ident, loaded.MetadataLocation())
	v := current(ident, loaded)
	if ref.At != nil {
		if v, err = e.resolver.at(ctx, ident, loaded, ref.At, e.req); err != nil {
			return relationName{}, err
		}
	}
	name := nameFor(ident, v.label)
	if e.versions[name.folded()] == nil {
		if v.columns, err = columnsOf(v.schema); err != nil {
			return relationName{}, fmt.Errorf("table %s: %w", ident, err)
		}
		e.versions[name.folded()] = v
		e.order = append(e.order, name)
	}
	return name, nil
}

func (e *expansion) view(ctx context.Context, ident catalog.Ident, ref engine.TableRef) (relationName, error) {
	if ref.At != nil {
		return relationName{}, mistake(ref.At.Start, "%s is a view, which has no versions: put AT behind the tables it reads", ident)
	}
	name := nameFor(ident, "")
	if e.views[name.folded()] != nil {
		return name, nil
	}
	if slices.Contains(e.open, ident) {
		var path []string
		for _, open := range append(e.open[slices.Index(e.open, ident):], ident) {
			path = append(path, open.String())
		}
		return relationName{}, mistake(ref.Start, "view %s reads itself: %s", ident, strings.Join(path, " → "))
	}
	loaded, err := e.resolver.catalog.LoadView(ctx, ident)
	if err != nil {
		return relationName{}, fmt.Errorf("load view %s: %w", ident, err)
	}
	e.stamp(ident, loaded.Location)
	e.open = append(e.open, ident)
	defer func() { e.open = e.open[:len(e.open)-1] }()
	sql, statement, err := e.rewrite(ctx, loaded.SQL)
	if err != nil {
		return relationName{}, inView(ident, ref, err)
	}
	if len(statement.Params) > 0 {
		return relationName{}, mistake(ref.Start, "view %s has the parameter $%s: views have none", ident, statement.Params[0])
	}
	e.views[name.folded()] = &expandedView{sql: sql}
	e.order = append(e.order, name)
	return name, nil
}

// stubs are the relations as planning sees them.
func (e *expansion) stubs() []engine.Stub {
	var stubs []engine.Stub
	for _, relation := range e.used {
		stubs = append(stubs, engine.Stub{
			Schema: relation.Schema, Name: relation.Name,
			Columns: columnTypes(relation.Columns), View: relation.View,
		})
	}
	for _, name := range e.order {
		stub := engine.Stub{Schema: name.schema, Name: name.name}
		if view := e.views[name.folded()]; view != nil {
			stub.View = view.sql
		} else {
			stub.Columns = columnTypes(e.versions[name.folded()].columns)
		}
		stubs = append(stubs, stub)
	}
	return stubs
}

func columnTypes(columns []engine.RelationColumn) []engine.Column {
	var types []engine.Column
	for _, column := range columns {
		types = append(types, engine.Column{Name: column.Name, Type: column.Type})
	}
	return types
}

// relations are what the statement reads, and an account of it.
func (e *expansion) relations(ctx context.Context, plan *engine.Plan) ([]engine.Relation, []TableUse, error) {
	needs := needsOf(plan)
	relations := slices.Clone(e.used)
	var uses []TableUse
	for _, name := range e.order {
		if view := e.views[name.folded()]; view != nil {
			relations = append(relations, engine.Relation{Schema: name.schema, Name: name.name, View: view.sql})
			continue
		}
		v := e.versions[name.folded()]
		filter := filterOf(needs[name.folded()], v.schema)
		found, err := e.resolver.selectFiles(ctx, v, filter)
		if err != nil {
			return nil, nil, fmt.Errorf("table %s: %w", v.ident, err)
		}
		relation, err := e.resolver.relationOf(v, name, found)
		if err != nil {
			return nil, nil, err
		}
		relations = append(relations, relation)
		uses = append(uses, TableUse{
			Ident: v.ident, SnapshotID: v.snapshotID(), CommittedAt: v.committedAt(), Pinned: v.label != "",
			Files: len(found.files), FilesTotal: found.filesTotal,
			Rows: found.rows, RowsTotal: found.rowsTotal,
			Bytes: found.bytes, BytesTotal: found.bytesTotal,
		})
	}
	return relations, uses, nil
}

// needsOf joins what the scans of each relation need. A relation that is read without
// a condition, or that the plan does not show, has none.
func needsOf(plan *engine.Plan) map[relationName]*engine.Predicate {
	needs := map[relationName]*engine.Predicate{}
	whole := map[relationName]bool{}
	for _, scan := range plan.Scans {
		name := relationName{scan.Schema, scan.Name}.folded()
		switch have := needs[name]; {
		case scan.Filter == nil:
			whole[name] = true
		case have == nil:
			needs[name] = scan.Filter
		default:
			needs[name] = &engine.Predicate{Op: engine.Or, Args: []*engine.Predicate{have, scan.Filter}}
		}
	}
	for name := range whole {
		delete(needs, name)
	}
	return needs
}
