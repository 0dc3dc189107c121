// Package schema holds column types and how each system spells them.
//
// The lake's own types are Iceberg's (format v2); everything that is written is one of them. The mapping is one
// table per direction: [FromDuckDB] and [DuckDB]; connectors build rows in the types of [ToArrow]. What people write in
// files is read by [ParseType], which takes the spelling of either.
//
// How DuckDB types are stored (FromDuckDB):
//
//	BOOLEAN                                  boolean
//	TINYINT SMALLINT INTEGER                 int
//	UTINYINT USMALLINT                       int
//	UINTEGER BIGINT                          long
//	UBIGINT                                  decimal(20, 0)
//	HUGEINT UHUGEINT                         decimal(38, 0); a value of 39 digits fails the write
//	FLOAT, DOUBLE                            float, double
//	DECIMAL(p,s)                             decimal(p, s)
//	DATE                                     date
//	TIME                                     time
//	TIME_NS                                  time; a value finer than a microsecond fails the write
//	TIMESTAMP TIMESTAMP_S TIMESTAMP_MS       timestamp
//	TIMESTAMP_NS                             timestamp; a value finer than a microsecond fails the write
//	TIMESTAMP WITH TIME ZONE                 timestamptz
//	UUID, BLOB                               uuid, binary
//	VARCHAR JSON ENUM                        string
//	BIT BIGNUM INTERVAL TIME WITH TIME ZONE  string, as DuckDB prints the value
//	"NULL"                                   string
//	LIST ARRAY                               list
//	STRUCT                                   struct
//	MAP                                      map
//	UNION VARIANT GEOMETRY TYPE              an error that says what to cast to
package schema

import (
	"fmt"
	"strings"

	"github.com/apache/iceberg-go"
)

// Column is a column as the lake stores it. Field ids are a table's business, not a column's.
type Column struct {
	Name     string
	Type     iceberg.Type // nested field ids are ignored
	Required bool
	Doc      string
}

// Columns returns the top-level columns of an Iceberg schema, in order.
func Columns(s *iceberg.Schema) []Column {
	fields := s.Fields()
	columns := make([]Column, len(fields))
	for i, f := range fields {
		columns[i] = Column{Name: f.Name, Type: f.Type, Required: f.Required, Doc: f.Doc}
	}
	return columns
}

// Assign makes the schema of a new table: columns in order with fresh field ids, top level first and then
// nested fields, as the Iceberg reference implementation numbers them.
func Assign(columns []Column) (*iceberg.Schema, error) {
	ids := counter(0)
	fields := make([]iceberg.NestedField, len(columns))
	seen := make(map[string]bool, len(columns))
	for i, c := range columns {
		if err := checkColumn(c); err != nil {
			return nil, err
		}
		if seen[Fold(c.Name)] {
			return nil, repeated(c.Name)
		}
		seen[Fold(c.Name)] = true
		fields[i] = iceberg.NestedField{ID: ids.next(), Name: c.Name, Required: c.Required, Doc: c.Doc}
	}
	for i, c := range columns {
		fields[i].Type = ids.renumber(c.Type)
	}
	return iceberg.NewSchema(0, fields...), nil
}

func checkColumn(c Column) error {
	if c.Name == "" {
		return fmt.Errorf("a column has no name: give it one with AS")
	}
	if c.Type == nil {
		return fmt.Errorf("column %q has no type", c.Name)
	}
	return nil
}

func repeated(name string) error {
	return fmt.Errorf("column %q appears twice (upper and lower case are the same): give one of them another name", name)
}

// Fold is the name of a column, table or schema in the form that equal names share: DuckDB takes ASCII letters of either
// case for the same, and no other letters.
func Fold(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// Find is the top-level column of a schema by name, in any case.
func Find(s *iceberg.Schema, name string) (iceberg.NestedField, bool) {
	for _, f := range s.Fields() {
		if Fold(f.Name) == Fold(name) {
			return f, true
		}
	}
	return iceberg.NestedField{}, false
}

// counter gives out field ids; its value is the last one given.
type counter int

func (c *counter) next() int {
	*c++
	return int(*c)
}

// renumber copies t with fresh field ids: the fields of a level first, then those below them.
func (c *counter) renumber(t iceberg.Type) iceberg.Type {
	switch t := t.(type) {
	case *iceberg.StructType:
		fields := make([]iceberg.NestedField, len(t.FieldList))
		for i, f := range t.FieldList {
			fields[i] = f
			fields[i].ID = c.next()
		}
		for i := range fields {
			fields[i].Type = c.renumber(fields[i].Type)
		}
		return &iceberg.StructType{FieldList: fields}
	case *iceberg.ListType:
		id := c.next()
		return &iceberg.ListType{ElementID: id, Element: c.renumber(t.Element), ElementRequired: t.ElementRequired}
	case *iceberg.MapType:
		key, value := c.next(), c.next()
		return &iceberg.MapType{
			KeyID: key, KeyType: c.renumber(t.KeyType),
			ValueID: value, ValueType: c.renumber(t.ValueType), ValueRequired: t.ValueRequired,
		}
	default:
		return t
	}
}
