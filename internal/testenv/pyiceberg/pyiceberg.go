// Package pyiceberg runs Python scripts in an interpreter that has pyiceberg, the reader and writer of Iceberg tables
// that tests compare hosu with.
package pyiceberg

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Env is the environment variable with the path of the interpreter. `make test` sets it. Where it is not set and this is
// not CI, the interpreter that `make test` installed before is used.
const Env = "HOSU_TEST_PYTHON"

const timeout = 2 * time.Minute

// Run runs a script with input, as JSON, on its standard input and reads its standard output, which is JSON, into output.
// The script can import the Python modules beside this file.
// Without an interpreter, or when the script fails, the test fails.
func Run(t testing.TB, script string, input, output any) {
	t.Helper()
	given, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	root := repository(t)
	cmd := exec.CommandContext(ctx, interpreter(t, root), script)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(root, "internal", "testenv", "pyiceberg"), "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(given), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.String())
	}
	if err := json.Unmarshal(stdout.Bytes(), output); err != nil {
		t.Fatalf("%s printed what is not the JSON wanted: %v\n%.1000s", script, err, stdout.String())
	}
}

func interpreter(t testing.TB, root string) string {
	t.Helper()
	if path := os.Getenv(Env); path != "" {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not set: install scripts/requirements.txt in a virtual environment and set it to the python there, or run make test",
			Env)
	}
	path := filepath.Join(root, ".cache", "python", "bin", "python")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("this test needs Python with pyiceberg, and neither %s nor %s is there: run it once with\n\tmake test", Env, path)
	}
	return path
}

// repository is the folder of go.mod above the test's.
func repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("there is no go.mod in any folder above the test's")
		}
		dir = filepath.Dir(dir)
	}
}
