// Package storagetest has the conformance suite that every implementation of storage.Store passes,
// and [Faulty], a store that fails on demand.
package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	icebergio "github.com/apache/iceberg-go/io"
	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/storage"
)

// What iceberg-go looks for in a table's file system.
var _ interface {
	icebergio.ReadFileIO
	icebergio.WriteFileIO
	icebergio.ListableIO
} = storage.Store(nil)

// Run runs the suite; open gives a new, empty store.
func Run(t *testing.T, open func(t *testing.T) storage.Store) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s storage.Store)
	}{
		{"WriteAndRead", testWriteAndRead},
		{"CreateAppearsOnClose", testCreateAppearsOnClose},
		{"FailedWriteLeavesNothing", testFailedWriteLeavesNothing},
		{"Replace", testReplace},
		{"Missing", testMissing},
		{"List", testList},
		{"Adopt", testAdopt},
		{"Confined", testConfined},
		{"EncodedLocations", testEncodedLocations},
		{"Concurrently", testConcurrently},
		{"Cancelled", testCancelled},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, open(t))
		})
	}
}

func mustWrite(t *testing.T, s storage.Store, location, content string) {
	t.Helper()
	if err := s.WriteFile(location, []byte(content)); err != nil {
		t.Fatal(err)
	}
}

func wantContent(t *testing.T, s storage.Store, location, want string) {
	t.Helper()
	got, err := s.ReadFile(location)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", location, got, err, want)
	}
}

func wantList(t *testing.T, s storage.Store, location string, want ...string) {
	t.Helper()
	var got []string
	for object, err := range s.List(t.Context(), location) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimPrefix(object.Location, s.Root()+"/"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("objects in %s (-want +got):\n%s", location, diff)
	}
}

func testWriteAndRead(t *testing.T, s storage.Store) {
	location := storage.Join(s.Root(), "shop", "orders", "metadata", "v1.json")
	mustWrite(t, s, location, "호수 content")
	wantContent(t, s, location, "호수 content")
	file, err := s.Open(location)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	part := make([]byte, 7)
	if n, err := file.ReadAt(part, 7); n != 7 || string(part) != "content" {
		t.Errorf("ReadAt: %q, %v", part[:n], err)
	}
	if at, err := file.Seek(-3, io.SeekEnd); at != 11 || err != nil {
		t.Errorf("Seek: %d, %v", at, err)
	}
	if rest, err := io.ReadAll(file); string(rest) != "ent" || err != nil {
		t.Errorf("the rest: %q, %v", rest, err)
	}
	if info, err := file.Stat(); err != nil || info.Size() != 14 {
		t.Errorf("Stat: %v, %v", info, err)
	}
	path, err := s.LocalPath(location)
	if err != nil {
		t.Fatal(err)
	}
	if local, err := os.ReadFile(path); string(local) != "호수 content" || err != nil {
		t.Errorf("the local file %s: %q, %v", path, local, err)
	}
}

func testCreateAppearsOnClose(t *testing.T, s storage.Store) {
	location := storage.Join(s.Root(), "data", "a.avro")
	w, err := s.Create(location)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("one ")); err != nil {
		t.Fatal(err)
	}
	if n, err := w.ReadFrom(strings.NewReader("two")); n != 3 || err != nil {
		t.Fatalf("ReadFrom: %d, %v", n, err)
	}
	if _, err := s.ReadFile(location); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before Close: %v, want ErrNotExist", err)
	}
	wantList(t, s, s.Root())
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	wantContent(t, s, location, "one two")
	if err := w.Close(); err == nil {
		t.Error("a second Close succeeded")
	}
	wantContent(t, s, location, "one two")
}

func testFailedWriteLeavesNothing(t *testing.T, s storage.Store) {
	location := storage.Join(s.Root(), "data", "a.avro")
	for _, fault := range []Fault{
		{Op: Create}, {Op: Write, Err: ErrDiskFull}, {Op: Write, Torn: true, Err: ErrDiskFull}, {Op: Write, After: 1, Torn: true}, {Op: Close},
	} {
		faulty := NewFaulty(s, fault)
		err := write(faulty, location, "first half", "second half")
		if want := fault.Err; err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("fault %+v: the writer's error is %v", fault, err)
		}
		wantList(t, s, s.Root())
	}
	// A reader that breaks off is a failed write, too.
	w, err := s.Create(location)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if _, err := w.ReadFrom(io.MultiReader(strings.NewReader("x"), brokenReader{broken})); !errors.Is(err, broken) {
		t.Errorf("ReadFrom: %v, want the reader's error", err)
	}
	if err := w.Close(); !errors.Is(err, broken) {
		t.Errorf("Close after a failure: %v, want that failure", err)
	}
	wantList(t, s, s.Root())
}

func write(s storage.Store, location string, parts ...string) error {
	w, err := s.Create(location)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if _, err = w.Write([]byte(part)); err != nil {
			break
		}
	}
	return errors.Join(err, w.Close())
}

func testReplace(t *testing.T, s storage.Store) {
	location := storage.Join(s.Root(), "a", "b")
	mustWrite(t, s, location, "one, and long")
	if err := NewFaulty(s, Fault{Op: Write, Torn: true}).WriteFile(location, []byte("two")); err == nil {
		t.Error("a torn write succeeded")
	}
	wantContent(t, s, location, "one, and long")
	mustWrite(t, s, location, "two")
	wantContent(t, s, location, "two")
}

func testMissing(t *testing.T, s storage.Store) {
	location := storage.Join(s.Root(), "no", "such", "object")
	_, openErr := s.Open(location)
	_, readErr := s.ReadFile(location)
	for name, err := range map[string]error{
		"Open": openErr, "ReadFile": readErr, "Remove": s.Remove(location),
		"Adopt": s.Adopt(t.Context(), filepath.Join(t.TempDir(), "nothing"), location),
	} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s of a missing object: %v, want ErrNotExist", name, err)
		}
	}
	wantList(t, s, location)
}

func testList(t *testing.T, s storage.Store) {
	for _, name := range []string{"t/data/b", "t/data/a", "t/metadata/m", "t2/x"} {
		mustWrite(t, s, storage.Join(s.Root(), name), name)
	}
	scratch, err := s.Scratch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(scratch, "unfinished"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantList(t, s, s.Root(), "t/data/a", "t/data/b", "t/metadata/m", "t2/x")
	wantList(t, s, storage.Join(s.Root(), "t"), "t/data/a", "t/data/b", "t/metadata/m")
	if err := s.Remove(storage.Join(s.Root(), "t/data/a")); err != nil {
		t.Fatal(err)
	}
	for object, err := range s.List(t.Context(), storage.Join(s.Root(), "t")) {
		if err != nil || object.Bytes != 8 || object.Modified.IsZero() || !strings.HasSuffix(object.Location, "/t/data/b") {
			t.Errorf("first object: %+v, %v", object, err)
		}
		break
	}
}

func testAdopt(t *testing.T, s storage.Store) {
	scratch, err := s.Scratch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Scratch(t.Context())
	if err != nil || again == scratch {
		t.Errorf("a second scratch folder: %s, %v", again, err)
	}
	folders := []string{scratch, t.TempDir()}
	if other, err := os.MkdirTemp("/dev/shm", "hosu-storagetest-"); err == nil { // another file system, where there is one
		t.Cleanup(func() { _ = os.RemoveAll(other) })
		folders = append(folders, other)
	}
	for i, folder := range folders {
		local := filepath.Join(folder, "data.parquet")
		content := strings.Repeat(fmt.Sprint(i), 1<<20)
		if err := os.WriteFile(local, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		location := storage.Join(s.Root(), "t", "data", fmt.Sprint(i, ".parquet"))
		if err := s.Adopt(t.Context(), local, location); err != nil {
			t.Fatal(err)
		}
		wantContent(t, s, location, content)
		if _, err := os.Stat(local); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the local file is still there: %v", err)
		}
	}
}

// testConfined: a location that is not in the warehouse is refused by every operation.
func testConfined(t *testing.T, s storage.Store) {
	local := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(local, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, location := range []string{
		"file:///etc/passwd", "/etc/passwd", s.Root() + "/../x", s.Root() + "/a/%2e%2e/%2e%2e/x", s.Root() + "-other/x",
		"s3://bucket/x", "relative/x", "", "file://server/share",
	} {
		_, openErr := s.Open(location)
		_, readErr := s.ReadFile(location)
		_, createErr := s.Create(location)
		_, pathErr := s.LocalPath(location)
		var listErr error
		for _, err := range s.List(t.Context(), location) {
			listErr = err
		}
		for name, err := range map[string]error{
			"Open": openErr, "ReadFile": readErr, "Create": createErr, "LocalPath": pathErr, "List": listErr,
			"WriteFile": s.WriteFile(location, nil), "Remove": s.Remove(location), "Adopt": s.Adopt(t.Context(), local, location),
			"WalkDir": s.WalkDir(location, func(string, fs.DirEntry, error) error { return nil }),
		} {
			if !errors.Is(err, storage.ErrOutside) {
				t.Errorf("%s of %q: %v, want ErrOutside", name, location, err)
			}
		}
	}
}

// testEncodedLocations: iceberg-go percent-encodes the locations it makes, and people do not.
func testEncodedLocations(t *testing.T, s storage.Store) {
	mustWrite(t, s, s.Root()+"/%ED%98%B8%EC%88%98/a%20b", "x")
	wantContent(t, s, s.Root()+"/호수/a b", "x")
	wantList(t, s, s.Root()+"/호수", "호수/a b")
}

func testConcurrently(t *testing.T, s storage.Store) {
	location := storage.Join(s.Root(), "deep", "er", "object")
	var wg sync.WaitGroup
	for i := range 8 {
		content := bytes.Repeat([]byte{byte('a' + i)}, 100_000)
		wg.Go(func() {
			if err := s.WriteFile(location, content); err != nil {
				t.Error(err)
			}
			got, err := s.ReadFile(location)
			if err != nil || len(got) != len(content) || bytes.Count(got, got[:1]) != len(got) {
				t.Errorf("read %d bytes of more than one writer (%v)", len(got), err)
			}
		})
	}
	wg.Wait()
	wantList(t, s, s.Root(), "deep/er/object")
}

func testCancelled(t *testing.T, s storage.Store) {
	mustWrite(t, s, storage.Join(s.Root(), "a"), "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range s.List(ctx, s.Root()) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("List: %v, want Canceled", err)
		}
	}
	_, err := s.Scratch(ctx)
	for name, err := range map[string]error{"Scratch": err, "Adopt": s.Adopt(ctx, "/x", s.Root()+"/x")} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want Canceled", name, err)
		}
	}
}
