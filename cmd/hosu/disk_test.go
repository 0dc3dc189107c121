package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFullDisk fills the file system of the warehouse, and that of the state database: the run fails and says so, what is
// published stays as it is, and once there is room again the next run finishes the work.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 && os.Getenv("CI") != "true" {
		t.Log("not run: mounting a small file system needs root")
		return
	}
	for _, folder := range []string{"warehouse", ".hosu"} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, "sqlite", map[string]string{
				"sources/shop.yaml":      "type: files\npath: drops\ninto: raw\ntables:\n  numbers: {path: \"*.csv\", mode: full}\n",
				"drops/numbers.csv":      "n,text\n1,one\n2,two\n",
				"models/m/doubled.sql":   "select n * 2 as n, text from raw.numbers",
				"models/m/how_many.sql":  "select count(*) as rows, sum(n)::bigint as total from m.doubled",
				"checks/no_negative.sql": "select * from m.doubled where n < 0",
			})
			disk := mountSmall(t, filepath.Join(w.dir, folder))
			w.hosu("run")
			before := w.rows("raw.numbers", "m.doubled", "m.how_many")

			var more strings.Builder
			more.WriteString("n,text\n")
			for i := range 2000 {
				more.WriteString(strings.Repeat("7", 1+i%9) + ",seven\n")
			}
			w.write("drops/numbers.csv", more.String())
			disk.fill()
			failed := w.end(w.start("", "run"))
			if failed.status.ExitStatus() != exitFailed {
				t.Errorf("on a full disk: %s; want exit status 1", failed)
			}
			if said := strings.ToLower(failed.stdout + failed.stderr); !strings.Contains(said, "no space left") && !strings.Contains(said, "disk is full") {
				t.Errorf("the run does not say that the disk is full: %s", failed)
			}
			disk.free()
			if after := w.rows("raw.numbers", "m.doubled", "m.how_many"); after != before {
				t.Errorf("a run on a full disk changed what was published:\nbefore %s\nafter  %s", before, after)
			}

			w.hosu("run")
			if got := w.hosu("query", "-o", "csv", "select rows from m.how_many"); !strings.Contains(got, "2000") {
				t.Errorf("after there was room again the table has %s rows, want 2000", got)
			}
			w.idle()
		})
	}
}

// smallDisk is a file system of its own, of two megabytes.
type smallDisk struct {
	t   *testing.T
	dir string
}

func mountSmall(t *testing.T, dir string) *smallDisk {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Fatalf("mount a small file system, which needs root: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("unmount %s: %v\n%s", dir, err, out)
		}
	})
	return &smallDisk{t: t, dir: dir}
}

const filler = "filler"

// fill takes all the room that is left.
func (d *smallDisk) fill() {
	d.t.Helper()
	file, err := os.Create(filepath.Join(d.dir, filler))
	if err != nil {
		d.t.Fatal(err)
	}
	defer file.Close()
	for _, size := range []int{1 << 16, 1 << 12, 1} {
		for block := make([]byte, size); err == nil; {
			_, err = file.Write(block)
		}
		err = nil
	}
}

func (d *smallDisk) free() {
	d.t.Helper()
	if err := os.Remove(filepath.Join(d.dir, filler)); err != nil {
		d.t.Fatal(err)
	}
}
