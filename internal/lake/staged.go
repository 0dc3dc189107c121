package lake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/engine"
)

// Stage works out what the table of a target becomes with the rows in written, and commits nothing.
// It takes over the target and its scratch folder, also when it fails.
func (l *Lake) Stage(ctx context.Context, t *Target, written []engine.WrittenFile) (*Staged, error) {
	s := &Staged{target: t, scratch: []string{t.Output.Dir}}
	for _, f := range written {
		if f.Rows > 0 {
			s.written = append(s.written, newFile{WrittenFile: f})
		}
	}
	if err := s.plan(ctx, l); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", t.Spec.Table, err), l.Discard(ctx, s))
	}
	return s, nil
}

// Abandon ends a target that is not staged, with all that was written for it.
func (l *Lake) Abandon(t *Target) error {
	return os.RemoveAll(t.Output.Dir)
}

// Discard ends a staged write that is not published and removes its files. After a publish, and the second time, it does nothing.
func (l *Lake) Discard(ctx context.Context, s *Staged) error {
	var errs []error
	if !s.settled {
		for _, files := range [][]newFile{s.written, s.added} {
			errs = append(errs, l.removeAdopted(files))
		}
	}
	s.settled = true
	for _, dir := range s.scratch {
		errs = append(errs, os.RemoveAll(dir))
	}
	s.scratch = nil
	return errors.Join(errs...)
}

// removeAdopted removes files that are in the table's folder already.
func (l *Lake) removeAdopted(files []newFile) error {
	var errs []error
	for _, f := range files {
		if f.location == "" {
			continue
		}
		if err := l.store.Remove(f.location); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove unpublished data file: %w", err))
		}
	}
	return errors.Join(errs...)
}

// plan decides the files of the table over target.base. It may be called again after the
// base has changed.
func (s *Staged) plan(ctx context.Context, l *Lake) error {
	s.Rows, s.removed, s.added = sumRows(s.written), nil, nil
	if err := s.checkRequired(); err != nil {
		return err
	}
	current, err := l.currentFiles(ctx, s.target.base, s.target.schema)
	if err != nil {
		return err
	}
	switch s.target.Spec.Mode {
	case Append:
		s.added = s.written
		s.finish(current)
		return nil
	case Replace:
		return s.planReplace(ctx, l, current)
	case Overwrite:
		return s.planOverwrite(ctx, l, current)
	default:
		return s.planMerge(ctx, l, current)
	}
}

func (s *Staged) planReplace(ctx context.Context, l *Lake, current []currentFile) error {
	fresh := s.written
	if len(s.target.Spec.Key) > 0 {
		repeated, err := s.checkKeys(ctx, l)
		if err != nil {
			return err
		}
		if repeated {
			if fresh, err = s.mergeDelta(ctx, l, nil); err != nil {
				return fmt.Errorf("leave out rows that repeat: %w", err)
			}
			s.Rows = sumRows(fresh)
		}
	}
	if len(s.target.changes) == 0 && s.target.base != nil {
		equal, err := l.sameRows(ctx, s.target.schema, current, everyRow, fresh)
		if err != nil {
			return err
		}
		if equal {
			s.keepAll(current)
			return nil
		}
	}
	s.added = fresh
	s.remove(current)
	s.finish(nil)
	return nil
}

// checkRequired fails when a required column has a NULL among the new rows.
func (s *Staged) checkRequired() error {
	for _, field := range s.target.schema.Fields() {
		if !field.Required {
			continue
		}
		for _, f := range s.written {
			if stats, ok := f.Columns[field.Name]; ok && stats.Nulls > 0 {
				return fmt.Errorf("column %q is required but NULL in %d new rows: fill it, or make the column optional",
					field.Name, stats.Nulls)
			}
		}
	}
	return nil
}

// keepAll ends planning: the table's rows stay as they are.
func (s *Staged) keepAll(current []currentFile) {
	s.Rows, s.removed, s.added = 0, nil, nil
	s.finish(current)
}

func (s *Staged) remove(files []currentFile) {
	for _, f := range files {
		s.removed = append(s.removed, f.DataFile)
	}
}

// finish ends planning: the table is the kept files and s.added.
func (s *Staged) finish(kept []currentFile) {
	s.This = relation("this", s.target.schema, kept, s.added)
	s.Files, s.Bytes = len(s.added), 0
	for _, f := range s.added {
		s.Bytes += f.Bytes
	}
	s.Changed = s.target.base == nil || len(s.target.changes) > 0 || len(s.added) > 0 || len(s.removed) > 0 ||
		len(s.newProperties()) > 0
}

// newProperties are the wanted properties that the table has not.
func (s *Staged) newProperties() iceberg.Properties {
	if s.target.base == nil {
		return nil
	}
	have := s.target.base.Properties()
	missing := iceberg.Properties{}
	for key, value := range s.target.Spec.Properties {
		if have[key] != value && key != "format-version" { // a version is not a stored property
			missing[key] = value
		}
	}
	return missing
}

// rewrite writes the rows of a query over relations as data files of the table.
func (s *Staged) rewrite(ctx context.Context, l *Lake, sql string, relations ...engine.Relation) ([]newFile, error) {
	dir, err := l.store.Scratch(ctx)
	if err != nil {
		return nil, err
	}
	s.scratch = append(s.scratch, dir)
	out := s.target.Output
	out.Dir = dir
	written, err := l.write(ctx, sql, out, relations...)
	if err != nil {
		return nil, err
	}
	var files []newFile
	for _, f := range written {
		if f.Rows > 0 {
			files = append(files, newFile{WrittenFile: f})
		}
	}
	return files, nil
}

// columnList is all columns of the table, quoted, each behind prefix.
func (s *Staged) columnList(prefix string) string {
	fields := s.target.schema.Fields()
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = prefix + quote(f.Name)
	}
	return strings.Join(names, ", ")
}

// rowHash is the SQL of a 64-bit hash of a whole row; different seeds make independent hashes.
//
// DuckDB hashes NULL, an empty list or map and a struct without any value alike: the text of such a column tells them apart
// (and its hash, what text does not). And it adds the last column to a hash by an exclusive or, so that a second
// hash around it keeps rows that swap that column from cancelling out.
func (s *Staged) rowHash(prefix string, seed int) string {
	columns := s.columnList(prefix)
	for _, f := range s.target.schema.Fields() {
		if _, nested := f.Type.(iceberg.NestedType); nested {
			columns += ", CAST(" + prefix + quote(f.Name) + " AS VARCHAR)"
		}
	}
	return "hash(hash(" + strconv.Itoa(seed) + ", " + columns + "))"
}

// everyRow is the condition that holds for every row.
const everyRow = "true"

// count counts the rows of files for which a condition holds.
func (l *Lake) count(ctx context.Context, sch *iceberg.Schema, files []currentFile, condition string) (int64, error) {
	known, exact := int64(0), condition == everyRow
	for _, f := range files {
		known += f.Count()
		exact = exact && len(f.deletes) == 0
	}
	if exact || known == 0 {
		return known, nil
	}
	rows, err := l.query(ctx, "SELECT count(*) FROM stored WHERE "+condition, relation("stored", sch, files, nil))
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(*rows[0][0], 10, 64)
}

// sameRows reports whether the stored rows for which condition holds are, as a multiset, the new rows
// (see "Equal content" in the package documentation).
func (l *Lake) sameRows(ctx context.Context, sch *iceberg.Schema, stored []currentFile, condition string, written []newFile) (bool, error) {
	bound := int64(0)
	for _, f := range stored {
		bound += f.Count() // deletes and the condition only make it less
	}
	rows := sumRows(written)
	if bound < rows {
		return false, nil
	}
	count, err := l.count(ctx, sch, stored, condition)
	if err != nil || count != rows {
		return false, err
	}
	if rows == 0 {
		return true, nil
	}
	s := &Staged{target: &Target{schema: sch}}
	digest := "SELECT row(sum(" + s.rowHash("", 1) + "), bit_xor(" + s.rowHash("", 2) + ")) FROM "
	same, err := l.query(ctx, "SELECT ("+digest+"stored WHERE "+condition+") IS NOT DISTINCT FROM ("+digest+"fresh)",
		relation("stored", sch, stored, nil), relation("fresh", sch, nil, written))
	if err != nil {
		return false, fmt.Errorf("compare the new rows with the stored ones: %w", err)
	}
	return *same[0][0] == "true", nil
}
