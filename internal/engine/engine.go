//go:build duckdb_arrow

package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// Options configure an [Engine]. [Open] copies, defaults and checks them.
type Options struct {
	// MemoryLimit is in bytes and bounds DuckDB's buffers; beyond it operators spill to TempDir. Zero is 1 GiB.
	MemoryLimit int64
	// Threads is the size of DuckDB's thread pool; zero is the number of CPUs.
	Threads int
	// TempDir is an existing folder; empty is the system's. The instance spills into a folder of its own in it, which is made
	// when it is needed and removed by Close.
	TempDir string
	// TimeZone is the IANA name of the session time zone; empty is UTC.
	TimeZone string
	// Unordered gives up the order that rows without ORDER BY would keep: bulk writes get faster and need less memory.
	Unordered bool
}

const defaultMemory = 1 << 30

func (o Options) withDefaults() (Options, error) {
	if o.MemoryLimit == 0 {
		o.MemoryLimit = defaultMemory
	}
	if o.Threads == 0 {
		o.Threads = runtime.NumCPU()
	}
	if o.TempDir == "" {
		o.TempDir = os.TempDir()
	}
	if o.TimeZone == "" {
		o.TimeZone = "UTC"
	}
	if o.MemoryLimit < 16<<20 {
		return o, fmt.Errorf("open DuckDB: a memory limit of %d bytes is below the least useful one, 16 MiB", o.MemoryLimit)
	}
	if o.Threads < 0 {
		return o, fmt.Errorf("open DuckDB: %d threads: give a positive number, or zero for one per CPU", o.Threads)
	}
	if _, err := time.LoadLocation(o.TimeZone); err != nil {
		return o, fmt.Errorf("open DuckDB: time zone %q: use an IANA name such as Asia/Seoul: %w", o.TimeZone, err)
	}
	if info, err := os.Stat(o.TempDir); err != nil {
		return o, fmt.Errorf("open DuckDB: folder for temporary data: %w", err)
	} else if !info.IsDir() {
		return o, fmt.Errorf("open DuckDB: folder for temporary data: %s is a file", o.TempDir)
	}
	return o, nil
}

// Engine is an in-memory DuckDB instance in this process, for trusted SQL only. It is safe for concurrent use.
type Engine struct {
	options Options

	mu     sync.Mutex
	db     duckdb.Database
	closed bool
	idle   []*Conn // parsing connections, reused
}

// Open starts DuckDB (about 6 ms). Extensions are neither installed nor loaded on demand.
func Open(options Options) (*Engine, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	var config duckdb.Config
	if duckdb.CreateConfig(&config) == duckdb.StateError {
		return nil, errors.New("open DuckDB: cannot create its configuration")
	}
	defer duckdb.DestroyConfig(&config)
	for _, setting := range [][2]string{
		{"memory_limit", strconv.FormatInt(options.MemoryLimit, 10) + "B"},
		{"threads", strconv.Itoa(options.Threads)},
		// Two instances that spill into one folder take each other's files for their own.
		{"temp_directory", filepath.Join(options.TempDir, "hosu-duckdb-"+rand.Text())},
		{"autoinstall_known_extensions", "false"},
		{"autoload_known_extensions", "false"},
		{"allow_community_extensions", "false"},
		{"preserve_insertion_order", strconv.FormatBool(!options.Unordered)},
		{"errors_as_json", "true"}, // gives errors their position
	} {
		if duckdb.SetConfig(config, setting[0], setting[1]) == duckdb.StateError {
			return nil, fmt.Errorf("open DuckDB: it refuses %s = %s", setting[0], setting[1])
		}
	}
	e := &Engine{options: options}
	var message string
	if duckdb.OpenExt(":memory:", &e.db, config, &message) == duckdb.StateError {
		return nil, fmt.Errorf("open DuckDB: %s", message)
	}
	if err := e.Exec(context.Background(), "SET GLOBAL TimeZone = "+QuoteLiteral(options.TimeZone)); err != nil {
		return nil, errors.Join(fmt.Errorf("open DuckDB: %w", err), e.Close())
	}
	return e, nil
}

// Close ends the instance. Connections and readers must be closed before.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	for _, c := range e.idle {
		_ = c.Close()
	}
	e.idle = nil
	duckdb.Close(&e.db)
	return nil
}

// Conn opens a connection (about 5 µs): temporary tables, settings and a transaction of its own.
func (e *Engine) Conn(ctx context.Context) (*Conn, error) {
	if ctx.Err() != nil {
		return nil, contextError(ctx)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, errors.New("connect to DuckDB: the engine is closed")
	}
	c := &Conn{}
	if duckdb.Connect(e.db, &c.conn) == duckdb.StateError {
		return nil, errors.New("connect to DuckDB: it refused the connection")
	}
	return c, nil
}

// with runs fn on a connection of its own.
func (e *Engine) with(ctx context.Context, fn func(*Conn) error) error {
	c, err := e.Conn(ctx)
	if err != nil {
		return err
	}
	return errors.Join(fn(c), c.Close())
}

// Exec runs one or more statements on a connection of their own.
func (e *Engine) Exec(ctx context.Context, sql string) error {
	return e.with(ctx, func(c *Conn) error { return c.Exec(ctx, sql) })
}

// QueryArrow streams the rows of sql over a connection of its own, which ends with the reader. See [Conn.QueryArrow].
func (e *Engine) QueryArrow(ctx context.Context, sql string) (array.RecordReader, error) {
	c, err := e.Conn(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.QueryArrow(ctx, sql)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	rows.(*reader).onClose = func() { _ = c.Close() }
	return rows, nil
}

// Describe is [Conn.Describe] on a connection of its own.
func (e *Engine) Describe(ctx context.Context, selectSQL string) (columns []Column, err error) {
	err = e.with(ctx, func(c *Conn) error { columns, err = c.Describe(ctx, selectSQL); return err })
	return columns, err
}

// CopyToParquet is [Conn.CopyToParquet] on a connection of its own.
func (e *Engine) CopyToParquet(ctx context.Context, selectSQL string, out Output) (files []WrittenFile, err error) {
	err = e.with(ctx, func(c *Conn) error { files, err = c.CopyToParquet(ctx, selectSQL, out); return err })
	return files, err
}

// RegisterReader is [Conn.RegisterReader]; the view is there for every connection of the engine.
func (e *Engine) RegisterReader(name string, rows array.RecordReader) (release func(), err error) {
	c, err := e.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	drop, err := c.RegisterReader(name, rows)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return func() { drop(); _ = c.Close() }, nil
}
