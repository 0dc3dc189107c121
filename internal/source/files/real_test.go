package files_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/source/sourcetest"
)

// realData is the folder of public data for tests; "" when it is not there.
func realData(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("HOSU_TEST_DATA")
	if dir == "" {
		t.Log("HOSU_TEST_DATA is not set: public files are left out")
	}
	return dir
}

func TestKoreanStatistics(t *testing.T) {
	t.Parallel()
	dir := realData(t)
	if dir == "" {
		return
	}
	src := open(t, filepath.Join(dir, "korean"))
	// The same table three times: in CP949 with quotes and thousands separators, in UTF-8 with them, and plain.
	var first sourcetest.Copy
	for i, table := range []struct{ name, encoding string }{{"age", "cp949"}, {"test", ""}, {"age2", ""}} {
		c := sourcetest.Read(t, src, source.Request{Table: table.name, Options: options("encoding", table.encoding)})
		if len(c.Rows) != 3841 || len(c.Columns) != 104 {
			t.Errorf("%s: %d rows and %d columns, want 3841 and 104", table.name, len(c.Rows), len(c.Columns))
		}
		c.Rows = sourcetest.Sorted(c.Rows)
		if i == 0 {
			first = c
			for _, column := range c.Columns[1:] {
				if column.Type.String() != "long" {
					t.Errorf("%s: column %s is %s", table.name, column.Name, column.Type)
				}
			}
			continue
		}
		if diff := cmp.Diff(first.Types(), c.Types()); diff != "" {
			t.Errorf("%s: columns (-age +%[1]s):\n%s", table.name, diff)
		}
		if diff := cmp.Diff(first.Rows, c.Rows); diff != "" {
			t.Errorf("%s: rows (-age +%[1]s):\n%.2000s", table.name, diff)
		}
	}
	c := sourcetest.Read(t, src, source.Request{Table: "seoul", Options: options("encoding", "euc-kr")})
	blank := 0
	for _, row := range c.Rows {
		for _, v := range row {
			if v == "NULL" {
				blank++
			}
		}
	}
	if len(c.Rows) != 40569 || len(c.Columns) != 8 || blank != 27946 {
		t.Errorf("seoul: %d rows, %d columns, %d blanks; want 40569, 8 and 27946", len(c.Rows), len(c.Columns), blank)
	}
	if got, want := strings.Split(c.Types(), ", ")[:5], []string{"지점번호 long", "지점명 string", "일시 date", "평균기온(℃) double", "최고기온(℃) double"}; !cmp.Equal(got, want) {
		t.Errorf("seoul: %v, want %v", got, want)
	}
}

func TestOnlineRetail(t *testing.T) {
	t.Parallel()
	dir := realData(t)
	if dir == "" {
		return
	}
	price, err := schema.ParseType("decimal(10,3)")
	if err != nil {
		t.Fatal(err)
	}
	opts := source.TableOptions{Types: map[string]schema.Column{"UnitPrice": {Type: price}}}
	c := sourcetest.Read(t, open(t, filepath.Join(dir, "retail")), source.Request{Table: "online_retail", Options: opts})
	if got, want := c.Types(), "InvoiceNo string, StockCode string, Description string, Quantity long, InvoiceDate timestamp, UnitPrice decimal(10, 3), CustomerID double, Country string"; got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
	invoices, noCustomer, mills := map[string]bool{}, 0, int64(0)
	for _, row := range c.Rows {
		invoices[row[0]] = true
		if row[6] == "NULL" {
			noCustomer++
		}
		quantity, err := strconv.ParseInt(row[3], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		unit, err := strconv.ParseInt(strings.Replace(row[5], ".", "", 1), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		mills += quantity * unit
	}
	if len(c.Rows) != 541_909 || len(invoices) != 25_900 || noCustomer != 135_080 || (mills+5)/10 != 974_774_793 {
		t.Errorf("%d rows, %d invoices, %d without customer, %d thousandths; want 541909, 25900, 135080 and 9747747.93",
			len(c.Rows), len(invoices), noCustomer, mills)
	}
}

// TestAwkwardCSV reads each file right, or fails with an error that names it.
func TestAwkwardCSV(t *testing.T) {
	t.Parallel()
	dir := realData(t)
	if dir == "" {
		return
	}
	src := open(t, filepath.Join(dir, "csv"))
	for name, tc := range map[string]struct {
		options []string
		types   string // "" when it must fail
		rows    int
		problem string
	}{
		"14512.csv":                  {types: "ingredients string, item_tax_data string", rows: 1},
		"all_quotes.csv":             {types: "upc long, name string, description string, price long", rows: 5},
		"bad_escape.csv":             {problem: "line 3"},
		"big_number.csv":             {types: "bignumber decimal(38, 2)", rows: 1},
		"borked_date.csv":            {types: "a string", rows: 2069},
		"csv_quoted_newline_odd.csv": {problem: "line 11"},
		"decimal.csv":                {types: "col_a decimal(38, 16)", rows: 1},
		"dirty_line.csv":             {problem: "line 2"},
		"double_quoted_header.csv":   {types: `foo "bar long, name string`, rows: 2},
		"empty.csv":                  {problem: "is empty"},
		"evil_nullpadding.csv":       {problem: "line 2"},
		"header_left_space.csv":      {types: "bla long", rows: 3},
		"header_only.csv":            {types: "abs_file_name string", rows: 0},
		"inconsistent_cells.csv":     {problem: "line 3"},
		"invalid_utf8.csv":           {problem: "line 3"},
		"issue2628_中文.csv":           {types: "col1 long, col2 long", rows: 3},
		"later_quotes.csv":           {types: "id long, value string", rows: 2049},
		"leading_zeros.csv":          {types: "CODGEO string, NAISD14 long, NAISD15 long, NAISD16 long, NAISD17 long, NAISD18 long, NAISD19 long, NAISD20 long", rows: 6},
		"manycolumns.csv":            {problem: "header: false"},
		"mixed_dates.csv":            {types: "A long, B string", rows: 5},
		"mixed_decimal.csv":          {types: "A long, B string", rows: 5},
		"mixed_new_line.csv":         {options: []string{"header", "false"}, problem: "LF or CRLF"},
		"mixed_timestamps.csv":       {types: "A long, B string", rows: 5},
		"null_terminator.csv":        {problem: "NUL byte"},
		"nullbyte.csv":               {types: "col1 string, col2 string, col3 string", rows: 1},
		"nullpadding.csv":            {options: []string{"header", "false"}, problem: "line 2"},
		"phonenumbers.csv":           {types: "phone string", rows: 3},
		"pipe_delim.csv":             {types: "one long, two long, three long, four long", rows: 1},
		"encodings/all_latin1.csv":   {options: []string{"encoding", "latin1", "header", "false"}, rows: -1},
		"encodings/latin1.csv":       {options: []string{"encoding", "iso-8859-1"}, rows: -1},
		"encodings/latin1.csv.gz":    {options: []string{"encoding", "iso-8859-1"}, rows: -1},
		"encodings/utf16.csv":        {options: []string{"encoding", "utf-16"}, rows: -1},
		"encodings/utf16.csv.gz":     {options: []string{"encoding", "utf-16"}, rows: -1},
		"encodings/only_utf16.csv":   {options: []string{"encoding", "utf-16"}, rows: -1},
		"encodings/shift_jis.csv":    {options: []string{"encoding", "shift_jis"}, rows: -1},
		"encodings/only_latin1.csv":  {problem: "encoding:"},
	} {
		c, err := sourcetest.TryRead(t, src, source.Request{Table: "t", Options: options(append(tc.options, "path", name)...)})
		switch {
		case tc.rows < 0:
			if err != nil || len(c.Rows) == 0 {
				t.Errorf("%s: %d rows, %v", name, len(c.Rows), err)
			}
		case tc.types == "":
			if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), tc.problem) {
				t.Errorf("%s: %s %v, %v; want an error with %q", name, c.Types(), c.Rows, err, tc.problem)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case c.Types() != tc.types || len(c.Rows) != tc.rows:
			t.Errorf("%s: %s with %d rows; want %s with %d", name, c.Types(), len(c.Rows), tc.types, tc.rows)
		}
	}
}

// TestRealParquet reads what is good, and refuses what is bad without falling over.
func TestRealParquet(t *testing.T) {
	t.Parallel()
	dir := realData(t)
	if dir == "" {
		return
	}
	read, refused := 0, 0
	for _, folder := range []string{"data", "bad_data"} {
		root := filepath.Join(dir, "parquet", folder)
		src := open(t, root)
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".parquet" {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			_, err = sourcetest.TryRead(t, src, source.Request{Table: "t", Options: options("path", name)})
			switch {
			case err == nil:
				read++
			case !strings.Contains(err.Error(), name) && !strings.Contains(err.Error(), "column geo"):
				t.Errorf("%s: the error does not name it: %v", name, err)
			default:
				refused++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 40 {
		t.Errorf("only %d files could be read, %d not", read, refused)
	}
}
