package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

// A run with nothing new asks its source a bounded number of questions, whatever the size of the tables, and changes nothing: no
// commit, no file.
func TestIdleRunAsksLittle(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	database := pgtest.Database(t)
	conn := connect(ctx, t, database)
	const tables = 3
	for i := range tables {
		execute(ctx, t, conn, fmt.Sprintf(`CREATE TABLE t%d (id bigint PRIMARY KEY, v text, updated_at timestamptz NOT NULL DEFAULT now());
			INSERT INTO t%[1]d SELECT i, 'x' || i FROM generate_series(1, 20000) i`, i))
	}
	proxy := startProxy(t, database)
	w := newWorkspace(t, "sqlite", map[string]string{
		"sources/shop.yaml": "type: postgres\nurl: " + proxy.url + "\ninto: raw\ntables:\n  t0: {mode: full}\n" +
			"  t1: {mode: incremental, cursor: updated_at, key: id}\n  \"*\": {mode: full}\n",
		"models/m/view.sql":   "/*--- {write: view} ---*/ select * from raw.t0",
		"models/m/total.sql":  "select count(*) as n from m.view join raw.t1 using (id) join raw.t2 using (id)",
		"checks/no_gaps.sql":  "select id from raw.t0 anti join raw.t1 using (id)",
		"models/m/daily.sql":  "/*--- {write: interval(day), every: day, start: 2024-01-01} ---*/\nselect updated_at::date as day, count(*) as n from raw.t1 where updated_at >= $start and updated_at < $end group by 1",
		"models/m/people.sql": "/*--- {write: merge(id)} ---*/ select id, v from raw.t2 where id < 10",
	})
	w.hosu("run")
	first := proxy.take()
	if first.rows < 3*20_000 {
		t.Errorf("the first run was sent %d rows, want all of them: the proxy does not see them", first.rows)
	}
	w.idle()
	idle := proxy.take()
	t.Logf("first run: %d statements, %d rows; idle run: %d statements, %d rows", first.statements, first.rows, idle.statements, idle.rows)
	// Per table: settings and begin, describe it, compare, end; and once, list the tables behind the wildcard.
	if most := 5*tables + 4; idle.statements > most {
		t.Errorf("an idle run sends the source %d statements, want at most %d:\n%s", idle.statements, most, strings.Join(idle.texts, "\n"))
	}
	if idle.rows > 200 {
		t.Errorf("an idle run reads %d rows from the source", idle.rows)
	}

	// One more row is one more row, and the other tables are left alone.
	execute(ctx, t, conn, "INSERT INTO t1 VALUES (20001, 'new')")
	commits := len(w.commits())
	if said := w.hosu("run", "raw.*"); !strings.Contains(said, "3 done") || !strings.Contains(said, "1 row written") {
		t.Errorf("a run after one row was added says %s", said)
	}
	if made := len(w.commits()) - commits; made != 1 {
		t.Errorf("one row made %d commits", made)
	}
}

// TestTrivialModels runs ten models, each reading the one before. The aim is a second; the limit here is what a busy machine may take.
func TestTrivialModels(t *testing.T) {
	w := newWorkspace(t, "sqlite", map[string]string{"models/chain/m0.sql": "select 1 as n"})
	for i := 1; i < 10; i++ {
		w.write(fmt.Sprintf("models/chain/m%d.sql", i), fmt.Sprintf("select n + 1 as n from chain.m%d", i-1))
	}
	began := time.Now()
	said := w.hosu("run")
	took := time.Since(began)
	t.Logf("ten dependent models: %v, as the run says: %s", took.Round(time.Millisecond), strings.TrimSpace(said))
	if limit := 10 * time.Second; took > limit {
		t.Errorf("ten dependent models took %v, want less than %v", took, limit)
	}
	if got := w.hosu("query", "-o", "csv", "from chain.m9"); got != "n\n10\n" {
		t.Errorf("the last model has %q", got)
	}
	w.idle()
}

// proxy stands between a program and a PostgreSQL server and counts what they say to each other.
type proxy struct {
	url string

	mu   sync.Mutex
	seen traffic
}

type traffic struct {
	statements int // simple queries and executions of prepared ones
	texts      []string
	rows       int // sent by the server, in results and by COPY
}

// startProxy listens on loopback until t ends, for the server of a URL.
func startProxy(t *testing.T, database string) *proxy {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{}
	var serving sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	server := u.Host
	u.Host = listener.Addr().String()
	u.RawQuery = "sslmode=disable" // the proxy must be able to read
	p.url = u.String()
	serving.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				if err := p.serve(client, server); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.EOF) {
					t.Errorf("proxy: %v", err)
				}
			})
		}
	})
	return p
}

func (p *proxy) serve(client net.Conn, server string) error {
	defer client.Close()
	upstream, err := net.Dial("tcp", server)
	if err != nil {
		return err
	}
	defer upstream.Close()
	answers := make(chan error, 1)
	go func() {
		answers <- relay(client, upstream, false, func(kind byte, _ []byte) {
			if kind == 'D' || kind == 'd' { // DataRow, CopyData
				p.count(func(seen *traffic) { seen.rows++ })
			}
		})
		client.Close()
	}()
	err = relay(upstream, client, true, func(kind byte, body []byte) {
		text, _, _ := strings.Cut(string(body), "\x00")
		switch kind {
		case 'Q': // Query
			p.count(func(seen *traffic) { seen.statements++; seen.texts = append(seen.texts, text) })
		case 'E': // Execute
			p.count(func(seen *traffic) { seen.statements++; seen.texts = append(seen.texts, "execute "+text) })
		}
	})
	upstream.Close()
	<-answers
	return err
}

func (p *proxy) count(add func(*traffic)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	add(&p.seen)
}

// take returns what was counted since it was called last.
func (p *proxy) take() traffic {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen
	p.seen = traffic{}
	return seen
}

// relay copies messages of the protocol (PostgreSQL documentation, section 55.7) and shows them to see. The first of a client has
// no kind.
func relay(to io.Writer, from io.Reader, startup bool, see func(kind byte, body []byte)) error {
	in := bufio.NewReaderSize(from, 64<<10)
	out := bufio.NewWriterSize(to, 64<<10)
	for {
		var header [5]byte
		begin := header[1:]
		if !startup {
			begin = header[:]
		}
		if _, err := io.ReadFull(in, begin); err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				return nil // the other side has gone
			}
			return err
		}
		body := make([]byte, binary.BigEndian.Uint32(header[1:])-4)
		if _, err := io.ReadFull(in, body); err != nil {
			return err
		}
		if !startup {
			see(header[0], body)
		}
		startup = false
		if _, err := out.Write(append(begin, body...)); err != nil {
			return err
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}
