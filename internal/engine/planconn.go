//go:build duckdb_arrow

package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Plan binds and optimizes sql, with params substituted, over stubs. Tables exist only for its duration, in
// a transaction that is rolled back; the session's time zone and optimizer settings are those of
// [PlanSettings] afterwards.
func (c *Conn) Plan(ctx context.Context, sql string, stubs []Stub, params []Param, timeZone string) (plan *Plan, err error) {
	text, err := Substitute(sql, params)
	if err != nil {
		return nil, err
	}
	if timeZone == "" {
		timeZone = "UTC"
	}
	for _, s := range PlanSettings(timeZone) {
		if err := c.Exec(ctx, s); err != nil {
			return nil, fmt.Errorf("prepare to plan: %w", err)
		}
	}
	if err := c.Exec(ctx, "BEGIN TRANSACTION"); err != nil {
		return nil, fmt.Errorf("prepare to plan: %w", err)
	}
	defer func() {
		if e := c.Exec(context.WithoutCancel(ctx), "ROLLBACK"); e != nil {
			plan, err = nil, errors.Join(err, fmt.Errorf("after planning: %w", e))
		}
	}()
	for _, s := range StubStatements(stubs) {
		if err := c.Exec(ctx, s); err != nil {
			return nil, fmt.Errorf("plan over the tables of the statement: %w", err)
		}
	}
	columns, err := c.Describe(ctx, text)
	if err != nil {
		return nil, err
	}
	rows, err := c.texts(ctx, PlanSQL(text))
	if err != nil {
		return nil, err
	}
	plan, err = DecodePlan(rows[0][0], columns, timeZone)
	if err != nil {
		return nil, err
	}
	for i := range plan.Scans {
		nameScan(&plan.Scans[i], stubs)
	}
	return plan, nil
}

// nameScan gives a scan the names of its stub: a stub without schema lives in main.
func nameScan(scan *Scan, stubs []Stub) {
	at := slices.IndexFunc(stubs, func(s Stub) bool {
		schema := s.Schema
		if schema == "" {
			schema = "main"
		}
		return equalName(schema, scan.Schema) && equalName(s.Name, scan.Name)
	})
	if at >= 0 {
		scan.Schema, scan.Name = stubs[at].Schema, stubs[at].Name
	}
}
