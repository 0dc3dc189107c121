// Package schema holds column types and how each system spells them.
//
// The lake's own types are Iceberg's; everything that is written is one of them.
package schema

import "github.com/apache/iceberg-go"

// Column is a column as the lake stores it. Field ids are a table's business, not a column's.
type Column struct {
	Name     string
	Type     iceberg.Type // nested field ids are ignored
	Required bool
	Doc      string
}
