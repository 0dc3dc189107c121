package main

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// killSource and the models are an asset of each kind. Intervals are weeks from the shop's first day; looking two back, all of
// them are open to late rows while a test runs.
const killSource = `type: sqlite
path: shop.db
into: raw
tables:
  orders: {mode: incremental, cursor: updated_at, key: id}
  customers: {mode: full}
`

func killModels() map[string]string {
	return map[string]string{
		"sources/shop.yaml": killSource,
		// Without a key: each new file is appended.
		"sources/drops.yaml":  "type: files\npath: drops\ninto: raw\ntables: {returns: {path: 'returns-*.csv', mode: incremental}}\n",
		"drops/returns-0.csv": "order,reason\n7,작아요\n",
		"models/m/log.sql": `/*--- {write: append} ---*/
select count(*) as orders, sum(amount) as amount, max(updated_at) as last from raw.orders`,
		"models/m/grades.sql": `/*--- {write: full, partition: [grade]} ---*/
select c.grade, o.status, count(*) as orders, sum(o.amount) as amount
from raw.orders o join raw.customers c on c.id = o.customer group by all`,
		"models/m/weekly.sql": `/*---
write: interval(day)
every: 168h
start: ` + opening.Format(timeFormat[:10]) + `
lookback: 2
batch: 1
columns:
  day: {checks: [not_null]}
---*/
select ordered_at::date as day, status, count(*) as orders, sum(amount) as amount
from raw.orders where ordered_at >= $start and ordered_at < $end group by all`,
		"models/m/last.sql": `/*--- {write: merge(customer)} ---*/
select customer, count(*) as orders, max(updated_at) as last, sum(amount) as amount from raw.orders group by all`,
		"models/m/paid.sql": killView,
	}
}

const (
	killView        = "/*--- {write: view} ---*/ select id, amount from raw.orders where status = 'paid'"
	killViewChanged = "/*--- {write: view} ---*/ select id, amount, customer from raw.orders where status in ('paid', 'sent')"
)

var killTables = []string{"raw.orders", "raw.customers", "raw.returns", "m.log", "m.grades", "m.weekly", "m.last", "m.paid"}

// The steps at which a task can be killed, and of those the ones after which its table is what it should be.
var (
	publishSteps = []string{"publish.file_written", "publish.manifest_written", "commit.metadata_written", "commit.pointer_swapped", "task.row_written"}
	viewSteps    = publishSteps[2:]
	copySteps    = append([]string{"ingest.opened", "ingest.rows_read", "ingest.committed"}, publishSteps...)
	stepsAfter   = []string{"commit.pointer_swapped", "ingest.committed", "task.row_written"}
)

// killTargets are the assets to kill, each with how many others have to be made before it.
var killTargets = []struct {
	name   string
	table  string
	before int
	steps  []string
}{
	{"full copy", "raw.customers", 0, publishSteps},
	{"incremental copy", "raw.orders", 0, copySteps},
	{"copy of files", "raw.returns", 0, copySteps},
	{"append", "m.log", 1, publishSteps},
	{"full", "m.grades", 2, publishSteps},
	{"interval", "m.weekly", 1, publishSteps},
	{"merge", "m.last", 1, publishSteps},
	{"view", "m.paid", 1, viewSteps},
}

// madeTables is what the tables are after an undisturbed run.
type madeTables struct {
	rows    string
	commits []string // sorted: tables that do not depend on each other commit in any order
}

// killHistory is what the shop goes through, undisturbed: one step before each version.
func killHistory(s *shop, w *workspace) []func() {
	return []func(){
		func() {
			s.grow(60)
			w.write("drops/returns-1.csv", "order,reason\n1,작아요\n2,늦었어요\n")
		},
		func() {
			s.grow(40)
			w.write("drops/returns-2.csv", "order,reason\n3,작아요\n1,작아요\n")
			w.write("models/m/paid.sql", killViewChanged)
		},
	}
}

// A run that is killed at any step of any kind of write leaves tables as they were or as they shall be, and the next run
// makes of them exactly what they would be without the kill: no row lost, none repeated.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	want := undisturbed(t)
	var kills atomic.Int64
	t.Run("kills", func(t *testing.T) {
		for turn, database := range stateDatabases {
			for _, target := range killTargets {
				// A workspace is killed once with nothing in it and once with a first version in it. What is the first with
				// one kind of state database is the second with the other.
				half := (len(target.steps) + 1) / 2
				for i := range half {
					pair := []string{target.steps[i], target.steps[(i+half)%len(target.steps)]}
					if turn == 1 {
						slices.Reverse(pair)
					}
					t.Run(strings.Join([]string{database.name, target.name, pair[0], pair[1]}, "/"), func(t *testing.T) {
						t.Parallel()
						w := newWorkspace(t, database.name, killModels())
						s := newShop(t, w.dir, 1)
						for v, step := range killHistory(s, w) {
							step()
							w.killAt(pair[v], target.table, target.before)
							kills.Add(1)
							w.hosu("run")
							w.is(want[v])
						}
						w.idle()
						w.clean()
					})
				}
			}
		}
	})
	t.Logf("%d kills", kills.Load())
}

// undisturbed are the versions without a kill.
func undisturbed(t *testing.T) []madeTables {
	t.Helper()
	w := newWorkspace(t, "sqlite", killModels())
	s := newShop(t, w.dir, 1)
	var versions []madeTables
	for _, step := range killHistory(s, w) {
		step()
		w.hosu("run")
		v := madeTables{rows: w.rows(killTables...), commits: w.commits()}
		slices.Sort(v.commits)
		versions = append(versions, v)
	}
	w.idle()
	orders, amount := s.count()
	if row := fmt.Sprintf(`m.log,"{'orders': %d, 'amount': %s,`, orders, amount); !strings.Contains(versions[1].rows, row) {
		t.Fatalf("the tables do not have the shop's %d orders:\n%s", orders, versions[1].rows)
	}
	if versions[0].rows == versions[1].rows {
		t.Fatal("the second version is the first")
	}
	return versions
}

// killAt runs what table needs and then table itself, which dies at the step.
func (w *workspace) killAt(step, table string, before int) {
	w.t.Helper()
	old := w.snapshot(table)
	dead := w.end(w.start(fmt.Sprintf("%s=kill@%d", step, 1+before), "run", "+"+table))
	if !dead.killed() {
		w.t.Fatalf("%s was not reached: %v", step, dead)
	}
	w.orphansEnd()
	running := w.strings("SELECT asset FROM tasks WHERE status = 'running'")
	if step == "task.row_written" {
		running = append(running, w.strings("SELECT asset FROM tasks WHERE status = 'succeeded' ORDER BY finished_at DESC LIMIT 1")...)
	}
	if !slices.Equal(running, []string{table}) {
		w.t.Fatalf("killed at %s while %q was at work, want %s", step, running, table)
	}
	changed := w.snapshot(table) != old
	if want := slices.Contains(stepsAfter, step); changed != want {
		w.t.Errorf("killed at %s: the change of %s is visible: %v, want %v", step, table, changed, want)
	}
}

// is compares the tables, and the commits that it took to make them.
func (w *workspace) is(want madeTables) {
	w.t.Helper()
	commits := w.commits()
	slices.Sort(commits)
	if diff := cmp.Diff(want.commits, commits); diff != "" {
		w.t.Errorf("commits (-undisturbed +killed):\n%s", diff)
	}
	if rows := w.rows(killTables...); rows != want.rows {
		w.t.Fatalf("rows (-undisturbed +killed):\n%s", diffLines(want.rows, rows))
	}
}

func diffLines(want, got string) string {
	return cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n"))
}

// A run that is killed when a transaction of the state database has just been committed, whichever it is, is continued by
// the next one.
func TestKilledAtEveryStateCommit(t *testing.T) {
	t.Parallel()
	for _, database := range stateDatabases {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, database.name, killModels())
			s := newShop(t, w.dir, 2)
			kills := 0
			var log []string
			for {
				s.grow(10)
				orders, amount := s.count()
				log = append(log, fmt.Sprintf("%d,%s", orders, amount))
				done := w.end(w.start(fmt.Sprintf("state.committed=kill@%d", kills+1), "run", "raw.orders", "m.last", "m.log"))
				if !done.killed() {
					if done.status != 0 {
						t.Fatal(done)
					}
					break
				}
				kills++
				w.orphansEnd()
				w.hosu("run")
			}
			w.hosu("run")
			w.idle()
			w.clean()
			t.Logf("%d kills", kills)
			// Lease, run, the tasks of three assets with begin, commit and end each, and the end of the run.
			if kills < 2+3*3+1 {
				t.Errorf("a run has %d transactions", kills)
			}
			appended := strings.Fields(w.hosu("query", "-o", "csv", "select orders, amount from m.log order by orders"))[1:]
			if diff := cmp.Diff(log, appended); diff != "" {
				t.Errorf("appended once per version (-want +got):\n%s", diff)
			}
			w.equalsFresh(slices.DeleteFunc(slices.Clone(killTables), func(name string) bool { return name == "m.log" }))
		})
	}
}

// equalsFresh compares the tables with those of a workspace that is filled in one run from the same shop.
func (w *workspace) equalsFresh(tables []string) {
	w.t.Helper()
	fresh := *w
	fresh.temp = w.t.TempDir()
	fresh.state = "sqlite:" + fresh.temp + "/fresh.db"
	fresh.write("hosu.yaml", "name: fresh\nstate: ${HOSU_TEST_STATE}\nwarehouse: ./fresh\n")
	fresh.hosu("run")
	want := fresh.rows(tables...)
	fresh.write("hosu.yaml", "name: killed\nstate: ${HOSU_TEST_STATE}\n")
	if got := w.rows(tables...); got != want {
		w.t.Fatalf("rows (-undisturbed +killed):\n%.20000s", diffLines(want, got))
	}
}
