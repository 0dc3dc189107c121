package engine

import (
	"slices"
	"strings"
	"time"
)

// disabledOptimizers are the passes of DuckDB's optimizer that would answer a query over empty tables at once, or
// that hide the filters of a scan, or after which json_serialize_plan fails on common statements: the last three, on CTEs
// and on windows, over joins too. They are off while a statement is planned.
const disabledOptimizers = "statistics_propagation,empty_result_pullup,compressed_materialization," +
	"build_side_probe_side,late_materialization,join_filter_pushdown,row_group_pruner,common_subplan,unused_columns,top_n_window_elimination,column_lifetime"

// PlanSettings are the settings a session must have when it runs [PlanSQL].
func PlanSettings(timeZone string) []string {
	return []string{
		"SET disabled_optimizers = " + QuoteLiteral(disabledOptimizers),
		"SET TimeZone = " + QuoteLiteral(timeZone),
	}
}

// PlanSQL is the query whose only value is the optimized plan of sql, as [DecodePlan] reads it. Constants in sql are
// computed, nothing else is run.
func PlanSQL(sql string) string {
	return "SELECT json_serialize_plan(" + QuoteLiteral(sql) + ", skip_null := true, skip_default := true, optimize := true)"
}

// DecodePlan reads the value of [PlanSQL]. columns are the statement's result; timeZone is the session's. A plan that
// DuckDB cannot serialize has no scans, so that every table is read whole.
func DecodePlan(plan string, columns []Column, timeZone string) (*Plan, error) {
	out := &Plan{Columns: columns}
	if plan == "" { // it has a constant whose bytes are no text: a BIT, a BIGNUM
		return out, nil
	}
	tree, err := decodePlanTree(plan)
	if err != nil {
		return nil, err
	}
	if tree.Error {
		return out, nil
	}
	p := planner{}
	if timeZone != "" {
		p.read.zone, _ = time.LoadLocation(timeZone)
	}
	for _, root := range tree.Plans {
		p.walk(root)
	}
	for _, s := range p.scans {
		out.Scans = append(out.Scans, *s)
	}
	return out, nil
}

// planner collects the scans of a plan.
type planner struct {
	read  filterReader
	scans []*Scan
}

// walk visits an operator and returns where its output columns come from. It knows them for scans and for
// filters and projections over one: only there a filter on the output is one on the scan's rows. (Above a LIMIT, for
// one, it is not: without the rows that fail the filter, others would be within the limit.)
func (p *planner) walk(n planNode) []*column {
	var inputs [][]*column
	for _, child := range n.Children {
		inputs = append(inputs, p.walk(child))
	}
	if n.Type == "LOGICAL_GET" {
		return p.scan(n)
	}
	if len(inputs) != 1 || inputs[0] == nil {
		return nil
	}
	input := func(i int) *column {
		if i < 0 || i >= len(inputs[0]) {
			return nil
		}
		return inputs[0][i]
	}
	switch n.Type {
	case "LOGICAL_FILTER":
		if at := slices.IndexFunc(inputs[0], func(c *column) bool { return c != nil }); at >= 0 {
			scan := inputs[0][at].scan
			for _, e := range n.Expressions {
				scan.Filter = and(scan.Filter, p.read.expression(e, input))
			}
		}
		return narrow(inputs[0], n.ProjectionMap)
	case "LOGICAL_PROJECTION":
		out := make([]*column, len(n.Expressions))
		for i, e := range n.Expressions {
			out[i] = reference(e, input)
		}
		return out
	}
	return nil
}

// narrow picks columns by position; no positions are all columns.
func narrow(columns []*column, positions []int) []*column {
	if len(positions) == 0 {
		return columns
	}
	out := make([]*column, len(positions))
	for i, at := range positions {
		if at >= 0 && at < len(columns) {
			out[i] = columns[at]
		}
	}
	return out
}

// scan notes a scan of a table. Other sources, such as table functions, are nobody's stub.
func (p *planner) scan(n planNode) []*column {
	if n.Function.Table == "" {
		return nil
	}
	scan := &Scan{Schema: n.Function.Schema, Name: n.Function.Table}
	p.scans = append(p.scans, scan)
	used := make([]bool, len(n.Names))
	get := func(index uint64) *column {
		c := &column{scan: scan}
		if index < uint64(len(n.Names)) && index < uint64(len(n.ReturnedTypes)) { // others are virtual, as the row id
			used[index] = true
			c.typ = n.ReturnedTypes[index]
			if name := n.Names[index]; !strings.Contains(name, ".") {
				c.path = name
			}
		}
		return c
	}
	columns := make([]*column, len(n.ColumnIndexes))
	for i, index := range n.ColumnIndexes {
		columns[i] = get(index.Index)
	}
	for _, f := range n.TableFilters.Filters {
		scan.Filter = and(scan.Filter, p.read.tableFilter(f.Filter, get(f.Column)))
	}
	for i, name := range n.Names {
		if used[i] {
			scan.Columns = append(scan.Columns, name)
		}
	}
	return narrow(columns, n.ProjectionIDs)
}
