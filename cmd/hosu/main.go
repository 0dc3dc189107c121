// Command hosu is a company's data lake in one program.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the workspace's time zone must be known on machines without a zone database

	"github.com/hosu-io/hosu/internal/engine/sandbox"
)

// version is set by the linker.
var version = "dev"

func main() {
	// The same binary is the confined process that runs people's SQL.
	if ran, err := sandbox.RunChild(); ran {
		if err != nil {
			fmt.Fprintln(os.Stderr, "hosu sandbox:", err)
			os.Exit(exitFailed)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // it was tried and did not work
	exitMisuse = 2 // the command line itself is wrong
)

// run is main without the process: it runs the command in args and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd := newRoot(stdout, stderr)
	cmd.SetArgs(args)
	if err := cmd.ExecuteContext(ctx); err != nil {
		return explain(stderr, err)
	}
	return exitDone
}
