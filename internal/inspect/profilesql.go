package inspect

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/engine"
)

// class is what can be asked of a column.
type class int

const (
	opaque     class = iota // nested and binary: only whether it is NULL
	ordered                 // the least and the greatest value
	textual                 // and the frequent values
	integral                // numbers: a histogram and a mean
	fractional              // the same, of decimals and floats
	daily                   // dates
	momentary               // timestamps
)

type profileColumn struct {
	name  string
	typ   iceberg.Type
	class class
}

func profileColumns(s *iceberg.Schema) []profileColumn {
	fields := s.Fields()
	columns := make([]profileColumn, len(fields))
	for i, f := range fields {
		columns[i] = profileColumn{name: f.Name, typ: f.Type, class: classOf(f.Type)}
	}
	return columns
}

func classOf(t iceberg.Type) class {
	switch t := t.(type) {
	case iceberg.BooleanType, iceberg.StringType:
		return textual
	case iceberg.Int32Type, iceberg.Int64Type:
		return integral
	case iceberg.DecimalType:
		if t.Scale() == 0 {
			return integral
		}
		return fractional
	case iceberg.Float32Type, iceberg.Float64Type:
		return fractional
	case iceberg.DateType:
		return daily
	case iceberg.TimestampType, iceberg.TimestampTzType, iceberg.TimestampNsType, iceberg.TimestampTzNsType:
		return momentary
	case iceberg.UUIDType, iceberg.TimeType:
		return ordered
	default:
		return opaque
	}
}

// longestText is how many characters of a text value are told.
const longestText = 200

// position is the column's value as a number on the line that its histogram divides; NULL when it is not finite.
func (c profileColumn) position() string {
	column := engine.QuoteIdent(c.name)
	switch c.class {
	case integral:
		return "CAST(" + column + " AS DOUBLE)"
	case fractional:
		return fmt.Sprintf("CASE WHEN isfinite(CAST(%[1]s AS DOUBLE)) THEN CAST(%[1]s AS DOUBLE) END", column)
	case daily:
		return fmt.Sprintf("CASE WHEN isfinite(%[1]s) THEN CAST(date_diff('day', DATE '1970-01-01', %[1]s) AS DOUBLE) END", column)
	default:
		return fmt.Sprintf("CASE WHEN isfinite(%[1]s) THEN CAST(epoch_us(%[1]s) AS DOUBLE) END", column)
	}
}

// value is the column as the text of which the frequent ones are told.
func (c profileColumn) value() string {
	return fmt.Sprintf("left(CAST(%s AS VARCHAR), %d)", engine.QuoteIdent(c.name), longestText)
}

// exactRows is up to how many rows different values are counted exactly.
const exactRows = 100_000

// statistics are the aggregates of the first statement over so many rows, in the order in which read takes them.
func (c profileColumn) statistics(rows int64) []string {
	column := engine.QuoteIdent(c.name)
	list := []string{"count(" + column + ")"}
	if c.class == opaque {
		return list
	}
	if rows <= exactRows {
		list = append(list, "count(DISTINCT "+column+")")
	} else {
		list = append(list, "approx_count_distinct("+column+")")
	}
	if c.class == textual {
		value := c.value()
		return append(list, "min("+value+")", "max("+value+")", fmt.Sprintf("to_json(approx_top_k(%s, %d))", value, topValues))
	}
	list = append(list, "min("+column+")", "max("+column+")")
	if c.class == ordered {
		return list
	}
	list = append(list, "min("+c.position()+")", "max("+c.position()+")")
	if c.class == integral || c.class == fractional {
		list = append(list, "avg("+c.position()+")")
	}
	return list
}

// shape is what the second statement counts for a column.
type shape struct {
	sql   string // "": nothing
	count func(*string)
}

// read takes the results of the statistics, and says what to count.
func (c profileColumn) read(into *ColumnProfile, rows int64, found []*string, loc *time.Location) shape {
	filled := integer(found[0])
	into.Nulls = rows - filled
	if c.class == opaque {
		return shape{}
	}
	distinct := min(integer(found[1]), filled) // an estimate may be larger than what there is
	into.Distinct, into.Min, into.Max = &distinct, found[2], found[3]
	if filled == 0 {
		return shape{}
	}
	switch c.class {
	case textual:
		return c.frequent(into, found[4])
	case ordered:
		return shape{}
	}
	low, high := float(found[4]), float(found[5])
	if c.class == integral || c.class == fractional {
		if mean := float(found[6]); !math.IsNaN(mean) {
			text := strconv.FormatFloat(mean, 'f', c.meanScale(), 64)
			into.Mean = &text
		}
	}
	if math.IsNaN(low) || math.IsNaN(high) {
		return shape{}
	}
	return c.histogram(into, low, high, loc)
}

// meanScale is how many decimals a mean has: two more than the values.
func (c profileColumn) meanScale() int {
	if d, ok := c.typ.(iceberg.DecimalType); ok {
		return min(d.Scale()+2, 12)
	}
	if c.class == integral {
		return 2
	}
	return 6
}

func float(text *string) float64 {
	if text == nil {
		return math.NaN()
	}
	f, err := strconv.ParseFloat(*text, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

// frequent counts how often each of the most frequent values occurs.
func (c profileColumn) frequent(into *ColumnProfile, list *string) shape {
	var values []string
	if list == nil || json.Unmarshal([]byte(*list), &values) != nil || len(values) == 0 {
		return shape{}
	}
	literals := make([]string, len(values))
	for i, v := range values {
		literals[i] = engine.QuoteLiteral(v)
	}
	return shape{
		sql: fmt.Sprintf("histogram(list_position([%s], %s))", strings.Join(literals, ", "), c.value()),
		count: func(text *string) {
			counts := counted(text)
			for i, v := range values {
				if n := counts[i+1]; n > 0 {
					into.Top = append(into.Top, TopValue{Value: v, Count: n})
				}
			}
			slices.SortStableFunc(into.Top, func(a, b TopValue) int { return int(b.Count - a.Count) })
		},
	}
}

// histogram divides [low, high] and counts the values of each part.
func (c profileColumn) histogram(into *ColumnProfile, low, high float64, loc *time.Location) shape {
	discrete := c.class == integral || c.class == daily
	width, parts := (high-low)/buckets, buckets
	switch {
	case low == high:
		width, parts = 1, 1
	case discrete:
		width = math.Ceil((high - low + 1) / buckets)
		parts = int(math.Ceil((high - low + 1) / width))
	}
	if math.IsInf(width, 0) || width == 0 {
		return shape{} // finer, or wider apart, than a double tells
	}
	edge := func(i int) string { return c.edge(low+float64(i)*width, width, loc) }
	return shape{
		// The filter is there because least() passes NULL over.
		sql: fmt.Sprintf("histogram(CAST(greatest(0, least(%d, floor((%[2]s - %[3]s) / %[4]s))) AS INTEGER)) FILTER (WHERE %[2]s IS NOT NULL)",
			parts-1, c.position(), number(low), number(width)),
		count: func(text *string) {
			counts := counted(text)
			for i := range parts {
				b := HistogramBucket{Low: edge(i), High: edge(i + 1), Count: counts[i]}
				if discrete {
					b.High = c.edge(low+float64(i+1)*width-1, width, loc)
				}
				if i == 0 && into.Min != nil && c.finite(*into.Min) {
					b.Low = *into.Min
				}
				if i == parts-1 && into.Max != nil && c.finite(*into.Max) {
					b.High = *into.Max
				}
				into.Histogram = append(into.Histogram, b)
			}
		},
	}
}

// finite reports that a printed value is no infinity and no NaN, which lie outside of every histogram.
func (c profileColumn) finite(text string) bool {
	return !strings.Contains(text, "inf") && text != "nan"
}

// number writes a double as SQL.
func number(f float64) string {
	return "CAST('" + strconv.FormatFloat(f, 'g', -1, 64) + "' AS DOUBLE)"
}

// edge is a position on the line as a value of the column.
func (c profileColumn) edge(position, width float64, loc *time.Location) string {
	switch c.class {
	case integral:
		return strconv.FormatFloat(position, 'f', 0, 64)
	case daily:
		return time.Unix(0, 0).UTC().AddDate(0, 0, int(position)).Format(time.DateOnly)
	case momentary:
		layout := "2006-01-02 15:04:05"
		if width < 1e6 {
			layout += ".999999"
		}
		at := time.UnixMicro(int64(position)).UTC()
		switch c.typ.(type) {
		case iceberg.TimestampTzType, iceberg.TimestampTzNsType:
			at, layout = at.In(loc), layout+offset(at.In(loc))
		}
		return at.Format(layout)
	default:
		if d, ok := c.typ.(iceberg.DecimalType); ok {
			return strconv.FormatFloat(position, 'f', d.Scale(), 64)
		}
		return strconv.FormatFloat(position, 'g', 6, 64)
	}
}

// offset is the layout of a zone's offset as DuckDB prints it: minutes only where there are some.
func offset(at time.Time) string {
	if _, seconds := at.Zone(); seconds%3600 != 0 {
		return "-07:00"
	}
	return "-07"
}

// counted reads the text of a MAP(INTEGER, UBIGINT): "{0=3, 7=1}".
func counted(text *string) map[int]int64 {
	counts := map[int]int64{}
	if text == nil {
		return counts
	}
	for pair := range strings.SplitSeq(strings.Trim(*text, "{}"), ", ") {
		key, count, ok := strings.Cut(pair, "=")
		k, keyErr := strconv.Atoi(key)
		n, countErr := strconv.ParseInt(count, 10, 64)
		if ok && keyErr == nil && countErr == nil {
			counts[k] = n
		}
	}
	return counts
}
