package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/engine"
)

// Function is one that people's SQL may call, for those who write it.
type Function struct {
	Name        string       `json:"name"`
	Kind        FunctionKind `json:"kind" enum:"scalar,aggregate,table,window"`
	Signatures  []string     `json:"signatures" doc:"One per set of parameters: round(x DOUBLE, precision INTEGER) → DOUBLE."`
	Description string       `json:"description"`
	Examples    []string     `json:"examples"`
}

// FunctionKind says where a function can stand.
type FunctionKind string

// The kinds of functions.
const (
	Scalar    FunctionKind = "scalar"
	Aggregate FunctionKind = "aggregate"
	Table     FunctionKind = "table"
	Window    FunctionKind = "window" // with OVER only
)

// windowFunctions are part of DuckDB's grammar, and not in its catalog of functions.
var windowFunctions = []Function{
	{Name: "cume_dist", Signatures: []string{"cume_dist() → DOUBLE"}, Description: "The share of rows of the partition that are not behind this one."},
	{Name: "dense_rank", Signatures: []string{"dense_rank() → BIGINT"}, Description: "The rank of the row, without gaps after equal rows."},
	{Name: "fill", Signatures: []string{"fill(expr)"}, Description: "The value, or where it is NULL one between its neighbours."},
	{Name: "first_value", Signatures: []string{"first_value(expr)"}, Description: "The value at the first row of the frame."},
	{Name: "lag", Signatures: []string{"lag(expr)", "lag(expr, offset BIGINT)", "lag(expr, offset BIGINT, default)"}, Description: "The value offset rows before this one; offset is 1 when it is not given."},
	{Name: "last_value", Signatures: []string{"last_value(expr)"}, Description: "The value at the last row of the frame."},
	{Name: "lead", Signatures: []string{"lead(expr)", "lead(expr, offset BIGINT)", "lead(expr, offset BIGINT, default)"}, Description: "The value offset rows behind this one; offset is 1 when it is not given."},
	{Name: "nth_value", Signatures: []string{"nth_value(expr, n BIGINT)"}, Description: "The value at the n-th row of the frame, from 1."},
	{Name: "ntile", Signatures: []string{"ntile(buckets BIGINT) → BIGINT"}, Description: "The number of the bucket, from 1, when the partition is divided into as many equal ones."},
	{Name: "percent_rank", Signatures: []string{"percent_rank() → DOUBLE"}, Description: "The rank of the row as a share: (rank() - 1) / (rows - 1)."},
	{Name: "rank", Signatures: []string{"rank() → BIGINT"}, Description: "The rank of the row, with gaps after equal rows."},
	{Name: "row_number", Signatures: []string{"row_number() → BIGINT"}, Description: "The number of the row in its partition, from 1."},
}

// word matches functions that are called by their name; the others are operators.
var word = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// functionQuery lists what DuckDB has, one row per set of parameters, as one JSON text.
const functionQuery = `
select coalesce(to_json(list({name: lower(function_name), kind: function_type, returns: coalesce(return_type, ''),
	parameters: coalesce(parameters, []), types: coalesce(parameter_types, []), varargs: coalesce(varargs, ''),
	description: coalesce(description, ''), examples: coalesce(examples, [])} order by function_name, len(parameters), return_type))::varchar, '[]')
from duckdb_functions()
where function_type in ('scalar', 'aggregate', 'macro', 'table')`

// Functions lists the functions that [Allow] lets statements call, by name, as DuckDB describes them.
func Functions(ctx context.Context, trusted *engine.Engine) ([]Function, error) {
	var overloads []struct {
		Name, Kind, Returns, Varargs, Description string
		Parameters, Types, Examples               []*string
	}
	if err := queryJSON(ctx, trusted, functionQuery, &overloads); err != nil {
		return nil, fmt.Errorf("list the functions of DuckDB: %w", err)
	}
	allowed := newAllowlist()
	byName := map[string]*Function{}
	for _, o := range overloads {
		kind := FunctionKind(o.Kind)
		if o.Kind == "macro" {
			kind = Scalar
		}
		names := allowed.functions
		if kind == Table {
			names = allowed.tableFunctions
		}
		if _, ok := names[o.Name]; !ok || !word.MatchString(o.Name) {
			continue
		}
		key := o.Name + " " + string(kind)
		f := byName[key]
		if f == nil {
			f = &Function{Name: o.Name, Kind: kind, Signatures: []string{}, Examples: []string{}}
			byName[key] = f
		}
		if signature := signature(o.Name, o.Parameters, o.Types, o.Varargs, o.Returns); !slices.Contains(f.Signatures, signature) {
			f.Signatures = append(f.Signatures, signature)
		}
		if f.Description == "" {
			f.Description = o.Description
		}
		for _, e := range o.Examples {
			if e != nil && !slices.Contains(f.Examples, *e) {
				f.Examples = append(f.Examples, *e)
			}
		}
	}
	var functions []Function
	for _, f := range byName {
		functions = append(functions, *f)
	}
	for _, f := range windowFunctions {
		f.Kind, f.Signatures, f.Examples = Window, slices.Clone(f.Signatures), []string{}
		functions = append(functions, f)
	}
	slices.SortFunc(functions, func(a, b Function) int {
		return strings.Compare(a.Name+" "+string(a.Kind), b.Name+" "+string(b.Kind))
	})
	return functions, nil
}

func signature(name string, parameters, types []*string, varargs, returns string) string {
	var parts []string
	for i := range max(len(parameters), len(types)) {
		var part []string
		if i < len(parameters) && parameters[i] != nil && *parameters[i] != "" {
			part = append(part, *parameters[i])
		}
		if i < len(types) && types[i] != nil && *types[i] != "" {
			part = append(part, *types[i])
		}
		parts = append(parts, strings.Join(part, " "))
	}
	if varargs != "" {
		parts = append(parts, varargs+"...")
	}
	text := name + "(" + strings.Join(parts, ", ") + ")"
	if returns != "" {
		text += " → " + returns
	}
	return text
}

// queryJSON decodes the one value of a statement's result.
func queryJSON(ctx context.Context, trusted *engine.Engine, sql string, into any) error {
	rows, err := trusted.QueryArrow(ctx, sql)
	if err != nil {
		return err
	}
	defer rows.Release()
	for rows.Next() {
		if text, ok := rows.RecordBatch().Column(0).(array.StringLike); ok && rows.RecordBatch().NumRows() == 1 {
			return json.Unmarshal([]byte(text.Value(0)), into)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return fmt.Errorf("the result is not one text")
}
