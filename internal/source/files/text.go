package files

import (
	"fmt"
	"time"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/schema"
)

// Classes of text, one bit each. A column has the classes of all its values, and its type follows from them.
const (
	classSmall          = 1 << iota // a whole number below a thousand
	classInt                        // a whole number that a double holds exactly
	classLong                       // a whole number of 64 bits
	classHuge                       // a whole number of up to 38 digits
	classDouble                     // a number with a fraction that a double holds exactly
	classDecimal                    // one with too many digits for a double
	classExponent                   // 1.5e-7
	classThousands                  // 1,234
	classThousandsPoint             // 1,234.50
	classDate
	classTimestamp
	classTimestampTz
	classTime
	classBool
	classText
)

// Shapes of text. Nothing that could be read in two ways is taken for a date, and no number that is written in a
// way of its own for a number: 007 is a code, +82 2 a telephone.
const (
	shapeDate      = `[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}`
	shapeClock     = `[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?`
	shapeTimestamp = `[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]` + shapeClock
	shapeOffset    = ` ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)`
	shapeThousands = `-?[1-9][0-9]{0,2}(,[0-9]{3})+`
)

// classSQL is the expression of the class of t, trimmed text; 0 for NULL and blank. thousands allows 1,234: not where the comma
// may be a decimal point. What most text is not is tested first and cheaply.
func classSQL(t string, thousands bool) string {
	full := func(shape string) string { return "regexp_full_match(" + t + ", '" + shape + "')" }
	fits := func(shape, duckdb string) string {
		return full(shape) + " AND TRY_CAST(" + t + " AS " + duckdb + ") IS NOT NULL"
	}
	cases := func(pairs ...any) string { // condition, result, …, otherwise
		if len(pairs) == 1 {
			return fmt.Sprint(pairs[0])
		}
		text := "CASE"
		for ; len(pairs) > 1; pairs = pairs[2:] {
			text += fmt.Sprintf(" WHEN %v THEN %v", pairs[0], pairs[1])
		}
		return text + fmt.Sprintf(" ELSE %v END", pairs[0])
	}
	grouped := []any{classText}
	if thousands {
		grouped = []any{
			full(shapeThousands) + " AND length(" + t + ") <= 20", classThousands,
			full(shapeThousands+`\.[0-9]{1,4}`) + " AND length(" + t + ") <= 18", classThousandsPoint,
			classText,
		}
	}
	return cases(
		t+" IS NULL OR "+t+" = ''", 0,
		"ascii("+t+") NOT BETWEEN ascii('-') AND ascii('9')", cases("lower("+t+") IN ('true', 'false')", classBool, classText),
		"TRY_CAST("+t+" AS BIGINT)::VARCHAR = "+t, cases(
			t+"::BIGINT BETWEEN -999 AND 999", classSmall,
			t+"::BIGINT BETWEEN -9007199254740992 AND 9007199254740992", classInt,
			classLong),
		full(`-?(0|[1-9][0-9]*)?\.[0-9]+`), cases(
			"length("+t+") <= 16 OR TRY_CAST("+t+" AS DOUBLE)::VARCHAR = "+t, classDouble,
			classDecimal),
		fits(shapeDate, "DATE"), classDate,
		fits(shapeTimestamp, "TIMESTAMP"), classTimestamp,
		fits(shapeTimestamp+shapeOffset, "TIMESTAMPTZ"), classTimestampTz,
		fits(shapeClock, "TIME"), classTime,
		full(`-?[1-9][0-9]{18,37}`), classHuge,
		full(`-?[0-9](\.[0-9]{1,16})?[eE][+-]?[0-9]{1,3}`)+" AND isfinite(TRY_CAST("+t+" AS DOUBLE))", classExponent,
		cases(grouped...))
}

// temporal are the classes that a string of JSON may be taken for: there, numbers are not written as strings without reason.
const temporal = classDate | classTimestamp | classTimestampTz | classTime

// textType is the type of a column whose values have the classes of mask. digits is asked for the digits before and behind the point
// when they matter.
func textType(mask int64, digits func() (whole, fraction int, err error)) (iceberg.Type, error) {
	within := func(classes int64) bool { return mask&^classes == 0 }
	const whole = classSmall | classInt | classLong
	switch {
	case mask == 0:
		return iceberg.PrimitiveTypes.String, nil
	case within(whole), within(classSmall | classThousands):
		return iceberg.PrimitiveTypes.Int64, nil
	case within(whole | classHuge):
		return iceberg.DecimalTypeOf(38, 0), nil
	case within(classSmall | classInt | classDouble | classExponent), within(classSmall | classDouble | classThousands | classThousandsPoint):
		return iceberg.PrimitiveTypes.Float64, nil
	case within(whole | classHuge | classDouble | classDecimal):
		before, behind, err := digits()
		if err != nil || before+behind > 38 {
			return iceberg.PrimitiveTypes.String, err
		}
		return iceberg.DecimalTypeOf(38, behind), nil
	case within(classDate):
		return iceberg.PrimitiveTypes.Date, nil
	case within(classDate | classTimestamp):
		return iceberg.PrimitiveTypes.Timestamp, nil
	case within(classTimestampTz):
		return iceberg.PrimitiveTypes.TimestampTz, nil
	case within(classTime):
		return iceberg.PrimitiveTypes.Time, nil
	case within(classBool):
		return iceberg.PrimitiveTypes.Bool, nil
	}
	return iceberg.PrimitiveTypes.String, nil
}

// plainSQL converts a column all whose values were seen to fit.
func plainSQL(column string, t iceberg.Type, thousands bool) string {
	v := engine.QuoteIdent(column)
	if t.Equals(iceberg.PrimitiveTypes.String) {
		return v
	}
	text := "trim(" + v + ")"
	if thousands {
		text = "replace(" + text + ", ',', '')"
	}
	return "CAST(nullif(" + text + ", '') AS " + schema.DuckDB(t) + ")"
}

// guardedSQL converts a column to a type that somebody decided on before its values were seen. A value that is not exactly one of it
// fails the statement with [valueMark]. Errors wrap [schema.ErrType].
func guardedSQL(column string, t iceberg.Type, thousands bool, zone *time.Location) (string, error) {
	v := engine.QuoteIdent(column)
	text := "trim(" + v + ")"
	full := func(shape string) string { return "regexp_full_match(" + text + ", '" + shape + "')" }
	number := text
	if thousands {
		number = fmt.Sprintf("CASE WHEN %s THEN replace(%s, ',', '') ELSE %[2]s END", full(shapeThousands+`(\.[0-9]*)?`), text)
	}
	cast := func(expr string) string { return "TRY_CAST(" + expr + " AS " + schema.DuckDB(t) + ")" }
	fits, value := "true", ""
	switch t := t.(type) {
	case iceberg.StringType:
		return v, nil
	case iceberg.BinaryType:
		return "encode(" + v + ")", nil
	case iceberg.BooleanType:
		fits = "lower(" + text + ") IN ('true', 't', 'yes', 'y', '1', 'false', 'f', 'no', 'n', '0')"
		value = "lower(" + text + ") IN ('true', 't', 'yes', 'y', '1')"
	case iceberg.Int32Type, iceberg.Int64Type:
		fits = "regexp_full_match(" + number + `, '[+-]?[0-9]+(\.0*)?')`
		value = cast("split_part(" + number + ", '.', 1)")
	case iceberg.Float32Type, iceberg.Float64Type:
		fits = "regexp_full_match(" + number + `, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|(?i)nan|[+-]?(?i)inf(inity)?')`
		value = cast(number)
	case iceberg.DecimalType:
		fits = "regexp_full_match(" + number + fmt.Sprintf(`, '[+-]?([0-9]+(\.[0-9]{0,%[1]d}0*)?|\.[0-9]{1,%[1]d}0*)')`, max(t.Scale(), 1))
		if t.Scale() == 0 {
			fits = "regexp_full_match(" + number + `, '[+-]?[0-9]+(\.0*)?')`
		}
		value = cast(number)
	case iceberg.DateType:
		fits = full(shapeDate + `([ T]00:00(:00(\.0*)?)?)?`)
		value = cast("split_part(split_part(" + text + ", ' ', 1), 'T', 1)")
	case iceberg.TimestampType:
		fits = full(shapeDate + "|" + shapeTimestamp)
		value = cast(text)
	case iceberg.TimestampTzType:
		fits = full(shapeDate + "|" + shapeTimestamp + "(" + shapeOffset + ")?")
		if zone == nil {
			zone = time.UTC
		}
		value = fmt.Sprintf("CASE WHEN %s THEN %s ELSE TRY_CAST(%s AS TIMESTAMP) AT TIME ZONE %s END",
			full(shapeTimestamp+shapeOffset), cast(text), text, engine.QuoteLiteral(zone.String()))
	case iceberg.TimeType:
		fits = full(shapeClock)
		value = cast(text)
	case iceberg.UUIDType:
		value = cast(text)
	default:
		return "", fmt.Errorf("%w: text cannot be read as %s", schema.ErrType, t)
	}
	return fmt.Sprintf("CASE WHEN %s IS NULL OR %s = '' THEN NULL WHEN coalesce(%s AND (%s) IS NOT NULL, false) THEN %[4]s ELSE %s END",
		v, text, fits, value, failSQL(column, v)), nil
}

// valueMark begins the message of a statement that met a value it may not store; file, column and value follow, each behind
// a separator.
const (
	valueMark = "hosu value"
	separator = "\x1f"
)

// failSQL fails a statement over a value.
func failSQL(column, value string) string {
	return fmt.Sprintf("error(%s || chr(31) || coalesce(%s, '') || chr(31) || %s || chr(31) || coalesce(left(CAST(%s AS VARCHAR), 1000), ''))",
		engine.QuoteLiteral(valueMark), engine.QuoteIdent(fileColumn), engine.QuoteLiteral(column), value)
}

// fileColumn is the column of a relation with the file a row is from.
const fileColumn = "hosu file"
