package quality

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/project"
)

// Check is a query over "this" that must return no rows.
type Check struct {
	Name     string // "id_unique", or the author's
	SQL      string
	Blocking bool   // a failure stops publishing; otherwise it is a warning
	Rule     string // what must hold, for messages: `id is unique`; "" for an author's check
	Pos      project.Pos
	SQLLine  int // line of Pos.File on which SQL begins; 0 when this package wrote it
}

// Checks are the checks of a model: its column contracts, then its own in the order of the file.
func Checks(m *project.Model) []Check {
	var checks []Check
	for _, c := range m.Columns {
		checks = append(checks, columnChecks(m, c)...)
	}
	for _, c := range m.Checks {
		checks = append(checks, FromProject(c))
	}
	return checks
}

// FromProject is an author's check.
func FromProject(c *project.Check) Check {
	return Check{Name: c.Name, SQL: c.SQL, Blocking: c.Blocking, Pos: c.Pos, SQLLine: c.SQLLine}
}

// columnChecks are a column's contract as checks. NULL violates only not_null. A row of the others' results is a value
// and the number of rows that have it.
func columnChecks(m *project.Model, c *project.ColumnContract) []Check {
	column := engine.QuoteIdent(c.Name)
	var checks []Check
	add := func(suffix, rule, sql string) {
		checks = append(checks, Check{Name: c.Name + "_" + suffix, SQL: sql, Blocking: true, Rule: c.Name + " " + rule, Pos: c.Pos})
	}
	perValue := func(from, having string) string {
		return fmt.Sprintf(`SELECT %[1]s, count(*) AS "rows" FROM %[2]s GROUP BY %[1]s%[3]s ORDER BY "rows" DESC, %[1]s`, column, from, having)
	}
	if c.NotNull {
		add("not_null", "is not null", fmt.Sprintf("SELECT * FROM this WHERE %s IS NULL", column))
	}
	if c.Unique {
		add("unique", "is unique", perValue(fmt.Sprintf("this WHERE %s IS NOT NULL", column), " HAVING count(*) > 1"))
	}
	if c.Accepted != nil {
		values := c.Accepted
		if len(values) == 0 {
			values = []string{"NULL"}
		}
		where := fmt.Sprintf("this WHERE %[1]s IS NOT NULL AND (%[1]s IN (%[2]s)) IS NOT TRUE", column, strings.Join(values, ", "))
		add("accepted_values", "is one of "+strings.Join(values, ", "), perValue(where, ""))
	}
	if r := c.References; r != nil {
		table := "this"
		if !strings.EqualFold(r.Table, m.Name) {
			table = quoteTable(r.Table)
		}
		// Qualified: a name that only "this" has would be its own, and the check always hold.
		where := fmt.Sprintf("this WHERE %[1]s IS NOT NULL AND %[1]s NOT IN (SELECT %[2]s FROM %[3]s AS other WHERE %[2]s IS NOT NULL)",
			column, "other."+engine.QuoteIdent(r.Column), table)
		add("references", fmt.Sprintf("is in %s.%s", r.Table, r.Column), perValue(where, ""))
	}
	return slices.Clip(checks)
}

// quoteTable writes a catalog name as SQL.
func quoteTable(name string) string {
	ident, err := catalog.ParseIdent(name)
	if err != nil {
		return engine.QuoteIdent(name)
	}
	return engine.QuoteName(ident.Namespace, ident.Name)
}
