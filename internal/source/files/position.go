package files

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
)

// position is what has landed, stored as JSON.
type position struct {
	// Options identifies the table's options: with others, the same files make other rows.
	Options string  `json:"options"`
	Files   []*file `json:"files"`
	// Types are the types that text columns got when they first landed; files that land later must keep to them.
	Types map[string]string `json:"types,omitempty"`
}

func parsePosition(after []byte) (*position, error) {
	if len(after) == 0 {
		return nil, nil
	}
	var p position
	if err := json.Unmarshal(after, &p); err != nil {
		return nil, fmt.Errorf("read the stored position %s: %w", source.Shorten(string(after), 80), err)
	}
	return &p, nil
}

// types are the column types to keep to.
func (p *position) types() (map[string]iceberg.Type, error) {
	types := make(map[string]iceberg.Type, len(p.Types))
	for name, text := range p.Types {
		t, err := schema.ParseType(text)
		if err != nil {
			return nil, fmt.Errorf("read the stored position: column %s: %w", name, err)
		}
		types[name] = t
	}
	return types, nil
}

const (
	// hashedWhole is the size up to which a file is hashed as a whole, and hashedEnds how much of each end of a larger one.
	hashedWhole = 16 << 20
	hashedEnds  = 256 << 10
)

// hash fills in the file's hash.
func (f *file) hash() (err error) {
	in, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	h := sha256.New()
	if f.Size <= hashedWhole {
		_, err = io.Copy(h, in)
	} else {
		_, err = io.Copy(h, io.MultiReader(io.LimitReader(in, hashedEnds), io.NewSectionReader(in, f.Size-hashedEnds, hashedEnds)))
	}
	f.Hash = hex.EncodeToString(h.Sum(nil)[:16])
	return err
}

// same says that f has the content it had as old. A file that was only touched is told by its hash.
func (f *file) same(old *file) (bool, error) {
	if f.Size != old.Size {
		return false, nil
	}
	if f.ModTime == old.ModTime {
		f.Hash = old.Hash
		return true, nil
	}
	if err := f.hash(); err != nil {
		return false, err
	}
	return f.Hash == old.Hash, nil
}

// compare splits files into those that are not in the position, and those that are with other content.
func (p *position) compare(files []*file) (added, changed []*file, err error) {
	known := map[string]*file{}
	if p != nil {
		for _, f := range p.Files {
			known[f.Name] = f
		}
	}
	for _, f := range files {
		old, ok := known[f.Name]
		if !ok {
			added = append(added, f)
			continue
		}
		same, err := f.same(old)
		if err != nil {
			return nil, nil, err
		}
		if !same {
			changed = append(changed, f)
		}
	}
	return added, changed, nil
}

// merged are the files of the position with those given added or in place of their former state.
func (p *position) merged(files []*file) []*file {
	if p == nil {
		return files
	}
	now := map[string]*file{}
	for _, f := range files {
		now[f.Name] = f
	}
	var out []*file
	for _, f := range p.Files {
		if current, ok := now[f.Name]; ok {
			f = current
			delete(now, f.Name)
		}
		out = append(out, f)
	}
	for _, f := range files {
		if _, ok := now[f.Name]; ok {
			out = append(out, f)
		}
	}
	return out
}
