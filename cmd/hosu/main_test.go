package main

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hosu-io/hosu/internal/engine/sandbox"
)

// programName as its first argument makes this test binary the hosu command: the scripts of testscript find it in PATH under that
// name, and [program] starts it.
const programName = "hosu"

func TestMain(m *testing.M) {
	// As in main: the same binary is the confined process that runs people's SQL.
	if ran, err := sandbox.RunChild(); ran {
		if err != nil {
			fmt.Fprintln(os.Stderr, "hosu sandbox:", err)
			os.Exit(exitFailed)
		}
		os.Exit(exitDone)
	}
	testscript.Main(m, map[string]func(){programName: main})
}

// program is the hosu command as a process of its own, without a failpoint that this process may have been given.
func program(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &exec.Cmd{Path: binary, Args: append([]string{programName}, args...), Env: append(os.Environ(), "HOSU_FAILPOINTS=")}
}
