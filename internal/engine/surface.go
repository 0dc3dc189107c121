//go:build duckdb_arrow

package engine

import (
	"context"
	"errors"
)

var errUnfinished = errors.New("being written")

// PlanSettings must be set in a session before PlanSQL runs in it.
func PlanSettings(timeZone string) []string { return nil }

// PlanSQL is the query whose single value is the plan that DecodePlan reads.
func PlanSQL(sql string) string { return "" }

// DecodePlan reads the value of PlanSQL.
func DecodePlan(json string, columns []Column, timeZone string) (*Plan, error) {
	return nil, errUnfinished
}

// Plan binds and optimizes sql over stubs in a transaction that is rolled back.
func (c *Conn) Plan(ctx context.Context, sql string, stubs []Stub, params []Param, timeZone string) (*Plan, error) {
	return nil, errUnfinished
}
