// Package tempdir makes folders for temporary files that do not outlive their process by long.
//
// A folder that its owner removes is gone with it. One whose owner was killed is removed by the next process that makes a folder in
// the same place: the owner holds a lock on its folder, which the kernel gives up however the process ends, so a
// folder that can be locked belongs to nobody. A process number would not tell: containers that share a place for temporary files
// number their processes each for itself.
package tempdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Dir is a folder that belongs to this process.
type Dir struct {
	path string
	lock *os.File // the folder itself
}

// Make makes a folder in parent whose name begins with prefix, for this user alone, and removes the folders of that prefix that
// killed processes left. An empty parent is the system's place for temporary files.
func Make(parent, prefix string) (*Dir, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	sweep(parent, prefix)
	for {
		d, err := try(parent, prefix)
		if err != nil {
			return nil, fmt.Errorf("make a folder for temporary files: %w", err)
		}
		if d != nil {
			return d, nil
		}
	}
}

// try makes a folder; it is nil when somebody else's sweep took it before it was locked.
func try(parent, prefix string) (*Dir, error) {
	path, err := os.MkdirTemp(parent, prefix)
	if err != nil {
		return nil, err
	}
	lock, err := acquire(path)
	switch {
	case err == nil:
		return &Dir{path: path, lock: lock}, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errHeld):
		return nil, nil
	}
	return nil, errors.Join(err, os.Remove(path))
}

// errHeld says that a folder has an owner.
var errHeld = errors.New("another process holds it")

// acquire locks the folder at path. The error is errHeld when it belongs to someone, and wraps fs.ErrNotExist when it is gone.
func acquire(path string) (*os.File, error) {
	folder, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		folder.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errHeld
		}
		return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
	}
	// Whoever held the lock before may have removed the folder.
	mine, err := folder.Stat()
	if err == nil {
		var now fs.FileInfo
		if now, err = os.Lstat(path); err == nil && !os.SameFile(mine, now) {
			err = &fs.PathError{Op: "lock", Path: path, Err: fs.ErrNotExist}
		}
	}
	if err != nil {
		folder.Close()
		return nil, err
	}
	return folder, nil
}

// sweep removes what killed processes left. Folders of other users and what else cannot be removed stay: that is
// no reason to refuse this process its own.
func sweep(parent, prefix string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), prefix) {
			continue
		}
		path := filepath.Join(parent, entry.Name())
		if lock, err := acquire(path); err == nil {
			_ = os.RemoveAll(path)
			lock.Close()
		}
	}
}

// Path is where the folder is.
func (d *Dir) Path() string { return d.path }

// Remove removes the folder with all that is in it.
func (d *Dir) Remove() error {
	// Locked until it is gone, so that nobody else removes what is in it meanwhile.
	err := os.RemoveAll(d.path)
	if err = errors.Join(err, d.lock.Close()); err != nil {
		return fmt.Errorf("remove a folder for temporary files: %w", err)
	}
	return nil
}
