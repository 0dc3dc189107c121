package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"time"

	icebergio "github.com/apache/iceberg-go/io"
)

// ErrOutside: a location is not in the store's warehouse.
var ErrOutside = errors.New("location is outside the warehouse")

// Store keeps objects under locations. It is safe for concurrent use. Errors about
// missing objects satisfy errors.Is(err, fs.ErrNotExist); those of a full disk,
// errors.Is(err, syscall.ENOSPC).
//
// The first group of methods is what iceberg-go asks of a table's file system
// (io.ReadFileIO, io.WriteFileIO, io.ListableIO).
type Store interface {
	Open(location string) (icebergio.File, error)
	ReadFile(location string) ([]byte, error)
	// Create returns a writer of a new object; Close makes the object exist. After a
	// failed Write, Close discards what was written and returns an error.
	Create(location string) (icebergio.FileWriter, error)
	// WriteFile writes a whole object, replacing one of that name.
	WriteFile(location string, content []byte) error
	// Remove deletes an object.
	Remove(location string) error
	// WalkDir calls fn with the locations of all objects and folders below root, in lexical order.
	WalkDir(root string, fn fs.WalkDirFunc) error

	// Root is the location of the warehouse, without a slash at the end.
	Root() string
	// Adopt makes the local file an object, in place when it is on the same file
	// system ([Store.Scratch] is). The local file is gone afterwards.
	Adopt(ctx context.Context, localPath, location string) error
	// LocalPath is where a local reader such as DuckDB finds the object.
	LocalPath(location string) (string, error)
	// List yields all objects below a location, in lexical order; none when
	// there is no such folder.
	List(ctx context.Context, location string) iter.Seq2[Object, error]
	// Scratch makes a new empty local folder for files that are to be adopted.
	// Its owner removes it; one that was left behind by a crash is removed by a later [Open].
	Scratch(ctx context.Context) (string, error)
}

// Object is an entry of [Store.List].
type Object struct {
	Location string
	Bytes    int64
	Modified time.Time
}

// Open opens the store of a warehouse, which is an absolute path or a file:// URI
// of a local folder; the folder is made when it is missing.
func Open(ctx context.Context, warehouse string) (Store, error) {
	scheme, _, isURI := strings.Cut(warehouse, "://")
	switch {
	case warehouse == "":
		return nil, errors.New("warehouse: no location given; want a folder, e.g. ./warehouse")
	case !isURI || strings.EqualFold(scheme, "file"):
		return openLocal(ctx, warehouse)
	default:
		return nil, fmt.Errorf("warehouse %q: this version stores tables in local folders only, not in %s://; "+
			"give an absolute path or a file:// URI", warehouse, scheme)
	}
}

// Join appends path elements to a location.
func Join(location string, elems ...string) string {
	joined := strings.TrimRight(location, "/")
	for _, elem := range elems {
		if elem = strings.Trim(elem, "/"); elem != "" {
			joined += "/" + elem
		}
	}
	return joined
}
