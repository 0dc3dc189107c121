package metric_test

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hosu-io/hosu/internal/metric"
)

// arrange orders and cuts rows as the question wants.
func (c *company) arrange(q metric.Query, rows [][]value) [][]string {
	keys := len(q.By)
	var names []string
	if q.Grain != metric.Total {
		keys++
		names = append(names, "time")
	}
	names = append(names, q.By...)
	for _, m := range q.Metrics {
		names = append(names, m)
		if q.Compare {
			names = append(names, "")
		}
	}
	column := slices.Index(names, q.Order)
	if q.Order == "" {
		column = -1
	}
	top := q.Limit > 0 && q.Grain != metric.Total && len(q.By) > 0
	if top {
		rows = c.top(q, rows, max(column, keys), column >= keys && !q.Descending)
	}
	descending := q.Descending
	if column < 0 && q.Grain == metric.Total && keys > 0 {
		column, descending = keys, true
	}
	slices.SortFunc(rows, func(a, b []value) int {
		if column >= 0 {
			if order := compare(a[column], b[column], descending); order != 0 {
				return order
			}
		}
		for i := range keys {
			if order := compare(a[i], b[i], false); order != 0 {
				return order
			}
		}
		return 0
	})
	if q.Limit > 0 && !top && len(rows) > q.Limit {
		rows = rows[:q.Limit]
	}
	var out [][]string
	for _, r := range rows {
		var cells []string
		for _, v := range r {
			cells = append(cells, plain(v))
		}
		out = append(out, cells)
	}
	return out
}

// top keeps the combinations of dimensions with the greatest sums of a column, or the greatest of its least or greatest values.
func (c *company) top(q metric.Query, rows [][]value, column int, ascending bool) [][]value {
	by := q.Metrics[0]
	if slices.Contains(q.Metrics, q.Order) {
		by = q.Order
	}
	add := plus
	switch c.metrics[by].aggregate {
	case "min":
		add = func(a, b value) value { return foremost(a, b, false) }
	case "max":
		add = func(a, b value) value { return foremost(a, b, true) }
	}
	sums := map[string]value{}
	dims := map[string][]value{}
	var order []string
	for _, r := range rows {
		key := text(r[1 : 1+len(q.By)])
		if _, seen := dims[key]; !seen {
			dims[key] = r[1 : 1+len(q.By)]
			order = append(order, key)
		}
		sums[key] = add(sums[key], r[column])
	}
	slices.SortFunc(order, func(a, b string) int {
		if o := compare(sums[a], sums[b], !ascending); o != 0 {
			return o
		}
		for i := range q.By {
			if o := compare(dims[a][i], dims[b][i], false); o != 0 {
				return o
			}
		}
		return 0
	})
	keep := order[:min(q.Limit, len(order))]
	return slices.DeleteFunc(rows, func(r []value) bool { return !slices.Contains(keep, text(r[1:1+len(q.By)])) })
}

// foremost is the one that comes first in order.
func foremost(a, b value, descending bool) value {
	if compare(a, b, descending) <= 0 {
		return a
	}
	return b
}

// plus adds, leaving out NULL.
func plus(a, b value) value {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	x, exact := a.(*big.Rat)
	y, exactToo := b.(*big.Rat)
	if exact && exactToo {
		return new(big.Rat).Add(x, y)
	}
	return float(a) + float(b)
}

// compare orders values, NULL last.
func compare(a, b value, descending bool) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	order := 0
	switch x := a.(type) {
	case *big.Rat:
		if y, ok := b.(*big.Rat); ok {
			order = x.Cmp(y)
		} else {
			order = cmp.Compare(float(a), float(b))
		}
	case float64:
		order = cmp.Compare(x, float(b))
	case string:
		order = strings.Compare(x, b.(string))
	case bool:
		order = strings.Compare(strconv.FormatBool(x), strconv.FormatBool(b.(bool)))
	}
	if descending {
		return -order
	}
	return order
}
