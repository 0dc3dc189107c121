// Package quality holds tables to what their authors promise of them: column contracts, and checks, which are queries
// that must return no rows.
//
// Contracts on types are settled before a row is written ([Columns]). Checks run in the sandbox over
// "this", the table as it would be once published ([Checker.Run]).
package quality

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
)

// ContractError is a column that is not what its contract says.
type ContractError struct {
	Pos      project.Pos // of the contract, or of the model when the column has none
	Model    string
	Column   string
	Expected string // type of the contract; "" when it gives none
	Found    string // type of the query's column; "" when there is no such column
	Twice    bool   // the query has several columns of this name
	Hint     string // what to do
}

func (e *ContractError) Error() string {
	var what string
	switch {
	case e.Twice:
		what = "the query has two columns of this name"
	case e.Found == "":
		what = "the query has no such column"
	case e.Expected == "":
		what = "its type is " + e.Found
	default:
		what = fmt.Sprintf("the contract says %s, the query makes %s", e.Expected, e.Found)
	}
	return fmt.Sprintf("%s: %s, column %q: %s; %s", e.Pos, e.Model, e.Column, what, e.Hint)
}

// Permanent reports that trying again cannot help.
func (e *ContractError) Permanent() bool { return true }

// Columns are the columns that a model's table gets: those of its query's result, with the types of the model's contracts.
// A contract is a cast that either keeps every value or fails the build:
//
//   - an integer or a decimal may be stored as any integer or decimal with at least its scale (a value out of range
//     fails when it is written), so that sum(amount), a DECIMAL(38,2), may be promised as decimal(18,2);
//   - a float may be stored as a double, an int as a double;
//   - every other type must be the query's own.
//
// All mismatches are returned at once, joined; each is a *[ContractError].
func Columns(m *project.Model, result []engine.Column) ([]schema.Column, error) {
	var errs []error
	columns := make([]schema.Column, 0, len(result))
	for i, c := range result {
		if slices.ContainsFunc(result[:i], func(o engine.Column) bool { return strings.EqualFold(o.Name, c.Name) }) {
			errs = append(errs, &ContractError{Pos: m.Pos, Model: m.Name, Column: c.Name, Found: c.Type,
				Twice: true, Hint: "give one of them another name with AS"})
			continue
		}
		contract := contractOf(m, c.Name)
		column, err := contracted(m, contract, c)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		columns = append(columns, column)
	}
	for _, contract := range m.Columns {
		if !slices.ContainsFunc(result, func(c engine.Column) bool { return strings.EqualFold(c.Name, contract.Name) }) {
			names := make([]string, len(result))
			for i, c := range result {
				names[i] = c.Name
			}
			errs = append(errs, &ContractError{Pos: contract.Pos, Model: m.Name, Column: contract.Name, Expected: contract.Type,
				Hint: "it has " + strings.Join(names, ", ")})
		}
	}
	return columns, errors.Join(errs...)
}

func contractOf(m *project.Model, column string) *project.ColumnContract {
	for _, c := range m.Columns {
		if strings.EqualFold(c.Name, column) {
			return c
		}
	}
	return nil
}

// contracted is a result column as the table stores it.
func contracted(m *project.Model, contract *project.ColumnContract, c engine.Column) (schema.Column, error) {
	found, _, err := schema.FromDuckDB(c.Type)
	if err != nil {
		pos := m.Pos
		if contract != nil {
			pos = contract.Pos
		}
		return schema.Column{}, &ContractError{Pos: pos, Model: m.Name, Column: c.Name, Found: c.Type,
			Hint: strings.TrimPrefix(err.Error(), schema.ErrType.Error()+": ")}
	}
	column := schema.Column{Name: c.Name, Type: found}
	if contract == nil {
		return column, nil
	}
	column.Doc = contract.Description
	if contract.Type == "" {
		return column, nil
	}
	wanted, err := schema.ParseType(contract.Type)
	if err != nil {
		return schema.Column{}, fmt.Errorf("%s: column %q: %w", contract.Pos, contract.Name, err)
	}
	if !keepsValues(found, wanted) {
		return schema.Column{}, &ContractError{Pos: contract.Pos, Model: m.Name, Column: c.Name, Expected: contract.Type, Found: spell(c.Type),
			Hint: fmt.Sprintf("cast it in the query, %s::%s, or change the contract", quoteIfNeeded(c.Name), contract.Type)}
	}
	column.Type = wanted
	return column, nil
}

// keepsValues reports that a cast between two types keeps a value or fails.
func keepsValues(from, to iceberg.Type) bool {
	if sameType(from, to) {
		return true
	}
	scale, exact := scaleOf(from)
	if wanted, ok := scaleOf(to); exact && ok {
		return wanted >= scale
	}
	if _, ok := to.(iceberg.Float64Type); ok {
		switch from.(type) {
		case iceberg.Float32Type, iceberg.Int32Type:
			return true
		}
	}
	return false
}

// scaleOf is the number of decimal places of an exact numeric type.
func scaleOf(t iceberg.Type) (int, bool) {
	switch t := t.(type) {
	case iceberg.Int32Type, iceberg.Int64Type:
		return 0, true
	case iceberg.DecimalType:
		return t.Scale(), true
	}
	return 0, false
}

// sameType compares types by their DuckDB spelling: field ids, which only tables have, do not count.
func sameType(a, b iceberg.Type) bool {
	return strings.EqualFold(schema.DuckDB(a), schema.DuckDB(b))
}

// spell writes a DuckDB type the way people do in contracts.
func spell(duckdb string) string {
	return strings.ReplaceAll(strings.ToLower(duckdb), "timestamp with time zone", "timestamptz")
}

func quoteIfNeeded(name string) string {
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return engine.QuoteIdent(name)
		}
	}
	return name
}
