package project

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folders are those of a workspace in which files are looked for, whether this version knows their kind or not.
func folders() []string {
	return []string{"sources", "events", "models", "checks", "metrics", "dashboards", "exports", "jobs", "policies", "ml"}
}

// Stamp is a text that differs when the files of the workspace in dir do: by their names, sizes and times of change, so that
// none of them is read. What cannot be looked at is part of it too.
func Stamp(dir string) string {
	hash := sha256.New()
	note := func(rel string, info fs.FileInfo, err error) {
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			fmt.Fprintf(hash, "%q %s\n", rel, cause(err))
		default:
			fmt.Fprintf(hash, "%q %d %d\n", rel, info.Size(), info.ModTime().UnixNano())
		}
	}
	info, err := os.Stat(filepath.Join(dir, configFile))
	note(configFile, info, err)
	for _, folder := range folders() {
		root := filepath.Join(dir, folder)
		// The function returns no error but to skip a folder.
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				note(path, nil, err)
				return nil
			}
			if strings.HasPrefix(d.Name(), ".") && path != root {
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			if !d.IsDir() {
				info, err := os.Stat(path) // of what a link leads to
				note(path, info, err)
			}
			return nil
		})
	}
	return hex.EncodeToString(hash.Sum(nil))
}
