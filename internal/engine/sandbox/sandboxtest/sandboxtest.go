// Package sandboxtest lets the tests of other packages run SQL in a real sandbox.
package sandboxtest

import (
	"fmt"
	"os"
	"testing"

	"github.com/hosu-io/hosu/internal/engine/sandbox"
)

// Main is for TestMain of every package whose tests use a [sandbox.Pool]: a sandbox process is the test's own binary,
// started again. It runs the tests of m, or serves as a sandbox, and ends the program.
func Main(m *testing.M) {
	if ran, err := sandbox.RunChild(); ran {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Pool returns a pool that is closed when the test ends. It fails the test where confinement is not complete and
// CI=true, and says so in the log elsewhere.
func Pool(t testing.TB) *sandbox.Pool {
	t.Helper()
	return PoolWith(t, sandbox.Options{})
}

// PoolWith is [Pool] with options; without a scratch folder the pool gets one of the test's.
func PoolWith(t testing.TB, opts sandbox.Options) *sandbox.Pool {
	t.Helper()
	if opts.ScratchDir == "" {
		opts.ScratchDir = t.TempDir()
	}
	pool, err := sandbox.NewPool(opts)
	if err != nil {
		t.Fatalf("start the SQL sandbox: %v", err)
	}
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Errorf("close the SQL sandbox: %v", err)
		}
	})
	if c := pool.Confinement(); !c.Complete() {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the sandbox is not confined by the kernel, which tests need: %s", c)
		}
		t.Logf("weaker sandbox: %s", c)
	}
	return pool
}
