package postgres_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/source/postgres"
	"github.com/hosu-io/hosu/internal/source/sourcetest"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

func TestCatalog(t *testing.T) {
	t.Parallel()
	server := pgtest.Database(t)
	execute(t, server, `
		create schema "Sales";
		create table "Sales"."Order Lines" ("Line" int, "Order" int, "한글" text, net numeric(8,2), gross numeric(8,2) generated always as (net * 1.1) stored,
			primary key ("Order", "Line"));
		insert into "Sales"."Order Lines" values (1, 2, '값', 10);
		comment on column "Sales"."Order Lines".net is 'without tax';
		create table events (id int, at timestamptz) partition by range (at);
		create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
		create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
		insert into events select i, '2024-12-31'::date + i from generate_series(0, 9) i;
		create view late_events as select * from events where id > 5;
		create materialized view counted as select count(*) n from events;
		create table "dotted.name" (a int); insert into "dotted.name" values (7);
		create table secret (a int);
		create table partly (a int, b int);
		analyze`)
	src := open(t, server)
	tables, err := src.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, table := range tables {
		names = append(names, table.Name)
		if table.Name == "events" && table.Rows != 10 {
			t.Errorf("events has %d rows by estimate, want 10", table.Rows)
		}
	}
	if diff := cmp.Diff([]string{"counted", "dotted.name", "events", "late_events", "partly", "secret"}, names); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	lines, err := src.Table(t.Context(), "Sales.Order Lines", source.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Order", "Line"}, lines.Key); diff != "" {
		t.Errorf("key (-want +got):\n%s", diff)
	}
	if lines.Columns[3].Doc != "without tax" {
		t.Errorf("comment %q", lines.Columns[3].Doc)
	}
	for table, want := range map[string]int{"Sales.Order Lines": 1, "events": 10, "late_events": 4, "counted": 1, "dotted.name": 1, "events_2024": 1} {
		first := sourcetest.Read(t, src, source.Request{Table: table})
		if len(first.Rows) != want {
			t.Errorf("%s: %d rows, want %d", table, len(first.Rows), want)
		}
		if !sourcetest.Read(t, src, source.Request{Table: table, After: first.Position}).Unchanged {
			t.Errorf("%s: not unchanged", table)
		}
	}
	row := sourcetest.Read(t, src, source.Request{Table: "Sales.Order Lines"}).Rows[0]
	if diff := cmp.Diff([]string{"1", "2", "값", "10.00", "11.00"}, row); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	checkPrivileges(t, server)
}

// checkPrivileges reads as a user who may not.
func checkPrivileges(t *testing.T, server string) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	role := "reader_" + u.Path[len(u.Path)-8:]
	execute(t, server, fmt.Sprintf("create role %s login password 'pw'; grant select (a) on partly to %[1]s; grant select on events to %[1]s", role))
	t.Cleanup(func() { execute(t, server, fmt.Sprintf("drop owned by %s; drop role %[1]s", role)) })
	u.User = url.UserPassword(role, "pw")
	src := open(t, u.String())
	for _, table := range []string{"secret", "partly"} {
		if _, err := src.Read(t.Context(), source.Request{Table: table}); !errors.Is(err, source.ErrDenied) || !strings.Contains(err.Error(), "GRANT") {
			t.Errorf("reading %s: %v; want ErrDenied", table, err)
		}
	}
	if c := sourcetest.Read(t, src, source.Request{Table: "events"}); len(c.Rows) != 10 {
		t.Errorf("events: %d rows", len(c.Rows))
	}
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestOneMoment changes a table while it is read.
func TestOneMoment(t *testing.T) {
	t.Parallel()
	server := pgtest.Database(t)
	execute(t, server, "create table busy as select i, 'some text to fill the pipe ' || i as v from generate_series(1, 200000) i")
	src := open(t, server)
	batch, err := src.Read(t.Context(), source.Request{Table: "busy"})
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Rows.Release()
	execute(t, server, "delete from busy where i % 2 = 0; insert into busy select i, 'new' from generate_series(1, 1000) i")
	var n int64
	for batch.Rows.Next() {
		n += batch.Rows.RecordBatch().NumRows()
	}
	if batch.Rows.Err() != nil || n != 200_000 {
		t.Fatalf("%d rows, %v; want those of the beginning, 200000", n, batch.Rows.Err())
	}
	position, err := batch.Position()
	if err != nil {
		t.Fatal(err)
	}
	if c := sourcetest.Read(t, src, source.Request{Table: "busy", After: position}); c.Unchanged || len(c.Rows) != 101_000 {
		t.Errorf("the next copy: %d rows, unchanged %v", len(c.Rows), c.Unchanged)
	}
}

// proxy forwards connections to a server, counts the statements that pass and can cut everything.
type proxy struct {
	listener net.Listener
	target   string

	mu         sync.Mutex
	conns      []net.Conn
	statements []string
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, target: target}
	t.Cleanup(p.cut)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, client, server)
			p.mu.Unlock()
			go func() { _, _ = io.Copy(client, server); _ = client.Close() }()
			go p.forward(client, server)
		}
	}()
	return p
}

// forward copies a client's messages: a startup message without a type byte, then typed ones.
func (p *proxy) forward(client, server net.Conn) {
	defer func() { _ = server.Close() }()
	for head := 4; ; head = 5 {
		message := make([]byte, head)
		if _, err := io.ReadFull(client, message); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(message[head-4:])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return
		}
		if head == 5 && message[0] == 'Q' {
			p.mu.Lock()
			p.statements = append(p.statements, string(bytes.TrimRight(body, "\x00")))
			p.mu.Unlock()
		}
		if _, err := server.Write(append(message, body...)); err != nil {
			return
		}
	}
}

func (p *proxy) cut() {
	_ = p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
}

// selects are the statements since the last call that read anything.
func (p *proxy) selects() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []string
	for _, s := range p.statements {
		if strings.Contains(s, "SELECT") {
			found = append(found, s)
		}
	}
	p.statements = nil
	return found
}

// through opens the database behind a proxy.
func through(t *testing.T, server string) (*proxy, *postgres.Source) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	p := newProxy(t, u.Host)
	u.Host = p.listener.Addr().String()
	u.RawQuery = "sslmode=disable"
	return p, open(t, u.String())
}

func TestQueriesAreBounded(t *testing.T) {
	t.Parallel()
	server := pgtest.Database(t)
	execute(t, server, "create table counted (id int primary key, at timestamptz); insert into counted select i, now() from generate_series(1, 10) i")
	p, src := through(t, server)
	for _, cursor := range []string{"", "at"} {
		first := sourcetest.Read(t, src, source.Request{Table: "counted", Cursor: cursor})
		if n := len(p.selects()); n > 4 {
			t.Errorf("cursor %q: a first copy took %d queries", cursor, n)
		}
		if !sourcetest.Read(t, src, source.Request{Table: "counted", Cursor: cursor, After: first.Position}).Unchanged {
			t.Errorf("cursor %q: not unchanged", cursor)
		}
		if sql := p.selects(); len(sql) > 2 {
			t.Errorf("cursor %q: looking for changes took %d queries: %q", cursor, len(sql), sql)
		}
	}
}

func TestConnectionBreaks(t *testing.T) {
	t.Parallel()
	server := pgtest.Database(t)
	execute(t, server, "create table wide as select i, repeat('x', 200) as v from generate_series(1, 300000) i")
	p, src := through(t, server)
	batch, err := src.Read(t.Context(), source.Request{Table: "wide"})
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Rows.Release()
	if !batch.Rows.Next() {
		t.Fatal(batch.Rows.Err())
	}
	p.cut()
	for batch.Rows.Next() {
	}
	if err := batch.Rows.Err(); !errors.Is(err, source.ErrUnavailable) {
		t.Errorf("a copy whose connection broke: %v; want ErrUnavailable", err)
	}
	if _, err := batch.Position(); err == nil {
		t.Error("a broken copy has a position")
	}
}

// TestServerRestart ends the server's side of a connection that waits to be used again.
func TestServerRestart(t *testing.T) {
	t.Parallel()
	server := pgtest.Database(t)
	execute(t, server, "create table kept (a int); insert into kept values (1)")
	src := open(t, server)
	sourcetest.Read(t, src, source.Request{Table: "kept"})
	execute(t, server, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hosu' and datname = current_database()")
	if c := sourcetest.Read(t, src, source.Request{Table: "kept"}); len(c.Rows) != 1 {
		t.Errorf("%d rows", len(c.Rows))
	}
}

// TestRowVersions changes tables in ways that leave counts and cursors as they were.
func TestRowVersions(t *testing.T) {
	t.Parallel()
	server := pgtest.Database(t)
	execute(t, server, `create type size as enum ('s', 'm'); create table versions (id int primary key, v text, s size);
		insert into versions values (1, 'a', 's'), (2, 'b', 'm'); create view seen as select v from versions`)
	src := open(t, server)
	tables := []string{"versions", "seen"}
	last := map[string][]byte{}
	for _, table := range tables {
		last[table] = sourcetest.Read(t, src, source.Request{Table: table}).Position
	}
	for _, change := range []string{
		"update versions set v = 'c' where id = 1",
		"begin; delete from versions where id = 1; insert into versions values (1, 'd', 's'); commit",
		"truncate versions; insert into versions values (1, 'e', 's'), (2, 'b', 'm')",
		"drop view seen; alter table versions alter v type varchar(20) using v || '!'; create view seen as select v from versions",
		"alter type size rename value 's' to 'small'; update versions set v = 'z' where id = 2",
	} {
		execute(t, server, change)
		for _, table := range tables {
			c := sourcetest.Read(t, src, source.Request{Table: table, After: last[table]})
			if c.Unchanged {
				t.Errorf("after %q nothing was found to have changed in %s", change, table)
			}
			last[table] = c.Position
		}
	}
	execute(t, server, "alter type size rename value 'm' to 'medium'")
	if sourcetest.Read(t, src, source.Request{Table: "versions", After: last["versions"]}).Unchanged {
		t.Error("a renamed enum value was not found")
	}
}

// TestRealDatabases loads public dumps and compares with the server's own counts.
func TestRealDatabases(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("HOSU_TEST_DATA")
	if dir == "" {
		t.Log("HOSU_TEST_DATA is not set: the public dumps are left out")
		return
	}
	for dump, facts := range map[string]map[string]int{
		"pagila":  {"payment": 16049, "rental": 16044, "film": 1000, "film_list": 997},
		"chinook": {"InvoiceLine": 2240, "Track": 3503},
	} {
		t.Run(dump, func(t *testing.T) {
			server := pgtest.Database(t)
			load(t, server, filepath.Join(dir, "postgres", dump+".sql.gz"))
			src := open(t, server)
			tables, err := src.Tables(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, table := range tables {
				c := sourcetest.Read(t, src, source.Request{Table: table.Name})
				if want, ok := facts[table.Name]; ok && len(c.Rows) != want {
					t.Errorf("%s: %d rows, want %d", table.Name, len(c.Rows), want)
				}
				delete(facts, table.Name)
			}
			if len(facts) > 0 {
				t.Errorf("not among the tables: %v", facts)
			}
		})
	}
}

// load feeds a compressed dump to psql.
func load(t *testing.T, server, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	sql, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), "psql", "-q", "-d", server)
	cmd.Stdin = sql
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("load %s: %v\n%s", path, err, out)
	}
}
