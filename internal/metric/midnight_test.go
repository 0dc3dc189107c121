package metric_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/hosu-io/hosu/internal/metric"
)

const hourlyWorkspace = `
-- hosu.yaml --
name: shop
timezone: $ZONE
-- models/m/users.sql --
select 1 as id
-- models/m/orders.sql --
select 1 as id
-- metrics/shop.yaml --
objects:
  user: {table: m.users, key: id}
activities:
  order: {table: m.orders, time: at, objects: {user: id}}
  local: {table: m.orders, time: wall, objects: {user: id}}
metrics:
  orders:  {from: order, value: count}
  locals:  {from: local, value: count}
  users:   {from: order, value: distinct(user)}
  weekly:  {from: order, value: count, window: 7d}
  active:  {from: order, value: distinct(user), window: 7d}
  firsts:  {from: order, value: count, first_per: user}
`

// TestMidnightsThatComeTwice has an order of a new user every half an hour. Where clocks are turned back at one in the morning, the day
// has 25 hours of which the first comes twice.
func TestMidnightsThatComeTwice(t *testing.T) {
	t.Parallel()
	for zoneName, turned := range map[string]string{"America/Havana": "2025-11-02", "Atlantic/Azores": "2025-10-26", "America/New_York": "2025-11-02"} {
		t.Run(zoneName, func(t *testing.T) {
			t.Parallel()
			e := openEngine(t, zoneName)
			zone, err := time.LoadLocation(zoneName)
			if err != nil {
				t.Fatal(err)
			}
			set, err := load(t, e, txtar.Parse([]byte(strings.ReplaceAll(hourlyWorkspace, "$ZONE", zoneName))).Files)
			if err != nil {
				t.Fatal(err)
			}
			day := date(t, turned)
			if err := e.Exec(t.Context(), fmt.Sprintf(`CREATE SCHEMA m; CREATE TABLE m.users (id BIGINT); CREATE TABLE m.orders AS
				SELECT row_number() OVER () AS id, range AS at, CAST(range AS TIMESTAMP) AS wall
				FROM range(TIMESTAMPTZ '%s 00:00:00Z', TIMESTAMPTZ '%s 00:00:00Z', INTERVAL 30 MINUTE)`,
				day.AddDate(0, 0, -10).Format(time.DateOnly), day.AddDate(0, 0, 10).Format(time.DateOnly))); err != nil {
				t.Fatal(err)
			}
			want := map[string]int{}
			for at := day.AddDate(0, 0, -10); at.Before(day.AddDate(0, 0, 10)); at = at.Add(30 * time.Minute) {
				want[at.In(zone).Format(time.DateOnly)]++
			}
			if want[turned] != 50 {
				t.Fatalf("%s has %d half hours", turned, want[turned])
			}
			for _, days := range [][2]time.Time{{day, day.AddDate(0, 0, 2)}, {day.AddDate(0, 0, -2), day}, {day, day.AddDate(0, 0, 1)}} {
				for _, name := range []string{"orders", "locals", "users", "weekly", "active", "firsts"} {
					for _, grain := range []metric.Grain{metric.Day, metric.Total} {
						statement, err := set.Compile(metric.Query{Metrics: []string{name}, Grain: grain, From: days[0], To: days[1]})
						if err != nil {
							t.Fatal(err)
						}
						var expected [][]string
						sum := func(from, to time.Time) (n int) {
							for d := from; d.Before(to); d = d.AddDate(0, 0, 1) {
								n += want[d.Format(time.DateOnly)]
							}
							return n
						}
						windowed := name == "weekly" || name == "active"
						for d := days[0]; d.Before(days[1]); d = d.AddDate(0, 0, 1) {
							from := d
							if windowed {
								from = d.AddDate(0, 0, -6)
							}
							expected = append(expected, []string{d.Format(time.DateOnly), fmt.Sprint(sum(from, d.AddDate(0, 0, 1)))})
						}
						if grain == metric.Total {
							from := days[0]
							if windowed {
								from = days[1].AddDate(0, 0, -7)
							}
							expected = [][]string{{fmt.Sprint(sum(from, days[1]))}}
						}
						if got := results(t, e, statement.SQL); !slices.EqualFunc(got, expected, slices.Equal) {
							t.Errorf("%s by %q from %s to %s: %v, want %v\n%s", name, grain, days[0].Format(time.DateOnly), days[1].Format(time.DateOnly), got, expected, statement.SQL)
						}
					}
				}
			}
		})
	}
}
