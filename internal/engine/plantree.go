package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// serializedPlan is the JSON of DuckDB's json_serialize_plan, as far as it is used. Fields that have their default
// value are left out in it; they are Go's zero values too.
type serializedPlan struct {
	Error   bool       `json:"error"`
	Kind    string     `json:"error_type"`
	Message string     `json:"error_message"`
	Plans   []planNode `json:"plans"`
}

// planNode is one logical operator.
type planNode struct {
	Type     string     `json:"type"`
	Children []planNode `json:"children"`

	// Of a LOGICAL_GET. Its output columns are ColumnIndexes[ProjectionIDs[i]], or all of ColumnIndexes when there are
	// no projection ids; an index is a position in Names.
	Names         []string      `json:"names"`
	ReturnedTypes []logicalType `json:"returned_types"`
	ColumnIndexes []struct {
		Index uint64 `json:"index"`
	} `json:"column_indexes"`
	ProjectionIDs []int `json:"projection_ids"`
	TableFilters  struct {
		Filters []struct {
			Column uint64      `json:"key"`
			Filter tableFilter `json:"value"`
		} `json:"filters"`
	} `json:"table_filters"`
	Function struct {
		Schema string `json:"schema"`
		Table  string `json:"table"`
	} `json:"function_data"`

	// Of a LOGICAL_FILTER (with its output columns) and a LOGICAL_PROJECTION.
	Expressions   expressions `json:"expressions"`
	ProjectionMap []int       `json:"projection_map"`
}

// expressions are those of an operator.
type expressions []expression

// UnmarshalJSON leaves out the rows of a VALUES list, a LOGICAL_EXPRESSION_GET, which has a list of expressions for each.
func (e *expressions) UnmarshalJSON(text []byte) error {
	if list, ok := bytes.CutPrefix(text, []byte("[")); ok && bytes.HasPrefix(bytes.TrimSpace(list), []byte("[")) {
		return nil
	}
	return json.Unmarshal(text, (*[]expression)(e))
}

// tableFilter is a filter on one column of a scan.
type tableFilter struct {
	Type       string        `json:"filter_type"`
	Comparison string        `json:"comparison_type"`
	Constant   constant      `json:"constant"`
	Values     []constant    `json:"values"`
	Children   []tableFilter `json:"child_filters"`
	Child      *tableFilter  `json:"child_filter"`
	ChildName  string        `json:"child_name"`
	Expression *expression   `json:"expr"`
}

// expression is a bound expression. A BOUND_REF is a column of the operator's input.
type expression struct {
	Class      string       `json:"expression_class"`
	Type       string       `json:"type"`
	Index      int          `json:"index"`
	ReturnType logicalType  `json:"return_type"`
	Name       string       `json:"name"` // of a function
	Children   []expression `json:"children"`
	Child      *expression  `json:"child"`
	Left       *expression  `json:"left"`
	Right      *expression  `json:"right"`
	Input      *expression  `json:"input"`
	Lower      *expression  `json:"lower"`
	Upper      *expression  `json:"upper"`
	LowerIn    bool         `json:"lower_inclusive"`
	UpperIn    bool         `json:"upper_inclusive"`
	Value      *constant    `json:"value"`
}

// constant is a typed value.
type constant struct {
	Type  logicalType     `json:"type"`
	Null  bool            `json:"is_null"`
	Value json.RawMessage `json:"value"`
}

// logicalType is a DuckDB type.
type logicalType struct {
	ID   string `json:"id"`
	Info struct {
		Scale    int `json:"scale"`
		Children []struct {
			Name string      `json:"first"`
			Type logicalType `json:"second"`
		} `json:"child_types"`
	} `json:"type_info"`
}

// field is the type of a struct's field.
func (t logicalType) field(name string) logicalType {
	for _, c := range t.Info.Children {
		if equalName(c.Name, name) {
			return c.Type
		}
	}
	return logicalType{}
}

func decodePlanTree(text string) (*serializedPlan, error) {
	var plan serializedPlan
	if err := json.Unmarshal(quoteNumbers([]byte(text)), &plan); err != nil {
		return nil, fmt.Errorf("read DuckDB's plan: %w", err)
	}
	return &plan, nil
}

// quoteNumbers turns NaN and Infinity, which DuckDB writes and JSON does not have, into null.
func quoteNumbers(text []byte) []byte {
	if !bytes.Contains(text, []byte("NaN")) && !bytes.Contains(text, []byte("Infinity")) {
		return text
	}
	out := make([]byte, 0, len(text))
	inString := false
	for i := 0; i < len(text); i++ {
		switch {
		case inString && text[i] == '\\':
			out = append(out, text[i])
			i++
		case text[i] == '"':
			inString = !inString
		case !inString:
			for _, word := range []string{"-Infinity", "Infinity", "NaN"} {
				if bytes.HasPrefix(text[i:], []byte(word)) {
					out = append(out, "nul"...)
					i += len(word) - 1
					text[i] = 'l'
					break
				}
			}
		}
		out = append(out, text[i])
	}
	return out
}
