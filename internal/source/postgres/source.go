// Package postgres copies tables out of PostgreSQL (12 and newer) and what speaks its protocol.
//
// Rows come by COPY in binary form, decoded straight into Arrow, from one REPEATABLE READ, READ ONLY transaction for each
// read: a copy is the table at one moment, and takes no lock that stops a writer. How types are spelled is in
// [schema.FromPostgres]; a value that its type cannot hold exactly is an error.
//
// An incremental read yields the rows whose cursor is at or above the greatest one seen, less the overlap, and the rows whose cursor
// is NULL. The overlap applies to dates and timestamps; with other cursors (a serial number) only the last
// value is read again. A second run with nothing new costs one scan of that window and moves no row: see [source.Mark].
// For tables the mark's hash is made of each row's place and version (tableoid, ctid, xmin), which every change of a row changes;
// for views and foreign tables of the rows themselves.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/hosu-io/hosu/internal/source"
)

const (
	connectTimeout = 15 * time.Second
	// cancelGrace is how long a cancelled statement may take to end before the connection is cut.
	cancelGrace = time.Second
	// idleConns are kept open between reads.
	idleConns = 4
)

// Spec describes the connector.
func Spec() source.Spec {
	return source.Spec{
		Type: "postgres",
		Options: []source.Option{
			{Name: "url", Required: true, Secret: true, Doc: "postgres://user:password@host:5432/database; best given as ${VARIABLE}"},
			{Name: "schema", Doc: "the schema of tables written without one; default public"},
		},
		Open: func(_ context.Context, opts map[string]string, env source.Env) (source.Source, error) {
			return Open(opts, env)
		},
	}
}

// Source is a PostgreSQL database. Connections are made when they are needed, one for each
// read that is under way; it is safe for concurrent use.
type Source struct {
	config  *pgconn.Config
	schema  string
	zone    string
	secrets []string

	mu     sync.Mutex
	idle   []*pgconn.PgConn
	closed bool
}

// Open checks the options; it does not connect.
func Open(opts map[string]string, env source.Env) (*Source, error) {
	config, err := pgconn.ParseConfig(opts["url"])
	if err != nil {
		// The parser's error quotes the URL, so it is not passed on.
		return nil, errors.New("the url of the source is not a PostgreSQL connection URL: " +
			"want postgres://user:password@host:5432/database, with special characters of the password percent-encoded (@ is %40)")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "hosu"
	}
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelGrace}
	}
	s := &Source{config: config, schema: opts["schema"], zone: "UTC", secrets: secrets(opts["url"], config.Password)}
	if s.schema == "" {
		s.schema = "public"
	}
	if env.Location != nil && env.Location != time.Local {
		s.zone = env.Location.String()
	}
	return s, nil
}

// String names the server without credentials.
func (s *Source) String() string {
	address := net.JoinHostPort(s.config.Host, strconv.Itoa(int(s.config.Port)))
	if strings.HasPrefix(s.config.Host, "/") {
		address = s.config.Host
	}
	return "PostgreSQL at " + address + "/" + s.clean(s.config.Database)
}

// Close closes the idle connections; those in use close when their reader is released.
func (s *Source) Close() error {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	for _, conn := range idle {
		closeConn(conn)
	}
	return nil
}

func closeConn(conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), cancelGrace)
	defer cancel()
	_ = conn.Close(ctx) // there is nothing to lose on it
}

// acquire returns a connection that is not in a transaction.
func (s *Source) acquire(ctx context.Context) (*pgconn.PgConn, error) {
	for {
		s.mu.Lock()
		n := len(s.idle)
		if n == 0 {
			s.mu.Unlock()
			break
		}
		conn := s.idle[n-1]
		s.idle = s.idle[:n-1]
		s.mu.Unlock()
		// An empty statement finds out whether the server is still there.
		if !conn.IsClosed() && conn.Exec(ctx, ";").Close() == nil {
			return conn, nil
		}
		closeConn(conn)
	}
	conn, err := pgconn.ConnectConfig(ctx, s.config)
	if err != nil {
		return nil, s.explain(&driverError{err}, "connect")
	}
	return conn, nil
}

// release takes back a connection. One that is still in a transaction, or broken, is closed.
func (s *Source) release(conn *pgconn.PgConn) {
	s.mu.Lock()
	keep := !s.closed && len(s.idle) < idleConns && !conn.IsClosed() && !conn.IsBusy() && conn.TxStatus() == 'I'
	if keep {
		s.idle = append(s.idle, conn)
	}
	s.mu.Unlock()
	if !keep {
		closeConn(conn)
	}
}

// Tables lists the tables, views and materialized views of the source's schema. Partitions are part of their parent.
func (s *Source) Tables(ctx context.Context) ([]source.Table, error) {
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer s.release(conn)
	tables, err := s.list(ctx, conn)
	if err != nil {
		return nil, s.explain(err, "list tables")
	}
	out := make([]source.Table, len(tables))
	for i, t := range tables {
		out[i] = t.public()
	}
	return out, nil
}

// Table describes one table: "orders" in the source's schema, or "sales.orders".
func (s *Source) Table(ctx context.Context, name string, opts source.TableOptions) (source.Table, error) {
	conn, err := s.acquire(ctx)
	if err != nil {
		return source.Table{}, err
	}
	defer s.release(conn)
	t, err := s.describe(ctx, conn, name, opts)
	if err != nil {
		return source.Table{}, s.explain(err, "describe table "+name)
	}
	return t.public(), nil
}

// session begins the transaction of a read. Settings are local to it, so that they hold behind a pooler too; the lock
// comes before the snapshot, so that a table rewritten in between is not seen empty.
func (s *Source) session(ctx context.Context, conn *pgconn.PgConn, name string) error {
	begin := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL standard_conforming_strings = on; SET LOCAL client_encoding = 'UTF8'; " +
		"SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'iso_8601'; SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex'; " +
		"SET LOCAL TimeZone = " + literal(s.zone) + "; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '30s'; " +
		// Compiling a copy's expressions costs more than it saves.
		"SET LOCAL jit = off; " +
		"SET LOCAL idle_in_transaction_session_timeout = '10min'"
	for _, place := range s.candidates(name) {
		_, err := query(ctx, conn, begin+"; LOCK TABLE "+place.String()+" IN ACCESS SHARE MODE")
		if err == nil {
			return nil
		}
		var refused *pgconn.PgError
		if !errors.As(err, &refused) {
			return err
		}
		if _, err := query(ctx, conn, "ROLLBACK"); err != nil {
			return err
		}
		switch refused.Code {
		case "42P01", "3F000": // no such table or schema
		case "42809", "42501": // not a kind that can be locked, or only some columns may be read
			_, err := query(ctx, conn, begin)
			return err
		default:
			return err
		}
	}
	_, err := query(ctx, conn, begin)
	return err
}

// typesOfCursors are the column types with an order that copies can follow; true for those that have an overlap.
var typesOfCursors = map[string]bool{
	"timestamp": true, "timestamptz": true, "date": true,
	"int2": false, "int4": false, "int8": false, "oid": false, "numeric": false, "text": false, "varchar": false,
}

// cursorOf checks that a column can be followed.
func (t *table) cursorOf(name string) (column, error) {
	c, ok := t.column(name)
	if !ok {
		var names []string
		for _, c := range t.columns {
			names = append(names, c.Name)
		}
		return c, fmt.Errorf("table %s has no column %s to follow (cursor:); it has %s", t.name, name, strings.Join(names, ", "))
	}
	if _, ok := typesOfCursors[c.typ.Name]; !ok {
		return c, fmt.Errorf("table %s: column %s is %s and cannot be followed (cursor:); use a timestamp or a growing number",
			t.name, name, c.typ.Name)
	}
	return c, nil
}

var _ source.Source = (*Source)(nil)
