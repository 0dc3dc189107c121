package app_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

const retailExample = "../../examples/online-retail"

// retailFacts are what is asked, through the reading door, of the example's tables.
var retailFacts = []struct{ what, sql string }{
	{"lines", "select count(*) from raw_retail.invoice_lines"},
	{"value of all lines", "select sum(Quantity * UnitPrice) from raw_retail.invoice_lines"},
	{"invoices", "select count(distinct InvoiceNo) from raw_retail.invoice_lines"},
	{"countries", "select count(distinct Country) from raw_retail.invoice_lines"},
	{"customers", "select count(distinct CustomerID) from raw_retail.invoice_lines"},
	{"lines without customer", "select count(*) from raw_retail.invoice_lines where CustomerID is null"},
	{"lines without description", "select count(*) from raw_retail.invoice_lines where Description is null"},
	{"negative quantities", "select count(*) from raw_retail.invoice_lines where Quantity < 0"},
	{"cancellation lines", "select count(*) from staging.invoice_lines where kind = 'cancellation'"},
	{"adjustment invoices", "select count(*) from core.invoices where kind = 'adjustment'"},
	{"write-off lines", "select count(*) from staging.invoice_lines where kind = 'write_off'"},
	{"duplicates removed", "select (select count(*) from staging.invoice_lines) - (select count(*) from core.lines)"},
	{"copies beyond the first", "select sum(copies - 1) from core.lines"},
	{"value without duplicates", "select sum(amount) from core.lines"},
	{"rows of core.invoices", "select count(*) from core.invoices"},
	{"rows of core.customers", "select count(*) from core.customers"},
	{"customers who bought", "select count(*) from core.customers where first_sale_at is not null"},
	{"days with sales", "select count(*) from marts.daily_sales"},
	{"net of all days", "select sum(net) from marts.daily_sales"},
	{"customers in cohorts", "select sum(customers) from marts.cohorts where months_later = 0"},
	{"first purchases", "select count(*) from marts.first_purchases"},
}

// retailInput is a file of invoice lines and what is known of it.
type retailInput struct {
	name     string
	file     string // a CSV, perhaps gzipped
	facts    map[string]string
	expected string // a folder with whole tables, as CSV; "" for none
}

// smallRetail was made for this test: every trouble of the real lines, few enough to be counted by hand.
func smallRetail() retailInput {
	return retailInput{
		name: "small", file: "testdata/retail/online_retail.csv", expected: "testdata/retail/expected",
		facts: map[string]string{
			"lines": "56", "value of all lines": "129.800", "invoices": "27", "countries": "7", "customers": "8",
			"lines without customer": "9", "lines without description": "2", "negative quantities": "7", "cancellation lines": "5",
			"adjustment invoices": "3", "write-off lines": "2", "duplicates removed": "8", "copies beyond the first": "8",
			"value without duplicates": "76.000", "rows of core.invoices": "27", "rows of core.customers": "8", "customers who bought": "7",
			"days with sales": "11", "net of all days": "76.000", "customers in cohorts": "7", "first purchases": "25",
		},
	}
}

// realRetail is the UCI data in a folder of real data.
func realRetail(data string) retailInput {
	return retailInput{
		name: "real", file: filepath.Join(data, "retail", "online_retail.csv.gz"),
		facts: map[string]string{
			"lines": "541909", "value of all lines": "9747747.934", "invoices": "25900", "countries": "38", "customers": "4372",
			"lines without customer": "135080", "lines without description": "1454", "negative quantities": "10624", "cancellation lines": "9288",
			"adjustment invoices": "3", "write-off lines": "1336", "duplicates removed": "5268", "copies beyond the first": "5268",
			"value without duplicates": "9726006.954", "rows of core.invoices": "25900", "rows of core.customers": "4372", "customers who bought": "4339",
			"days with sales": "305", "net of all days": "9726006.954", "customers in cohorts": "4339", "first purchases": "266802",
		},
	}
}

// TestOnlineRetail runs the example from the CSV file and from a PostgreSQL with the same lines.
func TestOnlineRetail(t *testing.T) {
	inputs := []retailInput{smallRetail()}
	if data := os.Getenv("HOSU_TEST_DATA"); data != "" {
		inputs = append(inputs, realRetail(data))
	} else {
		t.Log("HOSU_TEST_DATA is not set: only the small file of this repository is tested, not the UCI Online Retail data")
	}
	for _, input := range inputs {
		t.Run(input.name, func(t *testing.T) {
			sources := map[string]*workspace{
				"csv":      retailFromCSV(t, input.file),
				"postgres": retailFromPostgres(t, copyFolder(t, retailExample), input.file),
			}
			plain := openPlain(t, "Europe/London")
			plain.loadReference(t, input.file)
			for name, w := range sources {
				w.fill(t)
				checkRetailFacts(t, name, w, input)
				w.checkIdle(t)
				plain.load(t, name, w)
				for _, r := range retailReference {
					plain.checkEqual(t, r.table, name, "reference")
				}
			}
			for _, asset := range sources["csv"].Workspace.Graph.Assets() {
				csv, postgres := retailColumns(t, sources["csv"], asset.Name), retailColumns(t, sources["postgres"], asset.Name)
				if diff := cmp.Diff(csv, postgres); diff != "" {
					t.Errorf("columns of %s differ (-csv +postgres):\n%s", asset.Name, diff)
				}
				if asset.Model == nil || asset.Model.Write.Kind != project.WriteView {
					plain.checkEqual(t, asset.Name, "csv", "postgres")
				}
			}
		})
	}
}

// TestOnlineRetailMovesToPostgres replaces the source of a workspace that has run from a file, as the example's README says.
func TestOnlineRetailMovesToPostgres(t *testing.T) {
	input := smallRetail()
	file := retailFromCSV(t, input.file)
	file.fill(t)
	moved := retailFromPostgres(t, file.dir, input.file)
	moved.day = file.day
	result, err := moved.Run(t.Context(), orchestrate.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(result.Tasks, func(task orchestrate.TaskInfo) bool {
		return task.Asset == "raw_retail.invoice_lines" && strings.Contains(task.Note, "started over")
	}); i < 0 {
		t.Errorf("the copy did not start over: %+v", result.Tasks)
	}
	checkRetailFacts(t, "postgres, after csv", moved, input)
	moved.checkIdle(t)
}

func checkRetailFacts(t *testing.T, source string, w *workspace, input retailInput) {
	t.Helper()
	queries := make([]string, len(retailFacts))
	for i, fact := range retailFacts {
		queries[i] = fact.sql
	}
	for i, got := range w.values(t, queries...) {
		what := retailFacts[i].what
		if want, known := input.facts[what]; got != want || !known {
			t.Errorf("from %s: %s: %s, want %s", source, what, got, want)
		}
	}
	if got := retailColumns(t, w, "raw_retail.invoice_lines"); len(got) != 8 {
		t.Errorf("from %s: %d columns, want 8: %v", source, len(got), got)
	}
	if input.expected == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(input.expected, "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no expected tables in %s (%v)", input.expected, err)
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		table := strings.TrimSuffix(filepath.Base(file), ".csv")
		if diff := cmp.Diff(string(want), w.csv(t, "from "+table+" order by all")); diff != "" {
			t.Errorf("from %s: %s (-want +got):\n%s", source, table, diff)
		}
	}
}

// retailColumns are the columns of a table with their types.
func retailColumns(t *testing.T, w *workspace, table string) []string {
	t.Helper()
	detail, err := w.Table(t.Context(), table)
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for _, c := range detail.Columns {
		columns = append(columns, fmt.Sprintf("%s %s", c.Name, c.Type))
	}
	return columns
}

func retailFromCSV(t *testing.T, file string) *workspace {
	t.Helper()
	folder, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	return openWorkspace(t, copyFolder(t, retailExample), map[string]string{"RETAIL_DIR": folder})
}

// retailFromPostgres does in the workspace in dir what the example's README says: it fills a table with the lines, and
// copies postgres/retail.yaml over sources/retail.yaml.
func retailFromPostgres(t *testing.T, dir, file string) *workspace {
	t.Helper()
	url := pgtest.Database(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(background(t))
	ddl, err := os.ReadFile(filepath.Join(dir, "postgres", "table.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), string(ddl)); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var lines io.Reader = in
	if strings.HasSuffix(file, ".gz") {
		if lines, err = gzip.NewReader(in); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.PgConn().CopyFrom(t.Context(), lines, "copy invoice_lines from stdin (format csv, header)"); err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(dir, "postgres", "retail.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sources", "retail.yaml"), source, 0o644); err != nil {
		t.Fatal(err)
	}
	return openWorkspace(t, dir, map[string]string{"RETAIL_DATABASE_URL": url})
}
