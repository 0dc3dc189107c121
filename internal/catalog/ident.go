package catalog

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/apache/iceberg-go/table"

	"github.com/hosu-io/hosu/internal/schema"
)

// maxName bounds the length of a name, in bytes: Iceberg clients carry names in URLs and file names.
const maxName = 255

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

// Validate says whether a table may have this name: letters of any script are fine; what separates
// names or file names is not.
func (i Ident) Validate() error {
	for level := range strings.SplitSeq(i.Namespace, ".") {
		if err := validateName(level); err != nil {
			return fmt.Errorf("namespace %q: %w", i.Namespace, err)
		}
	}
	if err := validateName(i.Name); err != nil {
		return fmt.Errorf("table name %q: %w", i.Name, err)
	}
	return nil
}

func validateName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("it is empty")
	case len(name) > maxName:
		return fmt.Errorf("it is longer than %d bytes", maxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("it is not valid UTF-8")
	case strings.TrimSpace(name) != name:
		return fmt.Errorf("it begins or ends with a space")
	}
	for _, r := range name {
		if strings.ContainsRune(`./\`, r) || unicode.IsControl(r) {
			return fmt.Errorf("it contains %q", r)
		}
	}
	return nil
}

// key is what makes a table unique and how it is found: names that DuckDB cannot tell apart have the same.
func (i Ident) key() string { return schema.Fold(i.String()) }

// identOf is the name of a table as iceberg-go spells it.
func identOf(identifier table.Identifier) (Ident, error) {
	if len(identifier) < 2 {
		return Ident{}, fmt.Errorf("table name %v: want a namespace and a name", identifier)
	}
	last := len(identifier) - 1
	return Ident{Namespace: strings.Join(identifier[:last], "."), Name: identifier[last]}, nil
}
