package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/schema"
)

// version is a table at one of its snapshots.
type version struct {
	ident    catalog.Ident
	table    *table.Table
	snapshot *table.Snapshot // nil: the table has none yet
	schema   *iceberg.Schema
	columns  []engine.RelationColumn
	// label tells the versions of a table apart; empty for the table as it is now.
	label string
	// branch is set for a version that was asked for by the name of a branch: it has the table's present schema.
	branch string
}

// snapshotID is 0 for a table without snapshots.
func (v *version) snapshotID() int64 {
	if v.snapshot == nil {
		return 0
	}
	return v.snapshot.SnapshotID
}

// committedAt is when the snapshot was committed, or a table without one last changed.
func (v *version) committedAt() time.Time {
	if v.snapshot == nil {
		return time.UnixMilli(v.table.Metadata().LastUpdatedMillis()).UTC()
	}
	return time.UnixMilli(v.snapshot.TimestampMs).UTC()
}

// scan is a scan of the version; a nil filter selects every file.
func (v *version) scan(filter iceberg.BooleanExpression) (*table.Scan, error) {
	opts := []table.ScanOption{table.WithRowFilter(filter)}
	if v.branch == "" && v.label != "" {
		opts = append(opts, table.WithSnapshotID(v.snapshotID()))
	}
	scan := v.table.Scan(opts...)
	if v.branch == "" {
		return scan, nil
	}
	scan, err := scan.UseRef(v.branch)
	if err != nil {
		return nil, fmt.Errorf("branch %s of %s: %w", v.branch, v.ident, err)
	}
	return scan, nil
}

// current is the table as it is now.
func current(ident catalog.Ident, t *table.Table) *version {
	return &version{ident: ident, table: t, snapshot: t.CurrentSnapshot(), schema: t.Schema()}
}

// at is the table at the version or time of an AT clause.
func (r *Resolver) at(ctx context.Context, ident catalog.Ident, t *table.Table, clause *engine.At, req *Request) (*version, error) {
	if strings.EqualFold(clause.Unit, "TIMESTAMP") {
		text, err := r.constant(ctx, clause, "TIMESTAMP WITH TIME ZONE", req)
		if err != nil {
			return nil, err
		}
		value, err := schema.ParseLiteral(iceberg.PrimitiveTypes.TimestampTz, text)
		when, ok := value.(iceberg.TimestampLiteral)
		if err != nil || !ok {
			return nil, mistake(clause.Start, "AT (TIMESTAMP => %s): %s is not a time between the years 1 and 9999", clause.Expr, text)
		}
		return asOf(ident, t, time.UnixMicro(int64(when)), r.location(req), clause)
	}
	name, plain := plainVersion(clause.Expr)
	if !plain {
		var err error
		if name, err = r.constant(ctx, clause, "VARCHAR", req); err != nil {
			return nil, err
		}
	}
	return named(ident, t, name, r.location(req), clause)
}

// plainVersion reads a version written as a number or a simple text, which needs no engine.
func plainVersion(expr string) (string, bool) {
	if _, err := strconv.ParseUint(expr, 10, 63); err == nil {
		return expr, true
	}
	if len(expr) < 2 || expr[0] != '\'' || expr[len(expr)-1] != '\'' || strings.ContainsAny(expr[1:len(expr)-1], `'\`) {
		return "", false
	}
	return expr[1 : len(expr)-1], true
}

// constant is the value of an AT clause, as text of the given type. The clause may be any expression of
// constants ("today() - 7", a parameter); the optimizer folds it, in the session's time zone.
func (r *Resolver) constant(ctx context.Context, clause *engine.At, typ string, req *Request) (string, error) {
	const name = "constant"
	sql := "SELECT 1 FROM " + name + " WHERE v = CAST((" + clause.Expr + "\n) AS " + typ + ")"
	problem := func(why string) error {
		return mistake(clause.Start, "AT (%s => %s): %s", strings.ToUpper(clause.Unit), clause.Expr, why)
	}
	explain := func(err error) error {
		var statement *engine.StatementError
		if errors.As(err, &statement) {
			return problem(statement.Message) // its position is in a text that nobody wrote
		}
		return fmt.Errorf("AT (%s => %s): %w", strings.ToUpper(clause.Unit), clause.Expr, err)
	}
	statement, err := r.planner.Parse(ctx, sql)
	if err != nil {
		return "", explain(err)
	}
	if len(statement.Tables) != 1 {
		return "", problem("want a constant, not a query")
	}
	stub := engine.Stub{Name: name, Columns: []engine.Column{{Name: "v", Type: typ}}}
	plan, err := r.planner.Plan(ctx, sql, []engine.Stub{stub}, usedParams(req.Params, statement.Params), r.timeZone(req))
	if err != nil {
		return "", explain(err)
	}
	for _, scan := range plan.Scans {
		if value, ok := onlyValue(scan.Filter); ok {
			return value, nil
		}
	}
	return "", problem("want a constant that is not NULL")
}

// onlyValue finds the constant of "v = constant".
func onlyValue(p *engine.Predicate) (string, bool) {
	switch {
	case p == nil:
		return "", false
	case p.Op == engine.Eq && len(p.Values) == 1:
		return p.Values[0], true
	case p.Op == engine.And:
		for _, arg := range p.Args {
			if value, ok := onlyValue(arg); ok {
				return value, true
			}
		}
	}
	return "", false
}

func usedParams(params []engine.Param, names []string) []engine.Param {
	var used []engine.Param
	for _, param := range params {
		if slices.Contains(names, param.Name) {
			used = append(used, param)
		}
	}
	return used
}

// named is the table at a snapshot id, a branch or a tag.
func named(ident catalog.Ident, t *table.Table, name string, zone *time.Location, clause *engine.At) (*version, error) {
	meta := t.Metadata()
	for ref, target := range meta.Refs() {
		if ref != name {
			continue
		}
		if name == table.MainBranch {
			return current(ident, t), nil
		}
		snapshot := meta.SnapshotByID(target.SnapshotID)
		if target.SnapshotRefType == table.BranchRef {
			return &version{ident: ident, table: t, snapshot: snapshot, schema: t.Schema(), label: branchLabel(name), branch: name}, nil
		}
		return atSnapshot(ident, t, snapshot)
	}
	if name == table.MainBranch {
		return current(ident, t), nil // a table without snapshots has no refs
	}
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		if snapshot := meta.SnapshotByID(id); snapshot != nil {
			return atSnapshot(ident, t, snapshot)
		}
	}
	return nil, mistake(clause.Start, "table %s has no version %s; it has %s", ident, name, describeVersions(meta, zone))
}

func atSnapshot(ident catalog.Ident, t *table.Table, snapshot *table.Snapshot) (*version, error) {
	v := &version{
		ident: ident, table: t, snapshot: snapshot, schema: t.Schema(),
		label: strconv.FormatInt(snapshot.SnapshotID, 10),
	}
	if snapshot.SchemaID == nil {
		return v, nil
	}
	for _, s := range t.Metadata().Schemas() {
		if s.ID == *snapshot.SchemaID {
			v.schema = s
			return v, nil
		}
	}
	return nil, fmt.Errorf("table %s: snapshot %d has schema %d, which the metadata lacks", ident, snapshot.SnapshotID, *snapshot.SchemaID)
}

// asOf is the table as its main branch was at a time.
func asOf(ident catalog.Ident, t *table.Table, when time.Time, zone *time.Location, clause *engine.At) (*version, error) {
	meta := t.Metadata()
	var latest, first *table.SnapshotLogEntry
	for entry := range meta.SnapshotLogs() {
		if first == nil || entry.TimestampMs < first.TimestampMs {
			first = &entry
		}
		// Entries of clocks that jumped are out of order; of equal times the later entry holds.
		if entry.TimestampMs <= when.UnixMilli() && (latest == nil || entry.TimestampMs >= latest.TimestampMs) {
			latest = &entry
		}
	}
	if latest == nil {
		found := "it has no snapshot yet"
		if first != nil {
			found = "its history begins at " + instant(first.TimestampMs, zone)
		}
		return nil, mistake(clause.Start, "table %s has no data as of %s: %s", ident, when.In(zone).Format(timeLayout), found)
	}
	snapshot := meta.SnapshotByID(latest.SnapshotID)
	if snapshot == nil {
		return nil, mistake(clause.Start, "table %s: the snapshot of %s has expired; it has %s",
			ident, instant(latest.TimestampMs, zone), describeVersions(meta, zone))
	}
	return atSnapshot(ident, t, snapshot)
}

const timeLayout = "2006-01-02 15:04:05.999-07:00"

func instant(millis int64, zone *time.Location) string {
	return time.UnixMilli(millis).In(zone).Format(timeLayout)
}

// shownVersions is how many snapshots an error lists.
const shownVersions = 5

// describeVersions lists what AT can name, newest snapshots first.
func describeVersions(meta table.Metadata, zone *time.Location) string {
	snapshots := slices.SortedFunc(slices.Values(meta.Snapshots()), func(a, b table.Snapshot) int {
		return int(b.SequenceNumber - a.SequenceNumber)
	})
	if len(snapshots) == 0 {
		return "no snapshots yet"
	}
	var parts []string
	for i, snapshot := range snapshots {
		if i == shownVersions {
			parts = append(parts, fmt.Sprintf("%d older", len(snapshots)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%d (%s)", snapshot.SnapshotID, instant(snapshot.TimestampMs, zone)))
	}
	text := "snapshots " + strings.Join(parts, ", ")
	var refs []string
	for name, ref := range meta.Refs() {
		refs = append(refs, fmt.Sprintf("%s '%s'", ref.SnapshotRefType, name))
	}
	slices.Sort(refs)
	if len(refs) > 0 {
		text += "; " + strings.Join(refs, ", ")
	}
	return text
}

// branchLabel is a branch's name with only such characters as a relation name may have. No snapshot id
// looks like it.
func branchLabel(name string) string {
	var label strings.Builder
	label.WriteString("branch-")
	for _, r := range name {
		if r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			label.WriteRune(r)
		} else {
			fmt.Fprintf(&label, "_%x_", r)
		}
	}
	return label.String()
}
