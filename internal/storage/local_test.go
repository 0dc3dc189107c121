package storage_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/storage"
	"github.com/hosu-io/hosu/internal/storage/storagetest"
)

func open(t *testing.T, warehouse string) storage.Store {
	t.Helper()
	store, err := storage.Open(t.Context(), warehouse)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("local", func(t *testing.T) {
		storagetest.Run(t, func(t *testing.T) storage.Store { return open(t, t.TempDir()) })
	})
	t.Run("spaces and Korean in the path", func(t *testing.T) {
		storagetest.Run(t, func(t *testing.T) storage.Store {
			return open(t, filepath.Join(t.TempDir(), "내 문서", "warehouse"))
		})
	})
	t.Run("faulty without faults", func(t *testing.T) {
		storagetest.Run(t, func(t *testing.T) storage.Store { return storagetest.NewFaulty(open(t, t.TempDir())) })
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, warehouse := range []string{dir + "/w/", "file://" + dir + "/w", "FILE://localhost" + dir + "/./w"} {
		if got, want := open(t, warehouse).Root(), "file://"+dir+"/w"; got != want {
			t.Errorf("the root of %s is %s, want %s", warehouse, got, want)
		}
	}
	for warehouse, want := range map[string]string{
		"":               "no location",
		"warehouse":      "absolute",
		"s3://bucket/x":  "local folders only",
		"file://host/x":  "host",
		dir + "/100%":    "'%'",
		dir + "/a?b":     "'?'",
		file + "/inside": "not a directory",
		"/proc/hosu/x/y": "/proc/hosu", // where nobody can make a folder
	} {
		_, err := storage.Open(t.Context(), warehouse)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "warehouse") {
			t.Errorf("open %q: %v, want something about %q", warehouse, err, want)
		}
	}
}

func TestOpenSweepsOldLeftovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, dir)
	old, err := store.Scratch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	recent, err := store.Scratch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(old, "data"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	monthAgo := time.Now().Add(-30 * 24 * time.Hour)
	if err := os.Chtimes(old, monthAgo, monthAgo); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an old scratch folder is still there: %v", err)
	}
	if _, err := os.Stat(recent); err != nil {
		t.Errorf("a scratch folder in use: %v", err)
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		location string
		elems    []string
		want     string
	}{
		{"file:///w", nil, "file:///w"},
		{"file:///w/", []string{"a", "/b/", "", "c"}, "file:///w/a/b/c"},
		{"s3://bucket", []string{"k"}, "s3://bucket/k"},
	} {
		if got := storage.Join(test.location, test.elems...); got != test.want {
			t.Errorf("Join(%q, %q) = %q, want %q", test.location, test.elems, got, test.want)
		}
	}
}
