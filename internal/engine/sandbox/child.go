package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	_ "time/tzdata" // plans compare local dates, and the system's time zones are out of a confined process's reach

	"github.com/hosu-io/hosu/internal/engine"
)

// RunChild serves as a sandbox process when this program was started as one, until its parent hangs up. It must be
// the first thing a program does that starts a [Pool]; when ran is true, the program ends, with err.
func RunChild() (ran bool, err error) {
	if os.Getenv(markerVariable) == "" {
		return false, nil
	}
	if err := shield(); err != nil {
		return true, err
	}
	socket := os.NewFile(childFD, "parent")
	if socket == nil {
		return true, errors.New("a sandbox process is started by hosu and not by hand: it has no parent to serve")
	}
	defer socket.Close()
	c, err := newChild(socket)
	if err != nil {
		return true, fmt.Errorf("start a sandbox process: %w", err)
	}
	return true, c.serve()
}

// child is the process that runs the statements.
type child struct {
	socket   io.ReadWriter
	db       *engine.Engine
	conn     *engine.Conn
	confined bool
	memory   int64 // bytes, of the grant
	// writing is the frame that is being filled, kept for its memory.
	writing bytes.Buffer
}

func newChild(socket io.ReadWriter) (*child, error) {
	// Limits come with the grant. DuckDB must be open before the kernel closes the door: it reads the machine's files.
	db, err := engine.Open(engine.Options{})
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	c := &child{socket: socket, db: db, conn: conn}
	if err := c.warmUp(); err != nil {
		return nil, errors.Join(err, conn.Close(), db.Close())
	}
	return c, nil
}

// warmUp runs a statement of no use, so that the first of use finds the code of DuckDB in memory.
func (c *child) warmUp() error {
	rows, err := c.conn.QueryArrow(context.Background(), "SELECT k, count(*), max(v) FROM (VALUES (1, 'a'), (2, 'b')) AS t(k, v) WHERE k > 0 GROUP BY k ORDER BY k")
	if err != nil {
		return err
	}
	defer rows.Release()
	for rows.Next() {
	}
	return rows.Err()
}

// command is a frame of the parent with the context in which it is to be obeyed.
type command struct {
	frame
	ctx    context.Context
	cancel context.CancelFunc
}

// serve obeys the parent until it hangs up.
func (c *child) serve() error {
	if err := writeFrame(c.socket, frameReady, nil); err != nil {
		return fmt.Errorf("greet the parent: %w", err)
	}
	commands := make(chan command)
	served := make(chan error, 1)
	go func() { served <- c.obey(commands) }()
	// Reading goes on while a statement runs, for interrupts and for the end of the parent: then this process ends
	// at once, whatever DuckDB is doing.
	read := make(chan error, 1)
	go func() { read <- c.listen(commands) }()
	select {
	case err := <-read:
		return err
	case err := <-served:
		return err
	}
}

// listen reads the parent's frames. An interrupt is for the last command that came before it; one that is done
// already does not mind.
func (c *child) listen(commands chan<- command) error {
	frames := frameReader{r: c.socket}
	var last command
	for {
		f, err := frames.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil // the parent is gone or has no more work
		case err != nil:
			return fmt.Errorf("listen to the parent: %w", err)
		case f.kind == frameInterrupt:
			if last.cancel != nil {
				last.cancel()
			}
			continue
		}
		last = command{frame: f}
		last.ctx, last.cancel = context.WithCancel(context.Background())
		commands <- last
	}
}

func (c *child) obey(commands <-chan command) error {
	for command := range commands {
		err := c.do(command)
		command.cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// do obeys one command. Its error is one of the socket; what goes wrong with a statement is answered.
func (c *child) do(command command) error {
	if (command.kind != frameConfine) != c.confined {
		return fmt.Errorf("a %s frame at the wrong time: a process is confined once, before any statement", command.kind)
	}
	var kind frameKind
	var answer any
	var err error
	switch command.kind {
	case frameConfine:
		kind = frameConfined
		answer, err = c.confine(command.ctx, command.frame)
	case frameQuery:
		kind = frameEnd
		err = c.inTransaction(func() error { return c.query(command.ctx, command.frame) })
	case frameBuild:
		kind = frameFiles
		err = c.inTransaction(func() (err error) { answer, err = c.build(command.ctx, command.frame); return err })
	case framePlan:
		kind = framePlanned
		answer, err = c.plan(command.ctx, command.frame)
	default:
		return fmt.Errorf("the parent sent a %s frame, which is none of its", command.kind)
	}
	var lost *socketError
	switch {
	case errors.As(err, &lost):
		return err
	case err != nil:
		return writeMessage(c.socket, frameError, encodeError(c.inOurWords(err)))
	}
	return writeMessage(c.socket, kind, answer)
}

// socketError is a failure to answer, after which there is nobody to tell.
type socketError struct{ err error }

func (e *socketError) Error() string { return "answer the parent: " + e.err.Error() }
func (e *socketError) Unwrap() error { return e.err }

// brokenError is an error after which the database cannot be trusted with another statement.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

// inTransaction runs a statement in a transaction that is rolled back: schemas and views made for it vanish,
// however it ends.
func (c *child) inTransaction(run func() error) error {
	if err := c.conn.Exec(context.Background(), "BEGIN TRANSACTION"); err != nil {
		return &brokenError{err}
	}
	err := run()
	if failed := c.conn.Exec(context.Background(), "ROLLBACK"); failed != nil {
		// After an internal error DuckDB refuses everything; the statement's own error says more.
		if err == nil {
			err = failed
		}
		return &brokenError{err}
	}
	return err
}

// confine applies a grant: first DuckDB's settings, while they can still be changed, then the kernel's.
func (c *child) confine(ctx context.Context, f frame) (confined, error) {
	var g grant
	if err := f.decode(&g); err != nil {
		return confined{}, err
	}
	for _, statement := range grantSettings(g) {
		if err := c.conn.Exec(ctx, statement); err != nil {
			return confined{}, fmt.Errorf("%s: %w", statement, err)
		}
	}
	done, err := restrict(g)
	if err != nil {
		return confined{}, &brokenError{err}
	}
	c.confined, c.memory = true, g.Memory
	return done, nil
}

// grantSettings are DuckDB's own limits and restrictions for g. They are a fence and not a wall: DuckDB has no
// privilege boundary within a process.
func grantSettings(g grant) []string {
	settings := []string{
		"SET memory_limit = '" + strconv.FormatInt(g.Memory, 10) + "B'",
		"SET threads = " + strconv.Itoa(g.Threads),
		"SET temp_directory = " + engine.QuoteLiteral(g.TempDir),
		"SET parquet_metadata_cache = true",
	}
	if g.TempDir != "" {
		settings = append(settings, "SET max_temp_directory_size = '"+strconv.FormatInt(g.TempBytes, 10)+"B'")
	}
	if g.TimeZone != "" {
		settings = append(settings, "SET TimeZone = "+engine.QuoteLiteral(g.TimeZone))
	}
	if g.Unfenced {
		return settings
	}
	dirs := slices.Concat(g.ReadDirs, g.WriteDirs)
	for i, dir := range dirs {
		dirs[i] = engine.QuoteLiteral(strings.TrimSuffix(dir, "/") + "/")
	}
	// COPY to a folder checks the folder itself, which is not below itself.
	targets := make([]string, len(g.WriteDirs))
	for i, dir := range g.WriteDirs {
		targets[i] = engine.QuoteLiteral(strings.TrimSuffix(dir, "/"))
	}
	settings = append(settings,
		"SET allowed_directories = ["+strings.Join(dirs, ", ")+"]",
		"SET allowed_paths = ["+strings.Join(targets, ", ")+"]",
		"SET enable_external_access = false")
	if !g.Planner { // every plan sets its own time zone and optimizers
		settings = append(settings, "SET lock_configuration = true")
	}
	return settings
}

// prepare creates the relations of a job and returns its statement without parameters.
func (c *child) prepare(ctx context.Context, job engine.Job) (string, error) {
	statements, err := engine.CreateRelations(job.Relations)
	if err != nil {
		return "", err
	}
	for _, statement := range statements {
		if err := c.conn.Exec(ctx, statement); err != nil {
			return "", withoutPosition(err)
		}
	}
	return engine.Substitute(job.SQL, job.Params)
}

// query streams the rows of a job.
func (c *child) query(ctx context.Context, f frame) error {
	var job engine.Job
	if err := f.decode(&job); err != nil {
		return err
	}
	sql, err := c.prepare(ctx, job)
	if err != nil {
		return err
	}
	if err := c.stream(ctx, sql); err != nil {
		return positionIn(job.SQL, sql, c.lostError(ctx, job, sql, err))
	}
	return nil
}

func (c *child) stream(ctx context.Context, sql string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rows, err := c.conn.QueryArrow(ctx, sql)
	if err != nil {
		return err
	}
	defer rows.Release()
	if err := c.send(ctx, cancel, rows); err != nil {
		return err
	}
	return rows.Err()
}

// lostError finds the error that DuckDB lost: when a value fails on one thread after the first rows were read, now and
// then the reading thread learns only that it was interrupted. Run again without its rows, the statement fails
// the same way and says why.
func (c *child) lostError(ctx context.Context, job engine.Job, sql string, err error) error {
	statement, ok := err.(*engine.StatementError) //nolint:errorlint // a wrapped one is from elsewhere
	if !ok || statement.Kind != engine.Cancelled || ctx.Err() != nil {
		return err
	}
	if err := c.conn.Exec(ctx, "ROLLBACK; BEGIN TRANSACTION"); err != nil { // the failure ended the transaction
		return &brokenError{err}
	}
	if _, err := c.prepare(ctx, job); err != nil {
		return err
	}
	const again = "EXPLAIN ANALYZE "
	var found *engine.StatementError
	if err := c.conn.Exec(ctx, again+sql); errors.As(err, &found) {
		if found.Position -= len(again); found.Position < 0 {
			found.Position = noPosition
		}
		return found
	}
	return &engine.StatementError{
		Kind:     engine.Runtime,
		Message:  "the statement failed while its rows were read, and DuckDB does not say why; run it again",
		Position: noPosition,
	}
}

// build writes the rows of a job as files.
func (c *child) build(ctx context.Context, f frame) ([]engine.WrittenFile, error) {
	var request buildRequest
	if err := f.decode(&request); err != nil {
		return nil, err
	}
	sql, err := c.prepare(ctx, request.Job)
	if err != nil {
		return nil, err
	}
	files, err := c.conn.CopyToParquet(ctx, sql, request.Output)
	if err != nil {
		return nil, positionIn(request.Job.SQL, sql, err)
	}
	return files, nil
}

// plan binds and optimizes a statement over stubs.
func (c *child) plan(ctx context.Context, f frame) (*engine.Plan, error) {
	var request planRequest
	if err := f.decode(&request); err != nil {
		return nil, err
	}
	plan, err := c.conn.Plan(ctx, request.SQL, request.Stubs, request.Params, request.TimeZone)
	if _, plain := err.(*engine.StatementError); err != nil && !plain { //nolint:errorlint // what wraps it is the point
		// Not the statement but what came before or after it, such as a rollback that failed.
		return nil, &brokenError{err}
	}
	return plan, err
}

// inOurWords replaces DuckDB's advice about memory, which is about settings that nobody here can change.
func (c *child) inOurWords(err error) error {
	var statement *engine.StatementError
	if errors.As(err, &statement) && statement.Kind == engine.Memory {
		what, _, _ := strings.Cut(statement.Message, "\n")
		statement.Message = fmt.Sprintf("the statement needed more than its %d MiB of memory and the room it has on disk (%s); "+
			"filter earlier, or join, sort and aggregate less at once", c.memory>>20, what)
	}
	return err
}

// positionIn makes the position of an error in the statement that ran one in the statement as it was written:
// they are the same up to the first parameter, and unknown behind it.
func positionIn(written, ran string, err error) error {
	var statement *engine.StatementError
	if !errors.As(err, &statement) || statement.Position <= commonPrefix(written, ran) {
		return err
	}
	return withoutPosition(err)
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// withoutPosition drops the position of an error in SQL that nobody wrote.
func withoutPosition(err error) error {
	var statement *engine.StatementError
	if errors.As(err, &statement) {
		return &engine.StatementError{Kind: statement.Kind, Message: statement.Message, Position: noPosition}
	}
	return err
}
