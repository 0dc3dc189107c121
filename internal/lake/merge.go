package lake

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/schema"
)

// filesPerQuery bounds how many files are looked into by one statement that must tell them apart.
const filesPerQuery = 256

// keysAtOnce bounds how many keys are compared with each other at a time: about 200 MB.
const keysAtOnce = 4_000_000

// planMerge updates rows with an equal key and inserts the others.
func (s *Staged) planMerge(ctx context.Context, l *Lake, current []currentFile) error {
	repeated, err := s.checkKeys(ctx, l)
	if err != nil {
		return err
	}
	candidates := s.candidates(current)
	if len(candidates) == 0 && !repeated {
		s.added = s.written
		s.finish(current)
		return nil
	}
	delta, err := s.mergeDelta(ctx, l, candidates)
	if err != nil {
		return fmt.Errorf("compare the new rows with the stored ones: %w", err)
	}
	if len(delta) == 0 {
		s.keepAll(current)
		return nil
	}
	s.Rows = sumRows(delta)
	affected, err := s.affected(ctx, l, candidates, delta)
	if err != nil {
		return fmt.Errorf("find the files that hold changed rows: %w", err)
	}
	if len(affected) == 0 {
		s.added = delta
		s.finish(current)
		return nil
	}
	columns := s.columnList("")
	// One output for both, so that merging again and again does not leave ever more small files.
	s.added, err = s.rewrite(ctx, l,
		"SELECT "+columns+" FROM stored ANTI JOIN delta USING ("+s.keyList("")+") UNION ALL SELECT "+columns+" FROM delta",
		relation("stored", s.target.schema, affected, nil), relation("delta", s.target.schema, nil, delta))
	if err != nil {
		return fmt.Errorf("rewrite %d files that hold changed rows: %w", len(affected), err)
	}
	s.remove(affected)
	s.finish(without(current, affected))
	return nil
}

// keyList is the key columns, quoted, each behind prefix.
func (s *Staged) keyList(prefix string) string {
	names := make([]string, len(s.target.Spec.Key))
	for i, name := range s.target.Spec.Key {
		names[i] = prefix + quote(name)
	}
	return strings.Join(names, ", ")
}

// checkKeys fails when a new row has no key or, as the spec wants it, when a key is there twice; it
// reports whether equal rows repeat.
func (s *Staged) checkKeys(ctx context.Context, l *Lake) (repeated bool, err error) {
	if len(s.written) == 0 {
		return false, nil
	}
	fresh := relation("fresh", s.target.schema, nil, s.written)
	key := s.keyList("")
	for _, name := range s.target.Spec.Key {
		nulls := int64(0)
		for _, f := range s.written {
			if stats, ok := f.Columns[name]; ok {
				nulls += stats.Nulls
			}
		}
		if nulls > 0 {
			return false, fmt.Errorf("%d new rows have NULL in the key column %q: filter them out or give them a key", nulls, name)
		}
	}
	// Keys alone are a fraction of the rows, and hardly ever repeat.
	if repeated, err = s.keysRepeat(ctx, l, fresh); err != nil || !repeated {
		return false, err
	}
	shown, hash := "concat_ws(', ', "+castAll(s.target.Spec.Key)+")", s.unlike("hash")
	rows, err := l.query(ctx, "SELECT "+shown+", count(*), min("+hash+") <> max("+hash+") FROM (SELECT "+key+", "+s.rowHash("", 0)+
		" AS "+hash+" FROM fresh) GROUP BY "+key+" HAVING count(*) > 1 ORDER BY 3 DESC, 1 LIMIT 1", fresh)
	if err != nil {
		return false, err
	}
	value, times, differ := *rows[0][0], *rows[0][1], *rows[0][2]
	switch {
	case differ == "true":
		return false, fmt.Errorf("the key (%s) = (%s) is on %s new rows that differ: make the key unique, "+
			"for example by keeping the newest row of each", key, value, times)
	case s.target.Spec.Duplicates != CollapseEqual:
		return false, fmt.Errorf("the key (%s) = (%s) is on %s new rows: make the key unique, "+
			"for example with SELECT DISTINCT", key, value, times)
	}
	return true, nil
}

// keysRepeat reports whether a key is on several new rows. It looks at a part of the keys at a time, by their hash, so
// that memory does not grow with the number of rows.
func (s *Staged) keysRepeat(ctx context.Context, l *Lake, fresh engine.Relation) (bool, error) {
	key := s.keyList("")
	parts := sumRows(s.written)/keysAtOnce + 1
	for part := range parts {
		rows, err := l.query(ctx, fmt.Sprintf("SELECT 1 FROM (SELECT %s FROM fresh WHERE hash(%s) %% %d = %d GROUP BY %s HAVING count(*) > 1 LIMIT 1)",
			key, key, parts, part, key), fresh)
		if err != nil || len(rows) > 0 {
			return true, err
		}
	}
	return false, nil
}

// unlike is a name for a computed column, quoted, that no column of the table has.
func (s *Staged) unlike(name string) string {
	for {
		if _, taken := schema.Find(s.target.schema, name); !taken {
			return quote(name)
		}
		name += "_"
	}
}

func castAll(names []string) string {
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = "CAST(" + quote(name) + " AS VARCHAR)"
	}
	return strings.Join(parts, ", ")
}

// candidates are the files whose key ranges meet those of the new rows.
func (s *Staged) candidates(current []currentFile) []currentFile {
	type span struct {
		field        iceberg.NestedField
		lower, upper iceberg.Literal
	}
	var spans []span
	for _, name := range s.target.Spec.Key {
		field, _ := s.target.schema.FindFieldByName(name)
		if lower, upper, ok := writtenRange(s.written, field); ok {
			spans = append(spans, span{field, lower, upper})
		}
	}
	var candidates []currentFile
	for _, f := range current {
		apart := len(s.written) == 0
		for _, span := range spans {
			lower, upper := f.bounds(span.field)
			if lower != nil {
				c, ok := compare(lower, span.upper)
				apart = apart || ok && c > 0
			}
			if upper != nil {
				c, ok := compare(upper, span.lower)
				apart = apart || ok && c < 0
			}
		}
		if !apart {
			candidates = append(candidates, f)
		}
	}
	return candidates
}

// writtenRange is the range of a column over all new rows, when every file knows its own.
func writtenRange(files []newFile, field iceberg.NestedField) (lower, upper iceberg.Literal, ok bool) {
	for _, f := range files {
		stats := f.Columns[field.Name]
		if stats.Min == nil || stats.Max == nil || stats.HasNaN {
			return nil, nil, false
		}
		lo, okLo := parseLiteral(field.Type, *stats.Min)
		hi, okHi := parseLiteral(field.Type, *stats.Max)
		if !okLo || !okHi {
			return nil, nil, false
		}
		if lower == nil {
			lower, upper = lo, hi
			continue
		}
		if c, ok := compare(lo, lower); !ok {
			return nil, nil, false
		} else if c < 0 {
			lower = lo
		}
		if c, ok := compare(hi, upper); !ok {
			return nil, nil, false
		} else if c > 0 {
			upper = hi
		}
	}
	return lower, upper, lower != nil
}

// mergeDelta writes the new rows that are not stored as they are: one per key.
func (s *Staged) mergeDelta(ctx context.Context, l *Lake, candidates []currentFile) ([]newFile, error) {
	var differ []string
	for _, f := range s.target.schema.Fields() {
		c := quote(f.Name)
		differ = append(differ, "n."+c+" IS DISTINCT FROM c."+c)
	}
	var on []string
	for _, name := range s.target.Spec.Key {
		on = append(on, "n."+quote(name)+" = c."+quote(name))
	}
	columns := s.columnList("n.")
	// DISTINCT ON collapses equal new rows, and new rows that met several stored ones of their key.
	sql := "SELECT DISTINCT ON (" + s.keyList("n.") + ") " + columns + " FROM fresh n LEFT JOIN stored c ON " +
		strings.Join(on, " AND ") + " WHERE c." + quote(s.target.Spec.Key[0]) + " IS NULL OR " + strings.Join(differ, " OR ")
	relations := []engine.Relation{relation("fresh", s.target.schema, nil, s.written)}
	if len(candidates) == 0 {
		sql = "SELECT DISTINCT ON (" + s.keyList("n.") + ") " + columns + " FROM fresh n"
	} else {
		relations = append(relations, relation("stored", s.target.schema, candidates, nil))
	}
	return s.rewrite(ctx, l, sql, relations...)
}

// affected are the candidates that hold a key of delta.
func (s *Staged) affected(ctx context.Context, l *Lake, candidates []currentFile, delta []newFile) ([]currentFile, error) {
	var affected []currentFile
	file := s.unlike("file")
	for begin := 0; begin < len(candidates); begin += filesPerQuery {
		chunk := candidates[begin:min(begin+filesPerQuery, len(candidates))]
		relations := []engine.Relation{relation("delta", s.target.schema, nil, delta)}
		var selects []string
		for i, f := range chunk {
			name := "stored" + strconv.Itoa(i)
			relations = append(relations, relation(name, s.target.schema, []currentFile{f}, nil))
			selects = append(selects, fmt.Sprintf("SELECT %d AS %s, %s FROM %s", i, file, s.keyList(""), name))
		}
		rows, err := l.query(ctx, "SELECT DISTINCT "+file+" FROM ("+strings.Join(selects, " UNION ALL ")+
			") SEMI JOIN delta USING ("+s.keyList("")+") ORDER BY "+file, relations...)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			i, err := strconv.Atoi(*row[0])
			if err != nil {
				return nil, err
			}
			affected = append(affected, chunk[i])
		}
	}
	return affected, nil
}

func without(files, gone []currentFile) []currentFile {
	paths := make(map[string]bool, len(gone))
	for _, f := range gone {
		paths[f.path] = true
	}
	var kept []currentFile
	for _, f := range files {
		if !paths[f.path] {
			kept = append(kept, f)
		}
	}
	return kept
}

func sumRows(files []newFile) (rows int64) {
	for _, f := range files {
		rows += f.Rows
	}
	return rows
}
