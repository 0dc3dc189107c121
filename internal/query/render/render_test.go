package render_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/query/render"
)

var update = flag.Bool("update", false, "write what is printed to the golden files")

// sales is a result as people make them: Korean text, exact decimals, NULLs, and values
// that quoting could get wrong.
func sales(t *testing.T) array.RecordReader {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "day", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
		{Name: "상점", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "revenue", Type: &arrow.Decimal128Type{Precision: 38, Scale: 2}, Nullable: true},
		{Name: "orders", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "rate", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "updated", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Asia/Seoul"}, Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	decimal := func(s string) decimal128.Num {
		n, err := decimal128.FromString(s, 38, 2)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	b.Field(0).(*array.Date32Builder).AppendValues([]arrow.Date32{19727, 19728, 0, -719163}, []bool{true, true, false, true})
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"강남점", "quoted \"상점\", with\nlines", "", "NULL"}, nil)
	b.Field(2).(*array.Decimal128Builder).AppendValues(
		[]decimal128.Num{decimal("123456789012345678901234567890123456.78"), decimal("-0.50"), {}, decimal("1000.00")},
		[]bool{true, true, false, true})
	b.Field(3).(*array.Int64Builder).AppendValues([]int64{9007199254740993, -1, 0, 7}, []bool{true, true, false, true})
	b.Field(4).(*array.Float64Builder).AppendValues([]float64{0.1, 3, 1e21, -2.5e-7}, nil)
	b.Field(5).(*array.TimestampBuilder).AppendValues([]arrow.Timestamp{1704380400_500000, 1704380400_000000, 0, -1}, []bool{true, true, false, true})
	return reader(t, b.NewRecordBatch())
}

// nested has a column for each shape that is not a plain scalar.
func nested(t *testing.T) array.RecordReader {
	t.Helper()
	item := arrow.StructOf(
		arrow.Field{Name: "sku", Type: arrow.BinaryTypes.String, Nullable: true},
		arrow.Field{Name: "price", Type: &arrow.Decimal128Type{Precision: 10, Scale: 2}, Nullable: true})
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Uint8},
		{Name: "items", Type: arrow.ListOf(item), Nullable: true},
		{Name: "tags", Type: arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32), Nullable: true},
		{Name: "raw", Type: arrow.BinaryTypes.Binary, Nullable: true},
		{Name: "at", Type: arrow.FixedWidthTypes.Time64us, Nullable: true},
		{Name: "kind", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String}, Nullable: true},
		{Name: "ok", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "local", Type: &arrow.TimestampType{Unit: arrow.Microsecond}, Nullable: true},
		{Name: "span", Type: arrow.FixedWidthTypes.MonthDayNanoInterval, Nullable: true},
	}, nil)
	batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[
		{"id": 1, "items": [{"sku": "사과", "price": "1.10"}, {"sku": null, "price": "2.00"}],
		 "tags": [{"key": "a\"b", "value": 1}, {"key": "c", "value": null}], "raw": "AAFBXP8=", "at": "09:05:00.25",
		 "kind": "view", "ok": true, "local": "2024-01-05 03:00:00.000001", "span": {"months": 14, "days": 3, "nanoseconds": 14706500000000}},
		{"id": 2, "items": [], "tags": [], "raw": "", "at": "00:00:00", "kind": null, "ok": false,
		 "local": "0001-01-01 00:00:00", "span": {"months": 0, "days": 0, "nanoseconds": 0}},
		{"id": 3, "items": null, "tags": null, "raw": null, "at": null, "kind": "view", "ok": null, "local": null, "span": null}]`))
	if err != nil {
		t.Fatal(err)
	}
	return reader(t, batch)
}

func reader(t *testing.T, batches ...arrow.RecordBatch) array.RecordReader {
	t.Helper()
	r, err := array.NewRecordReader(batches[0].Schema(), batches)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Release)
	return r
}

func TestGolden(t *testing.T) {
	t.Parallel()
	wide := func(t *testing.T) array.RecordReader {
		schema := arrow.NewSchema([]arrow.Field{
			{Name: "title", Type: arrow.BinaryTypes.String}, {Name: "설명", Type: arrow.BinaryTypes.String},
			{Name: "n", Type: arrow.PrimitiveTypes.Int32}, {Name: "escape", Type: arrow.BinaryTypes.String},
		}, nil)
		batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[
			{"title": "a title that is much longer than the others in this table", "설명": "호수는 회사의 데이터 레이크를 하나의 프로그램으로", "n": 1, "escape": "\u001b[31mred\u202e"},
			{"title": "short", "설명": "짧다", "n": 1234567, "escape": "plain"}]`))
		if err != nil {
			t.Fatal(err)
		}
		return reader(t, batch)
	}
	empty := func(t *testing.T) array.RecordReader {
		schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int32}, {Name: "이름", Type: arrow.BinaryTypes.String}}, nil)
		batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[]`))
		if err != nil {
			t.Fatal(err)
		}
		return reader(t, batch)
	}
	for _, test := range []struct {
		golden string
		rows   func(*testing.T) array.RecordReader
		format render.Format
		opts   render.Options
		want   int64
	}{
		{"sales.csv", sales, render.CSV, render.Options{}, 4},
		{"sales.json", sales, render.JSON, render.Options{}, 4},
		{"sales.table", sales, render.Table, render.Options{}, 4},
		{"sales-color.table", sales, render.Table, render.Options{Color: true}, 4},
		{"sales-sample.table", sales, render.Table, render.Options{Sample: 1, Width: 100}, 4},
		{"nested.csv", nested, render.CSV, render.Options{}, 3},
		{"nested.json", nested, render.JSON, render.Options{}, 3},
		{"nested.table", nested, render.Table, render.Options{}, 3},
		{"wide.table", wide, render.Table, render.Options{}, 2},
		{"wide-60.table", wide, render.Table, render.Options{Width: 60}, 2},
		{"wide-20.table", wide, render.Table, render.Options{Width: 20}, 2},
		{"empty.csv", empty, render.CSV, render.Options{}, 0},
		{"empty.json", empty, render.JSON, render.Options{}, 0},
		{"empty.table", empty, render.Table, render.Options{}, 0},
	} {
		t.Run(test.golden, func(t *testing.T) {
			var out bytes.Buffer
			rows, err := render.Write(&out, test.rows(t), test.format, test.opts)
			if err != nil {
				t.Fatal(err)
			}
			if rows != test.want {
				t.Errorf("%d rows, want %d", rows, test.want)
			}
			path := filepath.Join("testdata", test.golden)
			if *update {
				if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; run the test with -update and review the file", err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("output differs (-want +got):\n%s", diff)
			}
		})
	}
}

// What is written must be what other readers of the format read.
func TestTextFormatsAreWellFormed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if _, err := render.Write(&out, sales(t), render.CSV, render.Options{}); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := records[2][1], "quoted \"상점\", with\nlines"; got != want {
		t.Errorf("CSV field %q, want %q", got, want)
	}

	for _, rows := range []array.RecordReader{sales(t), nested(t)} {
		out.Reset()
		if _, err := render.Write(&out, rows, render.JSON, render.Options{}); err != nil {
			t.Fatal(err)
		}
		var objects []map[string]json.RawMessage
		if err := json.Unmarshal(out.Bytes(), &objects); err != nil {
			t.Fatalf("%v in\n%s", err, &out)
		}
	}
}

// Two tables that are joined have columns of one name. Readers of JSON keep the last of two equal keys, and lose a value.
func TestKeysOfJSONAreDifferent(t *testing.T) {
	t.Parallel()
	var fields []arrow.Field
	for _, name := range []string{"id", "name", "id", "id_1", "id"} {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	for i := range fields {
		b.Field(i).(*array.Int64Builder).Append(int64(i))
	}
	var out bytes.Buffer
	if _, err := render.Write(&out, reader(t, b.NewRecordBatch()), render.JSON, render.Options{}); err != nil {
		t.Fatal(err)
	}
	if want := "[\n{\"id\":0,\"name\":1,\"id_2\":2,\"id_1\":3,\"id_3\":4}\n]\n"; out.String() != want {
		t.Errorf("got %s want %s", &out, want)
	}
}

// Before there were zones clocks were off by seconds too, for which RFC 3339 has no place.
func TestInstantsBeforeZonesReadBack(t *testing.T) {
	t.Parallel()
	schema := arrow.NewSchema([]arrow.Field{{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Asia/Seoul"}}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	want := []time.Time{time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1900, 1, 1, 0, 0, 0, 500_000, time.UTC), time.Date(1988, 7, 1, 0, 0, 0, 0, time.UTC)}
	for _, at := range want {
		b.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(at.UnixMicro()))
	}
	var out bytes.Buffer
	if _, err := render.Write(&out, reader(t, b.NewRecordBatch()), render.JSON, render.Options{}); err != nil {
		t.Fatal(err)
	}
	var rows []struct{ At time.Time }
	if err := json.Unmarshal(out.Bytes(), &rows); err != nil {
		t.Fatalf("%v in\n%s", err, &out)
	}
	for i, row := range rows {
		if !row.At.Equal(want[i]) {
			t.Errorf("%s is read as %s, want %s", &out, row.At, want[i])
		}
	}
}

func TestColumnarFormatsReadBack(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if _, err := render.Write(&out, sales(t), render.Parquet, render.Options{}); err != nil {
		t.Fatal(err)
	}
	parquetFile, err := file.NewParquetReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer parquetFile.Close()
	arrowReader, err := pqarrow.NewFileReader(parquetFile, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := arrowReader.ReadTable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	fromParquet := array.NewTableReader(table, 0)
	defer fromParquet.Release()

	var stream bytes.Buffer
	if _, err := render.Write(&stream, sales(t), render.Arrow, render.Options{}); err != nil {
		t.Fatal(err)
	}
	fromArrow, err := ipc.NewReader(&stream)
	if err != nil {
		t.Fatal(err)
	}
	defer fromArrow.Release()

	want, err := os.ReadFile(filepath.Join("testdata", "sales.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for name, rows := range map[string]array.RecordReader{"parquet": fromParquet, "arrow": fromArrow} {
		var text bytes.Buffer
		if _, err := render.Write(&text, rows, render.CSV, render.Options{}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), text.String()); diff != "" {
			t.Errorf("%s read back differs (-want +got):\n%s", name, diff)
		}
	}
}

func TestParquetRefusesIntervals(t *testing.T) {
	t.Parallel()
	_, err := render.Write(&bytes.Buffer{}, nested(t), render.Parquet, render.Options{})
	if err == nil || !strings.Contains(err.Error(), `"span"`) || !strings.Contains(err.Error(), "cast it") {
		t.Fatalf("error %v, want one that names the column and the way out", err)
	}
}

// broken fails after its first batch, as a statement that runs out of memory half-way does.
type broken struct {
	array.RecordReader
	err error
}

func (b broken) Err() error { return b.err }

type fullDisk struct{}

var errFull = errors.New("no space left on device")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestErrorsEndTheOutput(t *testing.T) {
	t.Parallel()
	late := errors.New("out of memory")
	for _, format := range []render.Format{render.Table, render.CSV, render.JSON, render.Parquet, render.Arrow} {
		if _, err := render.Write(&bytes.Buffer{}, broken{sales(t), late}, format, render.Options{}); !errors.Is(err, late) {
			t.Errorf("%s: error %v, want the reader's", format, err)
		}
		if _, err := render.Write(fullDisk{}, sales(t), format, render.Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: error %v, want the writer's", format, err)
		}
	}
}
