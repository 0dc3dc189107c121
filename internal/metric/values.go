package metric

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/engine"
)

// Values makes the statement that lists the values of a dimension of metrics and how many rows of their activities have
// each, the most frequent first: the columns "value", as text, and "count". A search keeps the values that contain it,
// whatever the case of letters. "" is the value of rows that have none. No metrics are all metrics; metrics that lack the
// dimension are passed over. Zero times leave that end of the range open; a limit of zero is none.
func (s *Set) Values(metrics []string, dimension, search string, limit int, from, to time.Time) (*Statement, error) {
	c := &compiler{set: s, tables: map[string]bool{}, names: map[string]bool{}}
	p := &part{compiler: c}
	r := days{}
	if !from.IsZero() {
		r.from = dayOf(from)
	}
	if !to.IsZero() {
		r.to = dayOf(to)
	}
	switch {
	case !plainText(search):
		return nil, &QueryError{Message: "the search is no text"}
	case limit < 0:
		return nil, &QueryError{Message: fmt.Sprintf("limit is %d", limit), Hint: "expected a positive number, or 0 for no limit"}
	}
	activities, err := s.subjects(metrics)
	if err != nil {
		return nil, err
	}
	var selects []string
	var unknown *QueryError
	for _, a := range activities {
		d, err := a.dimension(dimension)
		if err != nil {
			unknown = err
			continue
		}
		src := p.source(a, r, false, d.fragment)
		value := "coalesce(CAST(" + d.sql + " AS VARCHAR), '')"
		if search != "" {
			src.where = append(src.where, fmt.Sprintf("contains(lower(%s), lower(%s))", value, engine.QuoteLiteral(search)))
		}
		selects = append(selects, selectSQL{
			items: []string{value + ` AS "value"`, `count(*) AS "count"`}, from: src.from, where: src.where, groupBy: positions(1),
		}.String())
	}
	result := selectSQL{orderBy: []string{"2 DESC", "1"}, limit: limit}
	switch len(selects) {
	case 0:
		return nil, unknown
	case 1:
		result.items, result.from = []string{`"value"`, `"count"`}, "(\n"+indent(selects[0])+"\n)"
	default:
		result.items = []string{`"value"`, `CAST(sum("count") AS BIGINT) AS "count"`}
		result.from, result.groupBy = "(\n"+indent(strings.Join(selects, "\nUNION ALL\n"))+"\n)", positions(1)
	}
	sql := c.with(result.String())
	return &Statement{
		SQL: sql, TimeZone: s.zone, Tables: slices.Sorted(maps.Keys(c.tables)),
		Columns: []Column{
			{Name: "value", Label: Label{"en": "Value", "ko": "값"}, Type: "VARCHAR", Role: RoleDimension},
			{Name: "count", Label: Label{"en": "Count", "ko": "수"}, Type: "BIGINT", Format: "count", Role: RoleMeasure},
		},
	}, nil
}

// subjects are the activities whose dimensions metrics have, each once; those of all metrics when none is named.
func (s *Set) subjects(names []string) ([]*activity, error) {
	metrics := s.metrics
	if len(names) > 0 {
		metrics = nil
		for _, name := range names {
			m, err := s.find(name)
			if err != nil {
				return nil, err
			}
			metrics = append(metrics, m)
		}
	}
	var list []*activity
	for _, m := range metrics {
		for _, leaf := range m.leaves() {
			if !slices.Contains(list, leaf.subject()) {
				list = append(list, leaf.subject())
			}
		}
	}
	if len(list) == 0 {
		return nil, &QueryError{Message: "there are no metrics", Hint: "metrics are defined in metrics/*.yaml"}
	}
	return list, nil
}
