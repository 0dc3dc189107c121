package tempdir_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/hosu-io/hosu/internal/tempdir"
)

// envParent makes this test binary a process that makes a folder there and waits to be killed.
const envParent = "HOSU_TEMPDIR_PARENT"

func TestMain(m *testing.M) {
	if parent := os.Getenv(envParent); parent != "" {
		dir, err := tempdir.Make(parent, "mine-")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(dir.Path())
		// Reading, not `select {}`: with no other goroutine the runtime would end the process as deadlocked, and the lock with it.
		_, _ = io.Copy(io.Discard, os.Stdin)
		runtime.KeepAlive(dir)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A folder lives as long as its owner, and not much longer.
func TestKilledOwner(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), envParent+"="+parent)
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := owner.StdinPipe(); err != nil { // open as long as it lives
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	said.Scan()
	theirs := said.Text()
	if err := os.WriteFile(filepath.Join(theirs, "spilled"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"other-1", "mine-file"} {
		if err := os.WriteFile(filepath.Join(parent, other), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	first := dir(t, parent)
	want := []string{filepath.Base(theirs), filepath.Base(first.Path()), "mine-file", "other-1"}
	if got := names(t, parent); !same(got, want) {
		t.Errorf("while the owner lives: %q, want %q", got, want)
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait()
	second := dir(t, parent)
	want = []string{filepath.Base(first.Path()), filepath.Base(second.Path()), "mine-file", "other-1"}
	if got := names(t, parent); !same(got, want) {
		t.Errorf("when the owner is dead: %q, want %q", got, want)
	}
	for _, d := range []*tempdir.Dir{first, second} {
		if err := d.Remove(); err != nil {
			t.Error(err)
		}
	}
	if got := names(t, parent); !same(got, []string{"mine-file", "other-1"}) {
		t.Errorf("when all are gone: %q", got)
	}
}

// Folders that are made at the same time do not sweep each other away.
func TestTogether(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				d, err := tempdir.Make(parent, "mine-")
				if err != nil {
					t.Error(err)
					return
				}
				if err := os.WriteFile(filepath.Join(d.Path(), "spilled"), nil, 0o600); err != nil {
					t.Error(err)
				}
				if err := d.Remove(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := names(t, parent); len(got) > 0 {
		t.Errorf("left: %q", got)
	}
}

func TestNoParent(t *testing.T) {
	t.Parallel()
	if _, err := tempdir.Make(filepath.Join(t.TempDir(), "nowhere"), "mine-"); err == nil {
		t.Error("a folder was made in no folder")
	}
}

func dir(t *testing.T, parent string) *tempdir.Dir {
	t.Helper()
	d, err := tempdir.Make(parent, "mine-")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func names(t *testing.T, parent string) []string {
	t.Helper()
	entries, err := os.ReadDir(parent)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	return found
}

func same(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
