package main

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// randomKills is how many processes are killed per kind of state database.
const randomKills = 20

// seedVariable sets the seed of the rows and of the moments, which is printed.
const seedVariable = "HOSU_TEST_SEED"

// growingModels are enough assets for a kill to find any of them at work.
func growingModels() map[string]string {
	start := "start: " + opening.Format(timeFormat[:10])
	weekly := "every: 168h\n" + start + "\nlookback: 2\nbatch: 1\n"
	return map[string]string{
		"sources/shop.yaml": `type: sqlite
path: shop.db
into: raw
tables:
  orders: {mode: incremental, cursor: updated_at, key: id}
  customers: {mode: full}
  visits: {mode: full}
`,
		"models/staging/orders.sql": "/*--- {write: view} ---*/ select *, ordered_at::date as day from raw.orders",
		"models/core/customers.sql": `/*--- {write: full, partition: [grade], columns: {id: {checks: [unique]}}} ---*/ from raw.customers`,
		"models/core/orders.sql": `/*--- {write: merge(id), partition: [day(ordered_at)], columns: {id: {checks: [unique]}}} ---*/
select o.*, c.grade from staging.orders o join core.customers c on c.id = o.customer`,
		// Visits do not change and the days with visits have ended: each is appended exactly once, by a task of its own.
		"models/core/visits.sql": `/*---
write: append
every: day
` + start + `
batch: 1
---*/
select id, customer, seen_at::date as day from raw.visits where seen_at >= $start and seen_at < $end`,
		"models/marts/daily.sql": `/*---
write: interval(day)
` + weekly + `partition: [day]
---*/
select day, status, count(*) as orders, sum(amount) as amount from staging.orders where day >= $start and day < $end group by all`,
		"models/marts/grades.sql": `/*---
write: interval(day)
` + weekly + `---*/
select day, grade, count(*) as orders, sum(amount) as amount from core.orders where day >= $start and day < $end group by all`,
		"models/marts/best.sql":  `/*--- {write: merge(customer)} ---*/ select customer, max(amount) as amount, count(*) as orders from core.orders group by all`,
		"models/marts/total.sql": `/*--- {write: full} ---*/ select (select sum(orders) from marts.daily) as orders, (select count(*) from core.visits) as visits`,
	}
}

var growingTables = []string{
	"raw.orders", "raw.customers", "raw.visits", "staging.orders", "core.customers", "core.orders", "core.visits",
	"marts.daily", "marts.grades", "marts.best", "marts.total",
}

// Runs that are killed at any moment, while the source goes on changing, end in what one undisturbed run makes of the source.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if text := os.Getenv(seedVariable); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	for _, database := range stateDatabases {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			t.Logf("%s=%d", seedVariable, seed)
			w := newWorkspace(t, database.name, growingModels())
			s := newShop(t, w.dir, seed)
			s.grow(4000)
			s.visits(4000)
			k := &killer{w: w, random: rand.New(rand.NewPCG(seed, 2)), usual: 2 * time.Second}
			for k.kills < randomKills {
				k.run()
				if k.random.IntN(3) > 0 {
					s.grow(150)
				}
				if k.random.IntN(3) == 0 {
					w.hosu("run")
				}
			}
			w.hosu("run")
			w.idle()
			t.Logf("%d kills in %d runs", k.kills, k.runs)
			w.equalsFresh(growingTables)
			w.clean()
		})
	}
}

// killer kills runs.
type killer struct {
	w           *workspace
	random      *rand.Rand
	usual       time.Duration // what a run takes
	kills, runs int
}

// run starts a run and kills it within the time that a run usually takes, unless it was faster. The first moments are left out: then the
// program only reads the workspace.
func (k *killer) run() {
	k.w.t.Helper()
	moment := k.usual/10 + time.Duration(k.random.Int64N(int64(k.usual*9/10)))
	k.runs++
	began := time.Now()
	p := k.w.start("", "run")
	timer := time.AfterFunc(moment, func() { _ = p.Process.Kill() })
	done := k.w.end(p)
	timer.Stop()
	switch {
	case done.killed():
		k.kills++
		k.w.orphansEnd()
	case done.status != 0:
		k.w.t.Fatalf("run %d: %v", k.runs, done)
	default:
		k.usual = time.Since(began)
	}
}
