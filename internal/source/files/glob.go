package files

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// file is a file of a table.
type file struct {
	Name    string `json:"name"` // relative to the source's folder, with slashes
	Size    int64  `json:"size"`
	ModTime int64  `json:"mtime"` // nanoseconds since 1970
	// Hash is of the file's content, or of its ends when it is large.
	Hash string `json:"hash,omitempty"`

	path string // where it is
	read string // where its content is read from: path, or a copy in UTF-8
}

// glob finds the regular files below dir whose relative path matches pattern, sorted. A pattern is a path whose parts are as
// in [path.Match]; ** stands for any number of folders. Names that begin with a dot must be written so in the pattern: they are mostly
// files still being uploaded.
func glob(dir, pattern string) ([]*file, error) {
	parts := strings.Split(path.Clean(filepath.ToSlash(pattern)), "/")
	// Only folders below the fixed beginning of the pattern need to be looked at.
	fixed := 0
	for fixed < len(parts)-1 && !strings.ContainsAny(parts[fixed], `*?[\`) {
		fixed++
	}
	root := filepath.Join(append([]string{dir}, parts[:fixed]...)...)
	var found []*file
	err := filepath.WalkDir(root, func(full string, entry fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) {
				return nil // it is gone since the folder was read, or was never there
			}
			return err
		}
		relative, err := filepath.Rel(dir, full)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(relative)
		if entry.IsDir() {
			if full != root && !reaches(parts, strings.Split(name, "/")) {
				return filepath.SkipDir
			}
			return nil
		}
		if ok, err := match(parts, strings.Split(name, "/")); err != nil || !ok {
			return err
		}
		info, err := os.Stat(full) // follows links
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		found = append(found, newFile(name, full, info.Size(), info.ModTime()))
		return nil
	})
	slices.SortFunc(found, func(a, b *file) int { return strings.Compare(a.Name, b.Name) })
	return found, err
}

func newFile(name, full string, size int64, at time.Time) *file {
	return &file{Name: name, Size: size, ModTime: at.UnixNano(), path: full, read: full}
}

// match says whether the parts of a path are those of a pattern.
func match(pattern, name []string) (bool, error) {
	for i, p := range pattern {
		if p == "**" {
			for skip := i; skip <= len(name); skip++ { // name[i:skip] are the folders that ** stands for
				if skip > i && strings.HasPrefix(name[skip-1], ".") {
					return false, nil
				}
				if ok, err := match(pattern[i+1:], name[skip:]); ok || err != nil {
					return ok, err
				}
			}
			return false, nil
		}
		if i >= len(name) {
			return false, nil
		}
		if strings.HasPrefix(name[i], ".") && !strings.HasPrefix(p, ".") {
			return false, nil
		}
		if ok, err := path.Match(p, name[i]); !ok || err != nil {
			return false, err
		}
	}
	return len(pattern) == len(name), nil
}

// reaches says whether a file below folder could match.
func reaches(pattern, folder []string) bool {
	for i, name := range folder {
		if i >= len(pattern)-1 {
			return false
		}
		if pattern[i] == "**" {
			return !strings.HasPrefix(name, ".")
		}
		if ok, err := match(pattern[i:i+1], folder[i:i+1]); err == nil && !ok {
			return false
		}
	}
	return true
}
