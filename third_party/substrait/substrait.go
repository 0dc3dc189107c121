// Package substrait stands in for the module of the same name, which is nothing but the text of Substrait's
// function catalogue. iceberg-go parses all of it when a program starts, for expressions that it evaluates over Arrow
// data. hosu evaluates expressions with DuckDB, and starts a process per confined statement: it would pay some 70 ms each time for a
// catalogue it never looks at. See docs/adr/0008-no-substrait-catalogue.md.
package substrait

import "embed"

//go:embed extensions/*
var extensions embed.FS

// GetSubstraitFS returns the (empty) catalogue.
func GetSubstraitFS() embed.FS { return extensions }

// GetSubstraitExtensionsFS returns the (empty) catalogue.
func GetSubstraitExtensionsFS() embed.FS { return extensions }
