package sandbox

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	run := func() (bool, error) { return RunChild() }
	if len(os.Args) > 1 && os.Args[1] == probeArgument {
		run = runProbe
	}
	if ran, err := run(); ran {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
