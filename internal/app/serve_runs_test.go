package app_test

import (
	"database/sql"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/inspect"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/server"
)

// runToEnd starts a run by a request and follows it to its end.
func (s *served) runToEnd(path string, body any) runAnswer {
	s.t.Helper()
	var begun orchestrate.RunInfo
	s.call("POST", path, body, 202, &begun)
	response := s.do(s.t.Context(), "GET", "/runs/"+begun.ID+"/events", nil)
	defer response.Body.Close()
	events, err := io.ReadAll(response.Body) // the stream ends when the run does
	if err != nil || !strings.HasSuffix(string(events), "event: end\ndata: {}\n\n") {
		s.t.Fatalf("events of %s: %v\n%s", begun.ID, err, events)
	}
	var run runAnswer
	s.call("GET", "/runs/"+begun.ID, nil, 200, &run)
	return run
}

type runAnswer struct {
	Run    orchestrate.RunInfo
	Tasks  []orchestrate.TaskInfo
	Checks []inspect.CheckResult
}

// A source that cannot be reached and a check that belongs to no table fail the run that they are of, for all to see, until they are mended.
func TestServedRunsThatFailBesideTheirTasks(t *testing.T) {
	t.Parallel()
	dir := small(t)
	write(t, dir, map[string]string{
		"sources/till.yaml": "type: sqlite\npath: till.db\ninto: raw_till\ntables:\n  \"*\": {mode: full}\n",
		"checks/few.sql":    "select * from marts.sold where amount < 10",
	})
	s := serve(t, dir)

	var plan struct {
		Items     []orchestrate.PlannedTask
		Unreached []server.Unreached
	}
	s.call("POST", "/plan", map[string]any{}, 200, &plan)
	if len(plan.Items) != 2 || len(plan.Unreached) != 1 || plan.Unreached[0].Source != "till" {
		t.Errorf("plan %+v", plan)
	}
	// What is not known may be behind the wildcard.
	var unknown problem
	s.call("POST", "/plan", map[string]any{"selectors": []string{"raw_till.receipts"}}, 400, &unknown)
	if !strings.Contains(unknown.Detail, "raw_till.receipts") || !strings.Contains(unknown.Detail, "till.db") {
		t.Errorf("a plan for a table behind a source out of reach: %+v", unknown)
	}
	first := s.runToEnd("/runs", map[string]any{})
	if first.Run.Status != orchestrate.Failed || first.Run.Tasks[orchestrate.Succeeded] != 2 ||
		!strings.Contains(first.Run.Error, "check few") || !strings.Contains(first.Run.Error, "till") {
		t.Errorf("%+v", first.Run)
	}
	if len(first.Checks) != 1 || first.Checks[0].Passed || first.Checks[0].Rows != 1 || first.Checks[0].Sample[0]["store"] != "강남" {
		t.Errorf("checks %+v", first.Checks)
	}
	var checks struct{ Items []inspect.TableCheck }
	s.call("GET", "/tables/marts.sold/checks", nil, 200, &checks)
	if len(checks.Items) != 1 || checks.Items[0].Kind != inspect.OfFolder || checks.Items[0].Last == nil || checks.Items[0].Last.Run != first.Run.ID {
		t.Errorf("checks of the table %+v", checks.Items)
	}

	db, err := sql.Open("sqlite3", filepath.Join(dir, "till.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "create table receipts (id integer primary key, total integer); insert into receipts values (1, 5), (2, 7)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"checks/few.sql": "select * from marts.sold where amount < 0"})
	second := s.runToEnd("/runs/"+first.Run.ID+"/retry", nil)
	if second.Run.Status != orchestrate.Succeeded || len(second.Checks) != 1 || !second.Checks[0].Passed {
		t.Errorf("%+v %+v", second.Run, second.Checks)
	}
	// What was found behind the wildcard is served from then on.
	within(t, 10*time.Second, "the new table among the assets", func() bool {
		var tables struct{ Items []inspect.TableSummary }
		s.call("GET", "/tables", nil, 200, &tables)
		for _, table := range tables.Items {
			if table.Name == "raw_till.receipts" && table.Made == "source" && table.Rows == 2 {
				return true
			}
		}
		return false
	})
	var profile inspect.Profile
	s.call("GET", "/tables/raw_till.receipts/profile", nil, 200, &profile)
	if profile.Rows != 2 || *profile.Columns[1].Max != "7" || len(profile.Columns[1].Histogram) != 3 {
		t.Errorf("profile %+v", profile)
	}
	s.call("POST", "/runs/latest/retry", nil, 409, nil)
	s.call("POST", "/runs", map[string]any{"selectors": []string{"marts.solld"}}, 400, nil)
}
