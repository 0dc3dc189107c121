// Package catalog holds the lake's namespaces, tables and views, and is the one
// place where any of them changes ([Catalog.Commit]).
//
// A table is an Apache Iceberg table; the catalog stores the location of its current metadata file
// in the state database, and swaps it by compare-and-set.
package catalog

import (
	"fmt"
	"strings"
)

// Ident names a table or view. A namespace may have levels, separated by dots.
type Ident struct {
	Namespace string
	Name      string
}

// ParseIdent reads "namespace.table"; the last dot separates.
func ParseIdent(s string) (Ident, error) {
	dot := strings.LastIndexByte(s, '.')
	if dot <= 0 || dot == len(s)-1 {
		return Ident{}, fmt.Errorf("table name %q: want namespace.table", s)
	}
	return Ident{Namespace: s[:dot], Name: s[dot+1:]}, nil
}

func (i Ident) String() string { return i.Namespace + "." + i.Name }
