package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

// workspace is a folder that the hosu command works on, as a process.
type workspace struct {
	t     testing.TB
	dir   string
	temp  string // the processes' folder for temporary files, which nothing else uses
	state string // URL of the state database
}

// stateDatabases are the kinds of state database; the workspace's hosu.yaml has the URL as ${HOSU_TEST_STATE}.
var stateDatabases = []struct {
	name string
	make func(t testing.TB, dir string) string
}{
	{"sqlite", func(_ testing.TB, dir string) string { return "sqlite:" + filepath.Join(dir, ".hosu/state.db") }},
	{"postgres", func(t testing.TB, _ string) string { return pgtest.Database(t) }},
}

// newWorkspace makes a workspace of files, by their paths, with a state database of the given kind.
func newWorkspace(t testing.TB, database string, files map[string]string) *workspace {
	t.Helper()
	w := &workspace{t: t, dir: t.TempDir(), temp: t.TempDir()}
	for _, kind := range stateDatabases {
		if kind.name == database {
			w.state = kind.make(t, w.dir)
		}
	}
	w.write("hosu.yaml", "name: killed\nstate: ${HOSU_TEST_STATE}\n")
	for name, text := range files {
		w.write(name, text)
	}
	return w
}

func (w *workspace) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// outcome is how a process ended.
type outcome struct {
	args           []string
	stdout, stderr string
	status         syscall.WaitStatus
}

// String is the outcome for the message of a test.
func (o outcome) String() string {
	end := fmt.Sprintf("exit status %d", o.status.ExitStatus())
	if o.status.Signaled() {
		end = o.status.Signal().String()
	}
	return fmt.Sprintf("hosu %s: %s\n%s%s", strings.Join(o.args, " "), end, o.stdout, o.stderr)
}

func (o outcome) killed() bool { return o.status.Signaled() && o.status.Signal() == syscall.SIGKILL }

// process is a hosu command.
type process struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
}

// prepare makes a command in the workspace; failpoints are those of HOSU_FAILPOINTS.
func (w *workspace) prepare(failpoints string, args ...string) *process {
	w.t.Helper()
	p := &process{Cmd: program(w.t, append([]string{"-C", w.dir}, args...)...)}
	p.Env = append(p.Env, "TMPDIR="+w.temp, "HOSU_TEST_STATE="+w.state, "HOSU_FAILPOINTS="+failpoints)
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	return p
}

// start starts a command; see prepare.
func (w *workspace) start(failpoints string, args ...string) *process {
	w.t.Helper()
	p := w.prepare(failpoints, args...)
	if err := p.Start(); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// end waits for the process.
func (w *workspace) end(p *process) outcome {
	w.t.Helper()
	if err := p.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		w.t.Fatalf("wait for hosu: %v", err)
	}
	return outcome{
		args: p.Args[1:], stdout: p.stdout.String(), stderr: p.stderr.String(),
		status: p.ProcessState.Sys().(syscall.WaitStatus),
	}
}

// hosu runs a command to its end, which must be a good one, and returns what it printed.
func (w *workspace) hosu(args ...string) string {
	w.t.Helper()
	done := w.end(w.start("", args...))
	if done.status != 0 {
		w.t.Fatal(done)
	}
	return done.stdout
}

// database reads the state database.
func (w *workspace) database(read func(tx *state.Tx) error) {
	w.t.Helper()
	db, err := state.Open(w.t.Context(), w.state)
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	if err := db.View(w.t.Context(), read); err != nil {
		w.t.Fatal(err)
	}
}

// strings is the first column of a query of the state database.
func (w *workspace) strings(query string, args ...any) []string {
	w.t.Helper()
	var values []string
	w.database(func(tx *state.Tx) error {
		rows, err := tx.Query(query, args...)
		if err != nil {
			return err
		}
		values, err = firstColumn(rows)
		return err
	})
	return values
}

func firstColumn(rows *sql.Rows) ([]string, error) {
	defer rows.Close()
	var values []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}

// commits are the changes of tables so far, in order, as "table operation".
func (w *workspace) commits() []string {
	return w.strings("SELECT namespace || '.' || name || ' ' || operation FROM commits ORDER BY id, seq")
}

// snapshot identifies what a table or view is now; "" when there is none.
func (w *workspace) snapshot(table string) string {
	return strings.Join(w.strings("SELECT metadata_location FROM tables WHERE namespace || '.' || name = ?", table), "")
}

// rows are all rows of the tables, sorted, as "table row".
func (w *workspace) rows(tables ...string) string {
	w.t.Helper()
	parts := make([]string, len(tables))
	for i, name := range tables {
		parts[i] = fmt.Sprintf("select '%s' as of_table, t::varchar as row_text from %s t", name, name)
	}
	return w.hosu("query", "-o", "csv", strings.Join(parts, "\nunion all ")+"\norder by all")
}

// warehouse lists the files of the warehouse.
func (w *workspace) warehouse() []string {
	w.t.Helper()
	var files []string
	err := filepath.WalkDir(filepath.Join(w.dir, "warehouse"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

// idle runs hosu once more and finds that it does nothing.
func (w *workspace) idle() {
	w.t.Helper()
	commits, files := w.commits(), w.warehouse()
	if said := w.hosu("run"); !strings.HasPrefix(said, "Nothing new: ") {
		w.t.Errorf("a run with nothing to do says\n%s", said)
	}
	if diff := cmp.Diff(commits, w.commits()); diff != "" {
		w.t.Errorf("a run with nothing to do committed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(files, w.warehouse()); diff != "" {
		w.t.Errorf("a run with nothing to do changed files (-before +after):\n%s", diff)
	}
}

// scratch are the folders where the workspace's commands put what is not to stay.
func (w *workspace) scratch() []string {
	return []string{filepath.Join(w.dir, ".hosu/scratch"), w.temp}
}

// children lists the processes that the workspace's commands have started and that live: sandboxes, each of which
// works in a scratch folder.
func (w *workspace) children() []string {
	w.t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		w.t.Fatal(err)
	}
	var found []string
	for _, link := range links {
		folder, err := os.Readlink(link)
		if err == nil && slices.ContainsFunc(w.scratch(), func(dir string) bool { return strings.HasPrefix(folder, dir) }) {
			found = append(found, filepath.Base(filepath.Dir(link)))
		}
	}
	return found
}

// orphansEnd waits until no process of a killed command is left. They find out by themselves that it is gone, and have
// five seconds for it.
func (w *workspace) orphansEnd() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Second)
	defer cancel()
	await(ctx, w.t, "the sandboxes of a killed command to end", func() bool { return len(w.children()) == 0 })
}

// await returns when done holds.
func await(ctx context.Context, t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// clean finds that nothing is left in scratch folders, also of processes that were killed, once others have run.
func (w *workspace) clean() {
	w.t.Helper()
	for _, dir := range w.scratch() {
		entries, err := os.ReadDir(dir)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range entries {
			w.t.Errorf("left behind: %s", filepath.Join(dir, e.Name()))
		}
	}
}
