package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	icebergio "github.com/apache/iceberg-go/io"
	"github.com/google/uuid"
)

const (
	// tempDir, in the warehouse, holds objects that are being written and
	// scratch folders: on the same file system as the tables, so that a rename
	// publishes them, and in one place, so that what crashes leave is found.
	tempDir = ".tmp"
	// staleAfter is the age at which Open removes what is in tempDir: much longer than
	// any one statement takes to write its files.
	staleAfter = 7 * 24 * time.Hour
	scheme     = "file://"
)

// local is a Store in a folder of this machine.
type local struct {
	root string // absolute, clean path
}

func openLocal(ctx context.Context, warehouse string) (*local, error) {
	root := warehouse
	if len(warehouse) >= len(scheme) && strings.EqualFold(warehouse[:len(scheme)], scheme) {
		path, err := pathOf(warehouse)
		if err != nil {
			return nil, fmt.Errorf("warehouse %q: %w", warehouse, err)
		}
		root = path
	}
	if !filepath.IsAbs(root) {
		return nil, fmt.Errorf("warehouse %q: want an absolute path", warehouse)
	}
	// These characters mean something else in a URI, and Iceberg engines
	// disagree on whether the locations in metadata are escaped.
	if i := strings.IndexAny(root, "%?#"); i >= 0 {
		return nil, fmt.Errorf("warehouse %q: the path must not contain %q", warehouse, root[i])
	}
	s := &local{root: filepath.Clean(root)}
	if err := makeDirs(filepath.Join(s.root, tempDir)); err != nil {
		return nil, fmt.Errorf("warehouse %q: %w", warehouse, err)
	}
	if err := s.sweep(ctx, time.Now()); err != nil {
		return nil, fmt.Errorf("warehouse %q: remove leftovers: %w", warehouse, err)
	}
	return s, nil
}

// sweep removes what a crash left in the temporary folder.
func (s *local) sweep(ctx context.Context, now time.Time) error {
	entries, err := os.ReadDir(filepath.Join(s.root, tempDir))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil || now.Sub(info.ModTime()) < staleAfter {
			continue // gone meanwhile, or in use
		}
		if err := os.RemoveAll(filepath.Join(s.root, tempDir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (s *local) Root() string { return scheme + s.root }

// LocalPath also takes the percent-encoded form of a location, which is how
// iceberg-go spells those it makes itself.
func (s *local) LocalPath(location string) (string, error) {
	path, err := pathOf(location)
	if err != nil {
		return "", err
	}
	if path != s.root && !strings.HasPrefix(path, strings.TrimSuffix(s.root, "/")+"/") {
		return "", fmt.Errorf("%w: %s is not in %s", ErrOutside, location, s.Root())
	}
	return path, nil
}

// pathOf is the clean local path that a file:// URI or an absolute path names.
func pathOf(location string) (string, error) {
	path := location
	if before, rest, ok := strings.Cut(location, "://"); ok {
		if !strings.EqualFold(before, "file") {
			return "", fmt.Errorf("%w: %s is not a file:// location", ErrOutside, location)
		}
		host, hostPath, _ := strings.Cut(rest, "/")
		if host != "" && !strings.EqualFold(host, "localhost") {
			return "", fmt.Errorf("%w: %s names the host %q", ErrOutside, location, host)
		}
		decoded, err := url.PathUnescape(hostPath)
		if err != nil {
			return "", fmt.Errorf("location %s: %w", location, err)
		}
		path = "/" + decoded
	}
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("%w: %s is not absolute", ErrOutside, location)
	}
	return filepath.Clean(path), nil
}

func (s *local) Open(location string) (icebergio.File, error) {
	path, err := s.LocalPath(location)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: location, Err: err}
	}
	return os.Open(path)
}

func (s *local) ReadFile(location string) ([]byte, error) {
	path, err := s.LocalPath(location)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: location, Err: err}
	}
	return os.ReadFile(path)
}

func (s *local) Create(location string) (icebergio.FileWriter, error) {
	path, err := s.LocalPath(location)
	if err != nil {
		return nil, &fs.PathError{Op: "create", Path: location, Err: err}
	}
	file, err := os.OpenFile(filepath.Join(s.root, tempDir, uuid.NewString()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", location, err)
	}
	return &localWriter{file: file, location: location, path: path}, nil
}

// localWriter writes a temporary file that Close renames to its path.
type localWriter struct {
	file           *os.File
	location, path string
	err            error // the first failure; nothing is published after one
}

func (w *localWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	return n, w.note(err)
}

func (w *localWriter) ReadFrom(r io.Reader) (int64, error) {
	n, err := w.file.ReadFrom(r)
	return n, w.note(err)
}

func (w *localWriter) note(err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("write %s: %w", w.location, err)
	if w.err == nil {
		w.err = err
	}
	return err
}

func (w *localWriter) Close() error {
	if w.err == nil {
		_ = w.note(w.file.Sync())
	}
	if err := w.file.Close(); w.err == nil {
		if errors.Is(err, os.ErrClosed) {
			return fmt.Errorf("close %s: %w", w.location, err)
		}
		_ = w.note(err)
	}
	if w.err == nil {
		_ = w.note(publish(w.file.Name(), w.path))
	}
	if w.err != nil {
		_ = os.Remove(w.file.Name())
	}
	return w.err
}

func (s *local) WriteFile(location string, content []byte) error {
	w, err := s.Create(location)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	if closeErr := w.Close(); err == nil {
		err = closeErr
	}
	return err
}

func (s *local) Remove(location string) error {
	path, err := s.LocalPath(location)
	if err != nil {
		return &fs.PathError{Op: "remove", Path: location, Err: err}
	}
	return os.Remove(path)
}

func (s *local) Adopt(ctx context.Context, localPath, location string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path, err := s.LocalPath(location)
	if err != nil {
		return fmt.Errorf("adopt %s: %w", localPath, err)
	}
	if err := syncFile(localPath); err != nil {
		return fmt.Errorf("adopt %s as %s: %w", localPath, location, err)
	}
	err = publish(localPath, path)
	if errors.Is(err, syscall.EXDEV) {
		err = s.copyIn(localPath, location)
	}
	if err != nil {
		return fmt.Errorf("adopt %s as %s: %w", localPath, location, err)
	}
	return nil
}

// copyIn adopts a file of another file system.
func (s *local) copyIn(localPath, location string) error {
	in, err := os.Open(localPath)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := s.Create(location)
	if err != nil {
		return err
	}
	_, err = out.ReadFrom(in)
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Remove(localPath)
}

func (s *local) WalkDir(root string, fn fs.WalkDirFunc) error {
	path, err := s.LocalPath(root)
	if err != nil {
		return &fs.PathError{Op: "walk", Path: root, Err: err}
	}
	return filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if path == filepath.Join(s.root, tempDir) {
			return fs.SkipDir
		}
		return fn(scheme+path, entry, err)
	})
}

func (s *local) List(ctx context.Context, location string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		err := s.WalkDir(location, func(found string, entry fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil || entry.IsDir() {
				return err
			}
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil // removed meanwhile
			}
			if err != nil {
				return err
			}
			if !yield(Object{Location: found, Bytes: info.Size(), Modified: info.ModTime()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield(Object{}, fmt.Errorf("list %s: %w", location, err))
		}
	}
}

func (s *local) Scratch(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(filepath.Join(s.root, tempDir), "scratch-")
	if err != nil {
		return "", fmt.Errorf("make a scratch folder: %w", err)
	}
	return dir, nil
}

// publish moves a flushed file to its final path and makes the move itself durable.
func publish(from, to string) error {
	err := os.Rename(from, to)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeDirs(filepath.Dir(to)); err != nil {
			return err
		}
		err = os.Rename(from, to)
	}
	if err != nil {
		return err
	}
	return syncFile(filepath.Dir(to))
}

// makeDirs makes a folder with its parents, each durably entered in its parent.
func makeDirs(dir string) error {
	err := makeDir(dir)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir {
		if err := makeDirs(filepath.Dir(dir)); err != nil {
			return err
		}
		// Once: where nothing can be made, as in /proc, a folder does not exist however often it is made.
		err = makeDir(dir)
	}
	return err
}

// makeDir makes a folder whose parent exists.
func makeDir(dir string) error {
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		if info, statErr := os.Stat(dir); statErr == nil && info.IsDir() {
			return nil
		}
		return err
	}
	if err != nil {
		return err
	}
	return syncFile(filepath.Dir(dir))
}

// syncFile flushes a file, or a folder's entries, to disk.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	err = file.Sync()
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}
