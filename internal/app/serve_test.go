package app_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/query/history"
	"github.com/hosu-io/hosu/internal/testenv/stopwatch"
)

func TestServeQuery(t *testing.T) {
	t.Parallel()
	dir := small(t)
	fill(t, dir)
	s := serve(t, dir)

	answer := s.query("select store, amount, 9007199254740993 as big from marts.sold order by store")
	if len(answer.Rows) != 2 || answer.Rows[0][0] != "강남" || answer.Columns[1].Type != "DECIMAL(18,2)" || answer.Stats.Status != history.Succeeded ||
		answer.Stats.Rows != 2 || len(answer.Stats.Tables) != 1 || answer.Stats.Tables[0].Table != "marts.sold" || answer.Stats.Tables[0].Snapshot == 0 {
		t.Errorf("%+v", answer)
	}

	id := uuid.NewString()
	response, reader := s.arrow(t.Context(), map[string]any{"sql": "select * from range(10) t(i)", "id": id, "max_rows": 4})
	rows := int64(0)
	for reader.Next() {
		rows += reader.RecordBatch().NumRows()
	}
	response.Body.Close()
	if kind, _ := reader.Schema().Field(0).Metadata.GetValue("duckdb_type"); rows != 4 || reader.Err() != nil || kind != "BIGINT" || response.Header.Get("X-Query-Id") != id {
		t.Errorf("%d rows, type %q, id %s, error %v", rows, kind, response.Header.Get("X-Query-Id"), reader.Err())
	}
	var info history.QueryInfo
	s.call("GET", "/queries/"+id, nil, 200, &info)
	if info.Status != history.Succeeded || !info.Truncated || info.Rows != 4 || info.Finished.IsZero() {
		t.Errorf("%+v", info)
	}
	for sql, truncated := range map[string]bool{"from range(4)": false, "from range(5)": true, "from range(0)": false} {
		var a queryAnswer
		s.call("POST", "/query", map[string]any{"sql": sql, "max_rows": 4}, 200, &a)
		if a.Stats.Truncated != truncated || a.Rows == nil {
			t.Errorf("%s: %+v", sql, a)
		}
	}

	for _, test := range []struct {
		sql    string
		status int
		code   string
		at     history.Position
	}{
		{"select *\nfrom raw.orders\nwhare 강남 = 1", 400, "syntax_error", history.Position{Offset: 31, Line: 3, Column: 7}},
		{"select '강남', nothing\nfrom marts.sold", 400, "bind_error", history.Position{Offset: 17, Line: 1, Column: 14}},
		{"select 1\nfrom marts.nothing", 400, "table_not_found", history.Position{Offset: 14, Line: 2, Column: 6}},
		{"from read_csv('/etc/passwd')", 403, "denied", history.Position{}},
		{"select 'x'::int", 400, "runtime_error", history.Position{}},
		{"select text::int from (values ('1'), ('x')) t(text)", 400, "runtime_error", history.Position{}},
		{"drop table marts.sold", 400, "syntax_error", history.Position{}},
	} {
		var p problem
		s.call("POST", "/query", map[string]any{"sql": test.sql}, test.status, &p)
		if p.Code != test.code || p.Detail == "" || p.Status != test.status {
			t.Errorf("%s: %+v, want %s", test.sql, p, test.code)
		}
		if test.at.Line > 0 && (p.Position == nil || *p.Position != test.at) {
			t.Errorf("%s: the position is %+v, want %+v", test.sql, p.Position, test.at)
		}
	}
	var p problem
	s.call("POST", "/query", map[string]any{"sql": endless, "timeout_ms": 300, "max_rows": 0, "timezone": "Mars/Olympus"}, 400, &p)
	if p.Code != "invalid" {
		t.Errorf("%+v", p)
	}
	s.call("POST", "/query", map[string]any{"sql": "select count(*) from range(1000000000000)", "timeout_ms": 200}, 504, &p)
	if p.Code != "timeout" {
		t.Errorf("%+v", p)
	}
}

// Rows are there before the statement has ended, and an error behind them is told too.
func TestServeStreams(t *testing.T) {
	t.Parallel()
	s := serve(t, small(t))
	id := uuid.NewString()
	response, reader := s.arrow(t.Context(), map[string]any{"sql": endless, "id": id})
	defer response.Body.Close()
	if !reader.Next() || reader.RecordBatch().NumRows() == 0 {
		t.Fatalf("no rows: %v", reader.Err())
	}
	var info history.QueryInfo
	s.call("GET", "/queries/"+id, nil, 200, &info)
	if info.Status != history.Running || info.Rows == 0 || info.ElapsedMS <= 0 {
		t.Errorf("%+v", info)
	}
	var listed struct{ Items []history.QueryInfo }
	s.call("GET", "/queries", nil, 200, &listed)
	if len(listed.Items) != 1 || listed.Items[0].ID != id || listed.Items[0].Status != history.Running {
		t.Errorf("%+v", listed)
	}
	var p problem
	s.call("POST", "/query", map[string]any{"sql": "select 1", "id": id}, 409, &p)
	if p.Code != "query_exists" {
		t.Errorf("%+v", p)
	}
	s.call("DELETE", "/queries/"+id, nil, 204, nil)
	for reader.Next() {
	}
	if reader.Err() == nil {
		t.Error("a stream that was cancelled looks whole")
	}

	// The last row fails, long behind the first ones.
	late := "select case when i < 3000000 then i else error('the last one') end as i from range(3000001) t(i)"
	failed := s.query(late)
	if failed.Error == nil || failed.Error.Code != "runtime_error" || !strings.Contains(failed.Error.Detail, "the last one") || len(failed.Rows) == 0 ||
		failed.Stats.Status != history.Failed {
		t.Errorf("error %+v after %d rows, status %s", failed.Error, len(failed.Rows), failed.Stats.Status)
	}
	id = uuid.NewString()
	response, reader = s.arrow(t.Context(), map[string]any{"sql": late, "id": id})
	defer response.Body.Close()
	for reader.Next() {
	}
	if reader.Err() == nil {
		t.Error("a stream that failed looks whole")
	}
	s.call("GET", "/queries/"+id, nil, 200, &info)
	if info.Status != history.Failed || info.Error == nil || info.Error.Code != "runtime_error" {
		t.Errorf("%+v", info)
	}
}

// Cancelled statements give their processes back at once, however they were cancelled: others can run then.
func TestServeCancels(t *testing.T) {
	t.Parallel()
	s := serve(t, small(t))
	for _, way := range []struct {
		name   string
		cancel func(id string, closeConnection func())
	}{
		{"on request", func(id string, _ func()) { s.call("DELETE", "/queries/"+id, nil, 204, nil) }},
		{"by closing the connection", func(_ string, closeConnection func()) { closeConnection() }},
	} {
		t.Run(way.name, func(t *testing.T) {
			// A fifth of this is promised; other tests run at the same time.
			stopwatch.Within(t, time.Second, "giving the processes back", func() time.Duration {
				// As many as can run at once.
				running := map[string]func(){}
				for range 2 * runtime.NumCPU() {
					ctx, closeConnection := context.WithCancel(t.Context())
					id := uuid.NewString()
					response, reader := s.arrow(ctx, map[string]any{"sql": endless, "id": id})
					defer response.Body.Close()
					if !reader.Next() {
						t.Fatal(reader.Err())
					}
					running[id] = closeConnection
				}
				started := time.Now()
				for id, closeConnection := range running {
					way.cancel(id, closeConnection)
					defer closeConnection()
				}
				for id := range running {
					within(t, 20*time.Second, "query "+id+" has ended", func() bool {
						var info history.QueryInfo
						s.call("GET", "/queries/"+id, nil, 200, &info)
						return info.Status == history.Cancelled && info.Error.Code == "cancelled"
					})
				}
				ended := time.Since(started)
				s.query("select 1")
				took := time.Since(started)
				t.Logf("%d queries had ended after %s, and the next was answered after %s", len(running), ended, took)
				return took
			})
		})
	}
	s.call("DELETE", "/queries/"+uuid.NewString(), nil, 404, nil)
}

// A result passes through; it is not collected.
func TestServeKeepsLittleOfALargeResult(t *testing.T) {
	// Not beside other tests: it counts the heap of the whole process.
	s := serve(t, small(t))
	const rows = 8_000_000 // about 300 MB of Arrow
	body := map[string]any{"sql": fmt.Sprintf("select i, i * 2 as twice, 'some text of row ' || i as text from range(%d) t(i)", rows)}
	response, reader := s.arrow(t.Context(), body)
	defer response.Body.Close()
	var got, peak int64
	var memory runtime.MemStats
	for batches := 0; reader.Next(); batches++ {
		got += reader.RecordBatch().NumRows()
		if batches%64 == 0 {
			runtime.ReadMemStats(&memory)
			peak = max(peak, int64(memory.HeapInuse))
		}
	}
	if got != rows || reader.Err() != nil {
		t.Fatalf("%d rows, error %v", got, reader.Err())
	}
	t.Logf("at most %d MB of heap", peak>>20)
	if peak > 200<<20 {
		t.Errorf("%d MB of heap were in use: the result is collected", peak>>20)
	}
}

func TestServeHistory(t *testing.T) {
	t.Parallel()
	dir := small(t)
	s := serve(t, dir)
	for i := range 5 {
		s.query(fmt.Sprintf("select %d", i))
	}
	s.call("POST", "/query", map[string]any{"sql": "select wrong"}, 400, nil)
	var saved history.SavedQuery
	s.call("POST", "/saved-queries", map[string]any{"name": " 매출 ", "sql": "from marts.sold"}, 201, &saved)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}

	s = serve(t, dir)
	var all []history.QueryInfo
	cursor := ""
	for pages := 0; pages == 0 || cursor != ""; pages++ {
		var page struct {
			Items []history.QueryInfo
			Next  string
		}
		s.call("GET", "/queries?limit=4&cursor="+cursor, nil, 200, &page)
		all, cursor = append(all, page.Items...), page.Next
		if len(page.Items) > 4 || pages > 2 {
			t.Fatalf("page %d has %d items", pages, len(page.Items))
		}
	}
	if len(all) != 6 || all[0].SQL != "select wrong" || all[0].Status != history.Failed || all[0].Error.Code != "bind_error" || all[5].SQL != "select 0" {
		t.Errorf("%+v", all)
	}
	s.call("GET", "/queries?cursor=nonsense", nil, 400, nil)

	s.call("PUT", "/saved-queries/"+saved.ID, map[string]any{"name": "매출", "sql": "from marts.sold limit 1", "description": "어제까지"}, 200, &saved)
	var list struct{ Items []history.SavedQuery }
	s.call("GET", "/saved-queries", nil, 200, &list)
	if len(list.Items) != 1 || list.Items[0] != saved || saved.Name != "매출" || saved.Description != "어제까지" {
		t.Errorf("%+v, want %+v", list, saved)
	}
	s.call("DELETE", "/saved-queries/"+saved.ID, nil, 204, nil)
	s.call("DELETE", "/saved-queries/"+saved.ID, nil, 404, nil)
	s.call("PUT", "/saved-queries/"+saved.ID, map[string]any{"name": "x", "sql": "select 1"}, 404, nil)
	s.call("POST", "/saved-queries", map[string]any{"name": "  ", "sql": "select 1"}, 400, nil)
}

func TestServeDownload(t *testing.T) {
	t.Parallel()
	dir := small(t)
	fill(t, dir)
	s := serve(t, dir)
	get := func(form url.Values) (*http.Response, string) {
		response, err := http.PostForm(s.url+"/api/v1/download", form)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(text)
	}
	sql := "select store, amount from marts.sold order by store"
	response, text := get(url.Values{"sql": {sql}, "format": {"csv"}, "filename": {"../매장별 매출.csv"}})
	if text != "\ufeffstore,amount\n강남,3.25\n부산,10.25\n" {
		t.Errorf("%q", text)
	}
	if got := response.Header.Get("Content-Disposition"); got != "attachment; filename*=utf-8''_%EB%A7%A4%EC%9E%A5%EB%B3%84%20%EB%A7%A4%EC%B6%9C.csv" {
		t.Errorf("%s", got)
	}
	for format, start := range map[string]string{"parquet": "PAR1", "json": "[\n{\"store\":\"강남\"", "arrow": "\xff\xff\xff\xff"} {
		if response, text := get(url.Values{"sql": {sql}, "format": {format}}); response.StatusCode != 200 || !strings.HasPrefix(text, start) {
			t.Errorf("%s: status %d, %.20q", format, response.StatusCode, text)
		}
	}
	for _, form := range []url.Values{{"sql": {sql}}, {"sql": {sql}, "format": {"table"}}, {"format": {"csv"}}, {"sql": {"select wrong"}, "format": {"csv"}}} {
		if response, text := get(form); response.StatusCode != 400 {
			t.Errorf("%v: status %d, %s", form, response.StatusCode, text)
		}
	}
}

func TestServeFunctions(t *testing.T) {
	t.Parallel()
	s := serve(t, small(t))
	var list struct {
		Items []struct {
			Name, Kind, Description string
			Signatures              []string
		}
	}
	s.call("GET", "/functions", nil, 200, &list)
	kinds := map[string]string{}
	described := 0
	for _, f := range list.Items {
		kinds[f.Name] = f.Kind
		if f.Description != "" {
			described++
		}
		if len(f.Signatures) == 0 {
			t.Errorf("%s has no signature", f.Name)
		}
	}
	for name, kind := range map[string]string{"round": "scalar", "sum": "aggregate", "range": "table", "row_number": "window", "date_trunc": "scalar", "strftime": "scalar"} {
		if kinds[name] != kind {
			t.Errorf("%s is %q, want %s", name, kinds[name], kind)
		}
	}
	for _, name := range []string{"read_csv", "getenv", "duckdb_functions", "pg_typeof", "query"} {
		if kinds[name] != "" {
			t.Errorf("%s may not be called and is listed", name)
		}
	}
	t.Logf("%d functions, %d of them described", len(list.Items), described)
}

// Files may be changed while they are served: right ones are taken, wrong ones told of.
func TestServeReloads(t *testing.T) {
	t.Parallel()
	dir := small(t)
	fill(t, dir)
	s := serve(t, dir)
	type workspace struct {
		Name, Version, TimeZone string
		Problems                []struct {
			File, Message string
			Line          int
		}
	}
	problems := func() (w workspace) {
		s.call("GET", "/workspace", nil, 200, &w)
		return w
	}
	if w := problems(); w.Name != "lake" || w.Version != "1.2.3" || len(w.Problems) != 0 {
		t.Errorf("%+v", w)
	}
	write(t, dir, map[string]string{"models/marts/sold.sql": "select store,\n from from raw.orders"})
	within(t, 10*time.Second, "the wrong file is told of", func() bool {
		w := problems()
		return len(w.Problems) == 1 && w.Problems[0].File == "models/marts/sold.sql" && w.Problems[0].Line == 2
	})
	if got := s.query("select count(*) from marts.sold").Rows; len(got) != 1 {
		t.Errorf("%v", got)
	}
	write(t, dir, map[string]string{"models/marts/sold.sql": "select store, count(*) as orders from raw.orders group by store"})
	within(t, 10*time.Second, "the corrected file is taken", func() bool { return len(problems().Problems) == 0 })
	write(t, dir, map[string]string{"models/marts/more.sql": "select 1 as one"})
	within(t, 10*time.Second, "the new model is planned", func() bool {
		var plan struct{ Items []struct{ Asset string } }
		s.call("POST", "/plan", map[string]any{"selectors": []string{"marts.*"}}, 200, &plan)
		return slices.ContainsFunc(plan.Items, func(i struct{ Asset string }) bool { return i.Asset == "marts.more" })
	})
	write(t, dir, map[string]string{"hosu.yaml": "name: lake\ntimezone: Europe/Berlin\n"})
	within(t, 10*time.Second, "it is said that the time zone needs another process", func() bool {
		w := problems()
		return len(w.Problems) == 1 && w.Problems[0].File == "hosu.yaml"
	})
}

// Another process may run the workspace meanwhile, and requests may.
func TestServeWhileRunning(t *testing.T) {
	t.Parallel()
	dir := small(t)
	s := serve(t, dir)
	if a := s.do(t.Context(), "POST", "/query", map[string]any{"sql": "from marts.sold"}); a.StatusCode != 400 {
		t.Errorf("status %d before anything was made", a.StatusCode)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 30 {
			s.query("select 1")
		}
	}()
	fill(t, dir)
	<-done
	if rows := s.query("select store from marts.sold").Rows; len(rows) != 2 {
		t.Errorf("%v", rows)
	}
	var run struct{ ID, Status string }
	s.call("POST", "/runs", map[string]any{"force": true}, 202, &run)
	within(t, 20*time.Second, "the run has ended", func() bool {
		var got struct{ Run struct{ Status string } }
		s.call("GET", "/runs/"+run.ID, nil, 200, &got)
		return got.Run.Status == "succeeded"
	})
}

// Stopping ends everything: statements, runs of this process, the listener.
func TestServeStops(t *testing.T) {
	t.Parallel()
	dir := small(t)
	const millions = "select i, md5(i::varchar) as hash from range(400000000) t(i)"
	write(t, dir, map[string]string{"models/m/long.sql": millions})
	s := serve(t, dir)
	response, reader := s.arrow(t.Context(), map[string]any{"sql": endless})
	defer response.Body.Close()
	reader.Next()
	var run struct{ ID string }
	s.call("POST", "/runs", map[string]any{"selectors": []string{"m.long"}}, 202, &run)
	within(t, 20*time.Second, "the task is at work", func() bool {
		var got struct{ Tasks []struct{ Status string } }
		s.call("GET", "/runs/"+run.ID, nil, 200, &got)
		return len(got.Tasks) == 1 && got.Tasks[0].Status == "running"
	})
	started := time.Now()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("stopping took %s", took)
	}
	for reader.Next() {
	}
	if reader.Err() == nil {
		t.Error("a stream that was cut looks whole")
	}
	if _, err := net.DialTimeout("tcp", strings.TrimPrefix(s.url, "http://"), time.Second); err == nil {
		t.Error("it still listens")
	}
	var status string
	var queries int
	queryRow(t, filepath.Join(dir, ".hosu", "state.db"), "select status, (select count(*) from queries where status = 'cancelled') from runs", &status, &queries)
	if status != "cancelled" && status != "interrupted" || queries != 1 {
		t.Errorf("the run is %s, and %d statements were cancelled", status, queries)
	}
	if left, err := os.ReadDir(filepath.Join(dir, ".hosu", "scratch")); err != nil || len(left) != 0 {
		t.Errorf("scratch folders are left: %v %v", left, err)
	}
}

func TestServeForOperators(t *testing.T) {
	t.Parallel()
	s := serve(t, small(t))
	s.query("select 1")
	get := func(path string) string {
		response, err := http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != 200 {
			t.Fatalf("%s: status %d, %v", path, response.StatusCode, err)
		}
		return string(text)
	}
	if got := get("/healthz"); got != "ok\n" {
		t.Errorf("%q", got)
	}
	if got := get("/readyz"); got != "ready\n" {
		t.Errorf("%q", got)
	}
	metrics := get("/metrics")
	for _, want := range []string{
		`hosu_http_request_duration_seconds_count{code="200",method="POST",route="POST /api/v1/query"} 1`,
		`hosu_query_duration_seconds_count{status="succeeded"} 1`, "hosu_query_rows_total 1", "hosu_queries_running 0", "hosu_runs_running 0",
		`hosu_info{version="1.2.3"} 1`, "go_goroutines", "process_resident_memory_bytes",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
	if got := get("/"); !strings.Contains(got, "hosu") {
		t.Errorf("%q", got)
	}
}
