package files_test

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/source/files"
	"github.com/hosu-io/hosu/internal/source/sourcetest"
)

func duckdb(t testing.TB) *engine.Engine {
	t.Helper()
	e, err := engine.Open(engine.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func open(t testing.TB, dir string) *files.Source {
	t.Helper()
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	src, err := files.Open(duckdb(t), map[string]string{"path": filepath.Base(dir)}, source.Env{Dir: filepath.Dir(dir), TempDir: t.TempDir(), Location: seoul})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// write makes files, those named .gz compressed, and returns their folder.
func write(t testing.TB, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range contents {
		put(t, dir, name, content)
	}
	return dir
}

func put(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".gz") {
		var b strings.Builder
		z := gzip.NewWriter(&b)
		if _, err := io.WriteString(z, content); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		content = b.String()
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func options(pairs ...string) source.TableOptions {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return source.TableOptions{Values: values}
}

// csvSystem keeps the suite's tables as CSV files.
type csvSystem struct{ dir string }

func (s csvSystem) read(t testing.TB, table string) (header string, rows map[int64]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, table+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	rows = map[int64]string{}
	for _, line := range lines[1:] {
		id, _, _ := strings.Cut(line, ",")
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		rows[n] = line
	}
	return lines[0], rows
}

func (s csvSystem) write(t testing.TB, table, header string, rows map[int64]string) {
	t.Helper()
	lines := []string{header}
	for _, row := range rows {
		lines = append(lines, row)
	}
	put(t, s.dir, table+".csv", strings.Join(lines, "\n")+"\n")
}

func TestConformance(t *testing.T) {
	t.Parallel()
	s := csvSystem{t.TempDir()}
	sourcetest.Run(t, sourcetest.System{
		Open: func(t testing.TB) source.Source { return open(t, s.dir) },
		Create: func(t testing.TB, table string) {
			s.write(t, table, "id,name,amount,updated_at", nil)
		},
		Put: func(t testing.TB, table string, rows ...sourcetest.Row) {
			header, all := s.read(t, table)
			for _, r := range rows {
				at := ""
				if !r.UpdatedAt.IsZero() {
					at = r.UpdatedAt.Format("2006-01-02 15:04:05.999999")
				}
				all[r.ID] = fmt.Sprintf("%d,%s,%s,%s", r.ID, r.Name, r.Amount(), at)
			}
			s.write(t, table, header, all)
		},
		Delete: func(t testing.TB, table string, id int64) {
			header, all := s.read(t, table)
			delete(all, id)
			s.write(t, table, header, all)
		},
		Generate: func(t testing.TB, table string, n int) {
			f, err := os.Create(filepath.Join(s.dir, table+".csv"))
			if err != nil {
				t.Fatal(err)
			}
			w := bufio.NewWriter(f)
			_, _ = w.WriteString("id,name,amount,updated_at\n")
			for i := range n {
				_, _ = fmt.Fprintf(w, "%d,a name that takes some room %d,%d.25,2024-01-01 12:34:56\n", i, i, i%1000)
			}
			if err := errors.Join(w.Flush(), f.Close()); err != nil {
				t.Fatal(err)
			}
		},
		AddColumn: func(t testing.TB, table, column, value string) {
			header, all := s.read(t, table)
			for id := range all {
				all[id] += "," + value
			}
			s.write(t, table, header+","+column, all)
		},
		Types:   "id long, name string, amount double, updated_at timestamp",
		Options: func(string) source.TableOptions { return source.TableOptions{} },
		Down:    func(t testing.TB) source.Source { return open(t, filepath.Join(t.TempDir(), "gone")) },
		Where:   "gone",
		// DuckDB keeps its buffers.
		Memory: 256 << 20,
	})
}

// TestTypesOfText reads a column of values each. The types are found from all of them.
func TestTypesOfText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		values    string // of one column, separated by |
		typ, want string
	}{
		{"1|-2|", "long", "1|-2|NULL"},
		{"9223372036854775807|-9223372036854775808", "long", "9223372036854775807|-9223372036854775808"},
		{"9223372036854775808|1", "decimal(38, 0)", "9223372036854775808|1"},
		{"007|1", "string", "007|1"},
		{"+318855443322|1", "string", "+318855443322|1"},
		{"1.5|2|-0.25|17850.0", "double", "1.5|2|-0.25|17850"},
		{"82544000000000707.52|1.5", "decimal(38, 2)", "82544000000000707.52|1.50"},
		{"9007199254740993|0.5", "decimal(38, 1)", "9007199254740993.0|0.5"},
		{"0.1234567890123456789|12345678901234567890123", "string", "0.1234567890123456789|12345678901234567890123"},
		{"3.521525712040701|1e-07", "double", "3.521525712040701|1e-07"},
		{`"1,234"|999|"1,234,567"`, "long", "1234|999|1234567"},
		{`"1,234.5"|0.5`, "double", "1234.5|0.5"},
		{`"1,234"|5678`, "string", "1,234|5678"},
		{`"12,34"|1`, "string", "12,34|1"},
		{"1_000|2", "string", "1_000|2"},
		{"nan|1", "string", "nan|1"},
		{"2024-02-29|", "date", "2024-02-29|NULL"},
		{"2024/02/29", "date", "2024-02-29"},
		{"2024-02-30", "string", "2024-02-30"},
		{"03/10/2024|2024-03-08", "string", "03/10/2024|2024-03-08"},
		{"2024-02-29 12:34:56|2024-02-29T01:02:03.000001|2024-02-29", "timestamp", "2024-02-29 12:34:56|2024-02-29 01:02:03.000001|2024-02-29 00:00:00"},
		{"2024-02-29 12:00:00.1234567", "string", "2024-02-29 12:00:00.1234567"},
		{"2024-02-29T12:00:00Z|2024-02-29 12:00:00+09:00", "timestamptz", "2024-02-29 12:00:00Z|2024-02-29 03:00:00Z"},
		{"2024-02-29T12:00:00Z|2024-02-29 12:00:00", "string", "2024-02-29T12:00:00Z|2024-02-29 12:00:00"},
		{"10:00|23:59:59.5", "time", "10:00:00.000000|23:59:59.500000"},
		{"true|FALSE", "boolean", "true|false"},
		{"true|1", "string", "true|1"},
		{" 5| 6 ", "long", "5|6"},
		{" a| b ", "string", " a| b "},
		{"|", "string", "NULL|NULL"},
		{`x|""|"say ""hi"""`, "string", `x|NULL|say "hi"`},
	} {
		dir := write(t, map[string]string{"t.csv": "id,v\n0," + strings.ReplaceAll(tc.values, "|", "\n0,") + "\n"})
		c, err := sourcetest.TryRead(t, open(t, dir), source.Request{Table: "t"})
		if err != nil {
			t.Errorf("%s: %v", tc.values, err)
			continue
		}
		if got, want := c.Types(), "id long, v "+tc.typ; got != want {
			t.Errorf("%s: %s, want %s", tc.values, got, want)
		}
		want := strings.Split(tc.want, "|")
		got := c.Column("v")
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.values, diff)
		}
	}
}

// TestTypesTheAuthorGave reads one value each as the type given. A want of "refused" says that it must be an error with the line.
func TestTypesTheAuthorGave(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ value, typ, want string }{
		{"007", "long", "7"},
		{"17850.0", "int", "17850"},
		{"3.5", "int", "refused"},
		{"2147483648", "int", "refused"},
		{"12.5", "decimal(10,2)", "12.50"},
		{"12.500", "decimal(10,2)", "12.50"},
		{"12.505", "decimal(10,2)", "refused"},
		{"123456789.00", "decimal(10,2)", "refused"},
		{`"1,234.50"`, "decimal(10,2)", "1234.50"},
		{"7", "decimal(10,0)", "7"},
		{"7.5", "decimal(10,0)", "refused"},
		{"n/a", "double", "refused"},
		{"5", "string", "5"},
		{"1", "boolean", "true"},
		{"maybe", "boolean", "refused"},
		{"2024-02-29 00:00:00", "date", "2024-02-29"},
		{"2024-02-29 01:00:00", "date", "refused"},
		{"2024-02-29 12:00:00", "timestamptz", "2024-02-29 03:00:00Z"}, // in the workspace's time zone
		{"2024-02-29 12:00:00Z", "timestamptz", "2024-02-29 12:00:00Z"},
		{"2024-02-29 12:00:00Z", "timestamp", "refused"},
		{"0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f", "uuid", "0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f"},
		{"none", "uuid", "refused"},
		{"값", "binary", "\\xeab092"},
	} {
		dir := write(t, map[string]string{"t.csv": "id,v\n0,\n1,\"\"\n2," + tc.value + "\n"})
		typ, err := schema.ParseType(tc.typ)
		if err != nil {
			t.Fatal(err)
		}
		c, err := sourcetest.TryRead(t, open(t, dir), source.Request{Table: "t", Options: source.TableOptions{Types: map[string]schema.Column{"V": {Type: typ}}}})
		switch {
		case tc.want == "refused":
			for _, part := range []string{"table t", "column v", "t.csv line 4", "types: {v: "} {
				if !errors.Is(err, source.ErrValue) || !strings.Contains(err.Error(), part) {
					t.Errorf("%s as %s: %v, %v; want ErrValue with %q", tc.value, tc.typ, c.Rows, err, part)
					break
				}
			}
		case err != nil:
			t.Errorf("%s as %s: %v", tc.value, tc.typ, err)
		default:
			if diff := cmp.Diff([]string{"NULL", "NULL", tc.want}, c.Column("v")); diff != "" || !c.Columns[1].Type.Equals(typ) {
				t.Errorf("%s as %s: %s (-want +got):\n%s", tc.value, tc.typ, c.Types(), diff)
			}
		}
	}
}

func encode(t testing.TB, name, text string) string {
	t.Helper()
	e := korean.EUCKR.NewEncoder()
	if name == "utf-16" {
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()
	}
	out, err := e.String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWaysToWriteCSV(t *testing.T) {
	t.Parallel()
	korean := "이름,값\n똠방각하,1\n펲시,2\n"
	for name, tc := range map[string]struct {
		file, content string
		options       []string
		want          string
	}{
		"plain":           {"t.csv", "a,b\n1,x\n", nil, "a long, b string: 1 x"},
		"gzip":            {"t.csv.gz", "a,b\n1,x\n", nil, "a long, b string: 1 x"},
		"semicolons":      {"t.csv", "a;b\n1;5,5\n", nil, "a long, b string: 1 5,5"},
		"tabs":            {"t.tsv", "a\tb\n1\tx, y\n", nil, "a long, b string: 1 x, y"},
		"pipes":           {"t.csv", "a|b\n1|x\n", nil, "a long, b string: 1 x"},
		"given delimiter": {"t.txt", "a~b,c\n1~x\n", []string{"delimiter", "~"}, "a long, b,c string: 1 x"},
		"byte order mark": {"t.csv", "\xEF\xBB\xBFa,b\n1,x\n", nil, "a long, b string: 1 x"},
		"crlf":            {"t.csv", "a,b\r\n1,\"x\r\ny\"\r\n", nil, "a long, b string: 1 x\r\ny"},
		"no last newline": {"t.csv", "a,b\n1,x", nil, "a long, b string: 1 x"},
		"one column":      {"t.csv", "a\n1\n2\n", nil, "a long: 1 / 2"},
		"header only":     {"t.csv", "a,b\n", nil, "a string, b string: "},
		"no header":       {"t.csv", "1,x\n2,y\n", []string{"header", "false"}, "column0 long, column1 string: 1 x / 2 y"},
		"years as names":  {"t.csv", "2019,2020\n1,2\n", []string{"header", "true"}, "2019 long, 2020 long: 1 2"},
		"odd names":       {"t.csv", "a,A, a ,,\"x\"\"y'\"\n1,2,3,4,5\n", nil, "a long, A_2 long, a_3 long, column3 long, x\"y' long: 1 2 3 4 5"},
		"null marker":     {"t.csv", "a,b\n1,NA\nNA,x\n", []string{"null", "NA"}, "a long, b string: 1 NULL / NULL x"},
		"no quotes":       {"t.csv", "a,b\n1,5\"\n", []string{"quote", "none"}, "a long, b string: 1 5\""},
		"single quotes":   {"t.csv", "a,b\n1,'x,y'\n", []string{"quote", "'"}, "a long, b string: 1 x,y"},
		"cp949":           {"t.csv", encode(t, "cp949", korean), []string{"encoding", "cp949"}, "이름 string, 값 long: 똠방각하 1 / 펲시 2"},
		"cp949 gzip":      {"t.csv.gz", encode(t, "cp949", korean), []string{"encoding", "EUC-KR"}, "이름 string, 값 long: 똠방각하 1 / 펲시 2"},
		"utf-16 unsaid":   {"t.csv", encode(t, "utf-16", korean), nil, "이름 string, 값 long: 똠방각하 1 / 펲시 2"},
		"json lines":      {"t.jsonl", `{"a":1,"b":"007","at":"2024-02-29T12:00:00Z"}` + "\n" + `{"a":2.5,"c":[{"d":"2024-01-01"}]}` + "\n", nil, "a double, b string, at timestamptz, c list<struct<0: d: optional string>>: 1 007 2024-02-29 12:00:00Z NULL / 2.5 NULL NULL [{\"d\":\"2024-01-01\"}]"},
		"json array":      {"t.json.gz", `[{"a": 12345678901234567890}, {"a": true}]`, nil, "a string: 12345678901234567890 / true"},
	} {
		dir := write(t, map[string]string{tc.file: tc.content})
		c, err := sourcetest.TryRead(t, open(t, dir), source.Request{Table: "t", Options: options(tc.options...)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var rows []string
		for _, row := range c.Rows {
			rows = append(rows, strings.Join(row, " "))
		}
		if diff := cmp.Diff(tc.want, c.Types()+": "+strings.Join(rows, " / ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		file, content string
		options       []string
		want          []string
	}{
		"too many fields":   {"t.csv", "a,b\n1,x\n\"2\n2\",y\n3,y,z\n", nil, []string{"t.csv line 5", `"3,y,z"`, "repair the line"}},
		"too few fields":    {"t.csv", "a,b,c\n1,x,2\n2,y\n", nil, []string{"t.csv line 3", `"2,y"`}},
		"unfinished quotes": {"t.csv", "a,b\n1,\"x\n2,y\n", nil, []string{"t.csv line 2", "unterminated quote"}},
		"in gzip":           {"t.csv.gz", "a,b\n1,x\n2,y,z\n", nil, []string{"t.csv.gz line 3", `"2,y,z"`}},
		"other encoding":    {"t.csv", "a,b\n1,\xb0\xa1\n", nil, []string{"t.csv line 2", "encoding: cp949"}},
		"wrong encoding":    {"t.csv", "a,b\n1,\xff\xff\n", []string{"encoding", "cp949"}, []string{"t.csv line 2", "cp949"}},
		"no such encoding":  {"t.csv", "a,b\n", []string{"encoding", "klingon"}, []string{"klingon", "cp949"}},
		"mixed line ends":   {"t.csv", "a,b\n1,x\r\n2,y\n3,z\r\n", nil, []string{"t.csv", "LF or CRLF"}},
		"data for names":    {"t.csv", "1,2\n3,4\n", nil, []string{"t.csv line 1", "header: false"}},
		"empty":             {"t.csv", "", nil, []string{"t.csv is empty"}},
		"blank":             {"t.csv", "\n\n", nil, []string{"only blank lines"}},
		"broken JSON":       {"t.jsonl", "{\"a\":1}\n{\"a\":\n", nil, []string{"t.jsonl", "line 3"}},
		"no Parquet":        {"t.parquet", "PAR1 it is not", nil, []string{"t.parquet"}},
		"empty Parquet":     {"t.parquet", "", nil, []string{"t.parquet is empty"}},
		"unknown format":    {"t.csv", "a\n1\n", []string{"format", "xlsx"}, []string{"xlsx", "parquet"}},
		"no extension":      {"t.dat", "a\n1\n", []string{"path", "t.dat"}, []string{"format: csv"}},
		"long delimiter":    {"t.csv", "a\n1\n", []string{"delimiter", "||"}, []string{"one character"}},
	} {
		dir := write(t, map[string]string{tc.file: tc.content})
		c, err := sourcetest.TryRead(t, open(t, dir), source.Request{Table: "t", Options: options(tc.options...)})
		if err == nil {
			t.Errorf("%s: no error but %s: %v", name, c.Types(), c.Rows)
			continue
		}
		for _, part := range append(tc.want, "table t") {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v; want %q in it", name, err, part)
			}
		}
		var broken *source.BrokenError
		if tc.options != nil && name != "wrong encoding" && !errors.As(err, &broken) {
			t.Errorf("%s: another attempt would be made: %v", name, err)
		}
		if strings.Contains(err.Error(), "hosu-utf8") || strings.Contains(err.Error(), "strict_mode") {
			t.Errorf("%s: the error speaks of our own affairs: %v", name, err)
		}
	}
}

func TestNotGzip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "t.csv.gz"), []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, dir).Read(t.Context(), source.Request{Table: "t"})
	if err == nil || !strings.Contains(err.Error(), "t.csv.gz does not hold gzip data") {
		t.Errorf("%v; want an error that says the file is not compressed", err)
	}
}

func TestGlobs(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"in/2024/01/a.csv": "a\n1\n", "in/2024/02/b[1].csv": "b,a\nx,2\n", "in/c.csv": "a\n3\n", "in/.d.csv": "a\n4\n", "in/2024/e.txt": "a\n5\n", "other.csv": "a\n6\n",
	})
	src := open(t, dir)
	for pattern, want := range map[string][]string{
		"in/**/*.csv":        {"1", "2", "3"},
		"in/*/*/*.csv":       {"1", "2"},
		"in/*.csv":           {"3"},
		"in/.*.csv":          {"4"},
		"in/2024/02/b*.csv":  {"2"},
		"./in/2024/01/a.csv": {"1"},
	} {
		c, err := sourcetest.TryRead(t, src, source.Request{Table: "t", Options: options("path", pattern, "format", "csv")})
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		got := c.Column("a")
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
	for pattern, part := range map[string]string{"in/*.parquet": "c.csv", "out/*.csv": "no folder"} {
		_, err := src.Read(t.Context(), source.Request{Table: "t", Options: options("path", pattern)})
		if !errors.Is(err, source.ErrNoSuchTable) || !strings.Contains(err.Error(), pattern) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v; want ErrNoSuchTable with %q", pattern, err, part)
		}
	}
	if _, err := files.Open(nil, map[string]string{"path": "s3://bucket/drops"}, source.Env{}); err == nil || !strings.Contains(err.Error(), "s3") {
		t.Errorf("a bucket: %v", err)
	}
}

func TestEachFileLandsOnce(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"day1.csv": "id,v\n1,10\n"})
	src := open(t, dir)
	req := source.Request{Table: "t", Incremental: true, Options: options("path", "*.csv")}
	land := func(want string) {
		t.Helper()
		c := sourcetest.Read(t, src, req)
		var rows []string
		for _, row := range c.Rows {
			rows = append(rows, strings.Join(row, " "))
		}
		slices.Sort(rows)
		if got := strings.Join(rows, " / "); got != want || c.Unchanged != (want == "") {
			t.Fatalf("landed %q, unchanged %v; want %q", got, c.Unchanged, want)
		}
		if !c.Unchanged {
			req.After = c.Position
		}
	}
	land("1 10")
	land("")
	put(t, dir, "day2.csv", "v,id,more\n20,2,x\n")
	put(t, dir, "day3.csv", "") // being written
	land("20 2 x")
	land("")
	put(t, dir, "day3.csv", "id,v\n3,30\n")
	land("3 30")
	at := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "day1.csv"), at, at); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "day2.csv")); err != nil {
		t.Fatal(err)
	}
	land("")
	// A value that does not fit the type found at first is no reason to guess again.
	put(t, dir, "day4.csv", "id,v\n4,40\n5,forty\n")
	if _, err := sourcetest.TryRead(t, src, req); !errors.Is(err, source.ErrValue) || !strings.Contains(err.Error(), "day4.csv line 3") {
		t.Errorf("another type: %v", err)
	}
	put(t, dir, "day4.csv", "id,v\n4,40\n")
	land("4 40")
	put(t, dir, "day1.csv", "id,v\n1,11\n")
	if _, err := sourcetest.TryRead(t, src, req); err == nil || !strings.Contains(err.Error(), "day1.csv") || !strings.Contains(err.Error(), "key:") {
		t.Errorf("a changed file: %v", err)
	}
	req.Key = []string{"id"}
	if c := sourcetest.Read(t, src, req); !c.Replayed || len(c.Rows) != 1 || c.Rows[0][1] != "11" {
		t.Errorf("a changed file with a key: %v, replayed %v", c.Rows, c.Replayed)
	}
}

// A column that happens to be empty in a full copy keeps its type: it is no text all of a sudden.
func TestEmptyColumnKeepsItsType(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"t.csv": "id,day,note\n1,2024-01-01,\n"})
	src := open(t, dir)
	first := sourcetest.Read(t, src, source.Request{Table: "t"})
	if got := first.Types(); got != "id long, day date, note string" {
		t.Fatalf("columns %s", got)
	}
	put(t, dir, "t.csv", "id,day,note\n1,,7\n2,,\n")
	second := sourcetest.Read(t, src, source.Request{Table: "t", After: first.Position})
	if got := second.Types(); got != "id long, day date, note long" || second.Rows[1][1] != "NULL" {
		t.Errorf("columns %s, rows %v", got, second.Rows)
	}
	if again := sourcetest.Read(t, src, source.Request{Table: "t"}); again.Types() != "id long, day string, note long" {
		t.Errorf("a first copy has columns %s", again.Types())
	}
}

func TestFileChangesWhileItIsRead(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"t.csv": "a\n" + strings.Repeat("1\n", 100_000)})
	batch, err := open(t, dir).Read(t.Context(), source.Request{Table: "t"})
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Rows.Release()
	put(t, dir, "t.csv", "a\n"+strings.Repeat("1\n", 100_001))
	for batch.Rows.Next() {
	}
	if err := batch.Rows.Err(); !errors.Is(err, source.ErrUnavailable) {
		t.Errorf("%v; want ErrUnavailable", err)
	}
}

// TestParquet reads one value of each type that Parquet has.
func TestParquet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := duckdb(t)
	if err := e.Exec(t.Context(), `copy (select 1::utinyint a, 18446744073709551615::ubigint b, 1.25::decimal(9,2) c, timestamptz '2024-02-29 12:00:00+09' d,
		timestamp '2024-02-29 12:00:00' e, uuid '0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f' f, [{'x': 1, 'u': uuid '0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f'}] g, map{'k': true} h,
		time '10:00:00' i, date '2024-02-29' j, '\xAA'::blob k, true l, null::int m, 'happy'::enum('happy','sad') n) to '`+filepath.Join(dir, "t.parquet")+`'`); err != nil {
		t.Fatal(err)
	}
	c := sourcetest.Read(t, open(t, dir), source.Request{Table: "t"})
	if got, want := c.Types(), "a int, b decimal(20, 0), c decimal(9, 2), d timestamptz, e timestamp, f uuid, g list<struct<0: x: optional int, 0: u: optional string>>, h map<string, boolean>, "+
		"i time, j date, k binary, l boolean, m int, n string"; got != want {
		t.Errorf("columns %s,\nwant %s", got, want)
	}
	want := []string{"1", "18446744073709551615", "1.25", "2024-02-29 03:00:00Z", "2024-02-29 12:00:00", "0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f",
		`[{"u":"0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f","x":1}]`, `[{"key":"k","value":true}]`, "10:00:00.000000", "2024-02-29", `\xaa`, "true", "NULL", "happy"}
	if diff := cmp.Diff([][]string{want}, c.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
