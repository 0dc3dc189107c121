package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the scripts of testdata/script: sessions of a person with the hosu command, who also has the
// commands of scriptCommands.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TZ", "UTC")
			env.Setenv("NO_COLOR", "1")
			return nil
		},
	})
}

// scriptCommands are what scripts can do besides running programs:
//
//	exits CODE PROGRAM ARG...  runs a program, which must end with exactly this code
//	sqlite FILE SQL            changes a SQLite database, which is made when it is missing
//	json PATH VALUE            looks at a place (runs.0.id; len is how many) of the last output
//	jsonkeys PATH KEY...       the object at this place has these keys and no others; "?key" may be there
//	jsonset VARIABLE PATH      keeps what is at a place of the last output
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"exits":    exits,
	"sqlite":   sqliteExec,
	"json":     jsonValue,
	"jsonkeys": jsonKeys,
	"jsonset":  jsonSet,
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s ends with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func sqliteExec(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sqlite FILE SQL")
	}
	db, err := sql.Open("sqlite3", "file:"+ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(errors.Join(err, db.Close()))
}

// at is the value at a place of the last output.
func at(ts *testscript.TestScript, path string) any {
	var value any
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		ts.Fatalf("the output is not JSON: %v\n%s", err, ts.ReadFile("stdout"))
	}
	if decoder.More() {
		ts.Fatalf("there is more than one JSON value in the output:\n%s", ts.ReadFile("stdout"))
	}
	for step := range strings.SplitSeq(path, ".") {
		if step == "" {
			continue
		}
		switch container := value.(type) {
		case map[string]any:
			inner, ok := container[step]
			if !ok {
				ts.Fatalf("%s: there is no key %q in %v", path, step, container)
			}
			value = inner
		case []any:
			if step == "len" {
				value = len(container)
				continue
			}
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(container) {
				ts.Fatalf("%s: there is no %s in a list of %d", path, step, len(container))
			}
			value = container[i]
		default:
			ts.Fatalf("%s: %v has no parts", path, value)
		}
	}
	return value
}

func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: json PATH VALUE")
	}
	if got := fmt.Sprint(at(ts, args[0])); (got == args[1]) == neg {
		ts.Fatalf("%s is %s", args[0], got)
	}
}

func jsonKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: jsonkeys PATH KEY...")
	}
	object, ok := at(ts, args[0]).(map[string]any)
	if !ok {
		ts.Fatalf("%s is no object", args[0])
	}
	for key := range object {
		if !slices.Contains(args[1:], key) && !slices.Contains(args[1:], "?"+key) {
			ts.Fatalf("%s has a key %q; want %q", args[0], key, args[1:])
		}
	}
	sort.Strings(args[1:])
	for _, key := range args[1:] {
		if _, there := object[key]; !there && !strings.HasPrefix(key, "?") {
			ts.Fatalf("%s has no key %q: %v", args[0], key, object)
		}
	}
}

func jsonSet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: jsonset VARIABLE PATH")
	}
	ts.Setenv(args[0], fmt.Sprint(at(ts, args[1])))
}
