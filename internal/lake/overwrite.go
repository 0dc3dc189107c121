package lake

import (
	"context"
	"fmt"

	"github.com/apache/iceberg-go"
)

// planOverwrite replaces the rows of an interval.
func (s *Staged) planOverwrite(ctx context.Context, l *Lake, current []currentFile) error {
	slice := s.target.slice
	if err := s.checkInside(ctx, l, slice); err != nil {
		return err
	}
	var kept, dropped, mixed []currentFile
	for _, f := range current {
		lower, upper := f.bounds(slice.field)
		switch slice.locate(lower, upper, f.nulls(slice.field), f.Count()) {
		case allOutside:
			kept = append(kept, f)
		case allInside:
			dropped = append(dropped, f)
		default:
			rows, err := l.count(ctx, s.target.schema, []currentFile{f}, slice.inside())
			if err != nil {
				return err
			}
			if rows == 0 {
				kept = append(kept, f)
			} else {
				mixed = append(mixed, f)
			}
		}
	}
	if len(s.target.changes) == 0 {
		equal, err := l.sameRows(ctx, s.target.schema, append(dropped[:len(dropped):len(dropped)], mixed...), slice.inside(), s.written)
		if err != nil {
			return err
		}
		if equal {
			s.keepAll(current)
			return nil
		}
	}
	s.added = s.written
	if len(mixed) > 0 {
		rewritten, err := s.rewrite(ctx, l,
			"SELECT "+s.columnList("")+" FROM stored WHERE "+slice.outside(),
			relation("stored", s.target.schema, mixed, nil))
		if err != nil {
			return fmt.Errorf("rewrite %d files that hold rows inside and outside the interval: %w", len(mixed), err)
		}
		s.added = append(s.added[:len(s.added):len(s.added)], rewritten...)
	}
	s.remove(dropped)
	s.remove(mixed)
	s.finish(kept)
	return nil
}

// checkInside fails when a new row is outside the interval.
func (s *Staged) checkInside(ctx context.Context, l *Lake, slice *slice) error {
	var doubtful []newFile
	for _, f := range s.written {
		stats, known := f.Columns[slice.field.Name]
		var lower, upper iceberg.Literal
		if stats.Min != nil && stats.Max != nil {
			if lo, ok := parseLiteral(slice.field.Type, *stats.Min); ok {
				lower = lo
			}
			if hi, ok := parseLiteral(slice.field.Type, *stats.Max); ok {
				upper = hi
			}
		}
		if !known || slice.locate(lower, upper, stats.Nulls, f.Rows) != allInside {
			doubtful = append(doubtful, f)
		}
	}
	if len(doubtful) == 0 {
		return nil
	}
	column := quote(slice.field.Name)
	rows, err := l.query(ctx, "SELECT CAST("+column+" AS VARCHAR), count(*) OVER () FROM fresh WHERE "+slice.outside()+
		" ORDER BY "+column+" NULLS FIRST LIMIT 1", relation("fresh", s.target.schema, nil, doubtful))
	if err != nil || len(rows) == 0 {
		return err
	}
	outside := *rows[0][1] + " new rows are"
	if *rows[0][1] == "1" {
		outside = "1 new row is"
	}
	if rows[0][0] == nil {
		return fmt.Errorf("%s outside the interval: %s is NULL in one; filter such rows out or give them a time", outside, column)
	}
	return fmt.Errorf("%s outside the interval [%s, %s) of %s, for example one with %s: "+
		"filter the query by $start and $end on the values of this column",
		outside, slice.loS, slice.hiS, column, *rows[0][0])
}
