package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

// shop is an operational database that lives: rows are added and updated, and some arrive late. Two shops with the same seed that
// grow by the same steps have the same rows.
type shop struct {
	t         testing.TB
	db        *sql.DB
	random    *rand.Rand
	opened    time.Time // the first order's day
	clock     time.Time // moves by a second with each change
	orders    int
	customers int
}

// shopDays is how many days of orders a shop has. It is open since shopAge days: the days since are for intervals to be open.
const (
	shopDays = 15
	shopAge  = 16
)

const timeFormat = "2006-01-02 15:04:05"

// opening is the first day of shops. It is the same for all tests of a process, whenever midnight comes.
var opening = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -shopAge)

// newShop makes the database shop.db in dir.
func newShop(t testing.TB, dir string, seed uint64) *shop {
	t.Helper()
	// Write-ahead, so that a copy that is being made does not keep the shop from selling.
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "shop.db")+"?_journal_mode=WAL&_synchronous=OFF&_busy_timeout=30000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := &shop{
		t: t, db: db, random: rand.New(rand.NewPCG(seed, 1)), opened: opening, clock: opening.AddDate(0, 0, shopDays),
	}
	s.change(func(exec func(query string, args ...any)) {
		exec(`CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, grade text NOT NULL)`)
		exec(`CREATE TABLE orders (id integer PRIMARY KEY, customer integer NOT NULL, ordered_at timestamp NOT NULL,
			amount decimal(12,2) NOT NULL, status text NOT NULL, updated_at timestamp NOT NULL)`)
		exec(`CREATE TABLE visits (id integer PRIMARY KEY, customer integer NOT NULL, seen_at timestamp NOT NULL)`)
	})
	return s
}

// change makes all changes of fn or none.
func (s *shop) change(fn func(exec func(query string, args ...any))) {
	s.t.Helper()
	tx, err := s.db.BeginTx(s.t.Context(), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	fn(func(query string, args ...any) {
		if _, err := tx.Exec(query, args...); err != nil {
			s.t.Fatalf("%s: %v", query, err)
		}
	})
	if err := tx.Commit(); err != nil {
		s.t.Fatal(err)
	}
}

// grow adds n orders, and a tenth as many customers, updates and late rows.
func (s *shop) grow(n int) {
	s.t.Helper()
	s.change(func(exec func(query string, args ...any)) {
		for range max(n/10, 3) {
			s.customers++
			exec("INSERT INTO customers VALUES (?, ?, ?)", s.customers, fmt.Sprintf("고객 %d", s.customers), s.grade())
			exec("UPDATE customers SET grade = ? WHERE id = ?", s.grade(), 1+s.random.IntN(s.customers))
		}
		for range n {
			s.order(exec, 0)
		}
		for range max(n/10, 3) {
			exec("UPDATE orders SET amount = amount + 1, status = 'refunded', updated_at = ? WHERE id = ?",
				s.tick(0), 1+s.random.IntN(s.orders))
			// A transaction that took its time: its rows appear behind those with a later clock.
			s.order(exec, time.Duration(s.random.IntN(300))*time.Second)
		}
	})
}

func (s *shop) order(exec func(query string, args ...any), late time.Duration) {
	s.orders++
	at := s.opened.Add(time.Duration(s.random.IntN(shopDays*24*3600)) * time.Second)
	exec("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", s.orders, 1+s.random.IntN(s.customers), at.Format(timeFormat),
		fmt.Sprintf("%d.%02d", s.random.IntN(1_000_000), s.random.IntN(100)), []string{"paid", "sent"}[s.random.IntN(2)], s.tick(late))
}

// visits adds n visits, which nothing changes afterwards.
func (s *shop) visits(n int) {
	s.t.Helper()
	s.change(func(exec func(query string, args ...any)) {
		for range n {
			at := s.opened.Add(time.Duration(s.random.IntN(shopDays*24*3600)) * time.Second)
			exec("INSERT INTO visits (customer, seen_at) VALUES (?, ?)", s.random.IntN(1000), at.Format(timeFormat))
		}
	})
}

// tick is the next time of a change, in the format of the database, as of a transaction that began late ago.
func (s *shop) tick(late time.Duration) string {
	s.clock = s.clock.Add(time.Second)
	return s.clock.Add(-late).Format(timeFormat)
}

func (s *shop) grade() string { return []string{"일반", "실버", "골드"}[s.random.IntN(3)] }

// count is how many orders there are, and what they amount to.
func (s *shop) count() (orders int, amount string) {
	s.t.Helper()
	err := s.db.QueryRowContext(s.t.Context(), "SELECT count(*), printf('%.2f', sum(amount)) FROM orders").Scan(&orders, &amount)
	if err != nil {
		s.t.Fatal(err)
	}
	return orders, amount
}
