// Package substrait stands in for the module of the same name, which is nothing but the text of Substrait's
// function catalogue. iceberg-go parses all of it when a program starts, for row filters that it evaluates over Arrow
// data, and hosu starts a process per confined statement: it would pay some 70 ms each time. This catalogue has the functions that
// such filters consist of, and no others. See docs/adr/0008-small-substrait-catalogue.md.
package substrait

import "embed"

//go:embed extensions/*
var extensions embed.FS

// GetSubstraitFS returns the catalogue.
func GetSubstraitFS() embed.FS { return extensions }

// GetSubstraitExtensionsFS returns the catalogue.
func GetSubstraitExtensionsFS() embed.FS { return extensions }
