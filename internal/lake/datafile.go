package lake

import (
	"fmt"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/engine"
)

// dataFile describes a written file to Iceberg, with the statistics that scans prune by.
func dataFile(f engine.WrittenFile, location string, sch *iceberg.Schema, spec iceberg.PartitionSpec) (iceberg.DataFile, error) {
	partition, err := partitionValues(f, sch, spec)
	if err != nil {
		return nil, err
	}
	b, err := iceberg.NewDataFileBuilder(spec, iceberg.EntryContentData, location, iceberg.ParquetFile,
		partition, nil, nil, f.Rows, f.Bytes)
	if err != nil {
		return nil, fmt.Errorf("describe data file %s: %w", location, err)
	}
	m := newMetrics()
	m.collect("", sch.Fields(), f.Columns, false)
	return b.ColumnSizes(m.sizes).ValueCounts(m.values).NullValueCounts(m.nulls).NaNValueCounts(m.nans).
		LowerBoundValues(m.lower).UpperBoundValues(m.upper).Build(), nil
}

// metrics are a data file's column statistics by field id.
type metrics struct {
	sizes, values, nulls, nans map[int]int64
	lower, upper               map[int][]byte
}

func newMetrics() *metrics {
	return &metrics{
		sizes: map[int]int64{}, values: map[int]int64{}, nulls: map[int]int64{}, nans: map[int]int64{},
		lower: map[int][]byte{}, upper: map[int][]byte{},
	}
}

// collect walks one level of the schema. Inside lists and maps (repeated) only sizes are kept: the counts
// there are of elements, not of rows, and readers disagree on what they mean.
func (m *metrics) collect(parent string, fields []iceberg.NestedField, stats map[string]engine.ColumnStats, repeated bool) {
	for _, field := range fields {
		path := field.Name
		if parent != "" {
			path = parent + "." + field.Name
		}
		switch t := field.Type.(type) {
		case *iceberg.StructType:
			m.collect(path, t.FieldList, stats, repeated)
			continue
		case iceberg.NestedType:
			m.collect(path, t.Fields(), stats, true)
			continue
		}
		s, ok := stats[path]
		if !ok {
			continue
		}
		m.sizes[field.ID] = s.Bytes
		if !repeated {
			m.leaf(field, s)
		}
	}
}

func (m *metrics) leaf(field iceberg.NestedField, s engine.ColumnStats) {
	m.values[field.ID] = s.Values
	m.nulls[field.ID] = s.Nulls
	switch field.Type.(type) {
	case iceberg.Float32Type, iceberg.Float64Type:
		if s.HasNaN {
			// How many is unknown, so no count is written; and DuckDB orders NaN above every
			// number while Iceberg's bounds leave it out, so there are no bounds either.
			return
		}
		m.nans[field.ID] = 0
	}
	if s.Min != nil {
		if l, ok := parseLiteral(field.Type, *s.Min); ok {
			if data := lowerBound(l); data != nil {
				m.lower[field.ID] = data
			}
		}
	}
	if s.Max != nil {
		if l, ok := parseLiteral(field.Type, *s.Max); ok {
			if data := upperBound(l); data != nil {
				m.upper[field.ID] = data
			}
		}
	}
}
