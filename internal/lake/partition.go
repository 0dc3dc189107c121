package lake

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/schema"
)

// partitionSpec reads partition fields as workspace files write them: "region", "day(ts)", "truncate(4, sku)".
func partitionSpec(texts []string, sch *iceberg.Schema) (iceberg.PartitionSpec, error) {
	if len(texts) == 0 {
		return *iceberg.UnpartitionedSpec, nil
	}
	options := make([]iceberg.PartitionOption, 0, len(texts))
	for _, text := range texts {
		column, transform, err := parsePartition(text)
		if err != nil {
			return iceberg.PartitionSpec{}, err
		}
		source, ok := schema.Find(sch, column)
		if !ok {
			return iceberg.PartitionSpec{}, fmt.Errorf("partition %q: the table has no column %q", text, column)
		}
		if !transform.CanTransform(source.Type) {
			return iceberg.PartitionSpec{}, fmt.Errorf("partition %q: %s does not work on %s", text, transform, source.Type)
		}
		if _, err := partitionSQL(source, transform); err != nil {
			return iceberg.PartitionSpec{}, fmt.Errorf("partition %q: %w", text, err)
		}
		name, err := iceberg.GeneratePartitionFieldName(sch, iceberg.PartitionField{SourceIDs: []int{source.ID}, Transform: transform})
		if err != nil {
			return iceberg.PartitionSpec{}, fmt.Errorf("partition %q: %w", text, err)
		}
		id := iceberg.PartitionDataIDStart + len(options)
		options = append(options, iceberg.AddPartitionFieldBySourceID(source.ID, avroName(name), transform, sch, &id))
	}
	spec, err := iceberg.NewPartitionSpecOpts(options...)
	if err != nil {
		return iceberg.PartitionSpec{}, fmt.Errorf("partition by %s: %w", strings.Join(texts, ", "), err)
	}
	return spec, nil
}

// avroName is a partition field's name with only such characters as a name in a manifest, which is an Avro file, may have. Iceberg's
// Java library spells others there in the same way; the Go library writes names as they are, and then refuses to.
func avroName(name string) string {
	var out strings.Builder
	for i, r := range name {
		switch letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '_'; {
		case letter, i > 0 && '0' <= r && r <= '9':
			out.WriteRune(r)
		case '0' <= r && r <= '9':
			out.WriteString("_" + string(r))
		default:
			fmt.Fprintf(&out, "_x%X", r)
		}
	}
	return out.String()
}

func parsePartition(text string) (column string, transform iceberg.Transform, err error) {
	call, arguments, isCall := strings.Cut(strings.TrimSpace(text), "(")
	if !isCall {
		return strings.TrimSpace(text), iceberg.IdentityTransform{}, nil
	}
	arguments, closed := strings.CutSuffix(arguments, ")")
	parts := strings.Split(arguments, ",")
	column = strings.TrimSpace(parts[len(parts)-1])
	name := strings.ToLower(strings.TrimSpace(call))
	switch {
	case !closed || column == "" || len(parts) > 2:
	case len(parts) == 2 && (name == "truncate" || name == "bucket"):
		transform, err = iceberg.ParseTransform(name + "[" + strings.TrimSpace(parts[0]) + "]")
		if err == nil {
			return column, transform, nil
		}
	case len(parts) == 1:
		switch name {
		case "year", "month", "day", "hour", "identity":
			transform, err = iceberg.ParseTransform(name)
			return column, transform, err
		}
	}
	return "", nil, fmt.Errorf("partition %q: want a column, or year, month, day or hour of one, or truncate(width, column)", text)
}

// partitionSQL is the SQL expression for a transform of a column. Its result is what [partitionValues] reads:
// days, hours, months and years are ordinals from 1970, and over timestamptz in UTC, as the Iceberg spec has them
// (Partition Transforms).
func partitionSQL(source iceberg.NestedField, transform iceberg.Transform) (string, error) {
	column := quote(source.Name)
	civil := column
	if _, ok := source.Type.(iceberg.TimestampTzType); ok {
		civil = "(" + column + " AT TIME ZONE 'UTC')"
	}
	switch t := transform.(type) {
	case iceberg.IdentityTransform:
		switch source.Type.(type) {
		case iceberg.Float32Type, iceberg.Float64Type, iceberg.BinaryType, iceberg.FixedType:
			return "", fmt.Errorf("a column of type %s cannot partition a table", source.Type)
		}
		return column, nil
	case iceberg.YearTransform:
		return finite(source, "CAST(year("+civil+") - 1970 AS INTEGER)", [2]int{-5879611, 5879610}, [2]int{-292278, 292277}), nil
	case iceberg.MonthTransform:
		return finite(source, "CAST((year("+civil+") - 1970) * 12 + month("+civil+") - 1 AS INTEGER)",
			[2]int{-70555327, 70555326}, [2]int{-3507325, 3507324}), nil
	case iceberg.DayTransform:
		return "CAST(CAST(" + civil + " AS DATE) - DATE '1970-01-01' AS INTEGER)", nil
	case iceberg.HourTransform:
		// Their hours have no 32 bits: the least and the greatest that do.
		return finite(source, "CAST(date_diff('hour', TIMESTAMP '1970-01-01', "+civil+") AS INTEGER)",
			[2]int{}, [2]int{-math.MaxInt32, math.MaxInt32}), nil
	case iceberg.TruncateTransform:
		switch source.Type.(type) {
		case iceberg.Int32Type, iceberg.Int64Type:
			w := strconv.Itoa(t.Width)
			return fmt.Sprintf("CAST(%s - ((%s %% %s + %s) %% %s) AS %s)",
				column, column, w, w, w, schema.DuckDB(source.Type)), nil
		case iceberg.StringType:
			return fmt.Sprintf("left(%s, %d)", column, t.Width), nil
		}
		return "", fmt.Errorf("truncate works on integers and strings here, not on %s", source.Type)
	}
	return "", fmt.Errorf("the transform %s is not one that can be written; use year, month, day, hour, truncate or the column itself", transform)
}

// finite completes the transform of a time by what -infinity and infinity are in, of which DuckDB knows no part: NULL would say to
// readers that no condition holds. Files have the least and the greatest value of their type for them.
func finite(source iceberg.NestedField, expression string, ofDate, ofTimestamp [2]int) string {
	ends := ofTimestamp
	if _, ok := source.Type.(iceberg.DateType); ok {
		ends = ofDate
	}
	column := quote(source.Name)
	return fmt.Sprintf("CASE WHEN isinf(%s) THEN CASE WHEN %[1]s < DATE '1970-01-01' THEN %[2]d ELSE %[3]d END ELSE %[4]s END",
		column, ends[0], ends[1], expression)
}

// partitionExpressions are the SQL expressions of all fields of a spec.
func partitionExpressions(spec iceberg.PartitionSpec, sch *iceberg.Schema) ([]string, error) {
	var expressions []string
	for _, field := range spec.Fields() {
		source, ok := sch.FindFieldByID(field.SourceID())
		if !ok {
			return nil, fmt.Errorf("partition field %s: the table has no column with field id %d", field.Name, field.SourceID())
		}
		sql, err := partitionSQL(source, field.Transform)
		if err != nil {
			return nil, fmt.Errorf("partition field %s: %w", field.Name, err)
		}
		expressions = append(expressions, sql)
	}
	return expressions, nil
}

// partitionValues turns the partition texts of a written file into Iceberg's values, by partition field id.
func partitionValues(f engine.WrittenFile, sch *iceberg.Schema, spec iceberg.PartitionSpec) (map[int]any, error) {
	if spec.NumFields() != len(f.Partition) {
		return nil, fmt.Errorf("data file %s has %d partition values; the table has %d partition fields",
			f.Path, len(f.Partition), spec.NumFields())
	}
	values := make(map[int]any, spec.NumFields())
	for i, field := range spec.Fields() {
		text := f.Partition[i]
		if text == nil {
			values[field.FieldID] = nil
			continue
		}
		source, ok := sch.FindFieldByID(field.SourceID())
		if !ok {
			return nil, fmt.Errorf("partition field %s: no column with field id %d", field.Name, field.SourceID())
		}
		value, err := partitionValue(field.Transform, source.Type, *text)
		if err != nil {
			return nil, fmt.Errorf("data file %s, partition field %s: %w", f.Path, field.Name, err)
		}
		values[field.FieldID] = value
	}
	return values, nil
}

func partitionValue(transform iceberg.Transform, source iceberg.Type, text string) (any, error) {
	t := transform.ResultType(source)
	if _, ok := transform.(iceberg.DayTransform); ok {
		t = iceberg.PrimitiveTypes.Int32 // our SQL counts days
	}
	if _, ok := t.(iceberg.StringType); ok {
		return text, nil // the value itself, not a bound that may be left out
	}
	l, ok := parseLiteral(t, text)
	if !ok {
		return nil, fmt.Errorf("cannot read %q as %s", text, t)
	}
	if days, ok := l.(iceberg.Int32Literal); ok && t != transform.ResultType(source) {
		return iceberg.Date(days), nil
	}
	return l.Any(), nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
