package storagetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
	"sync"
	"syscall"

	icebergio "github.com/apache/iceberg-go/io"

	"github.com/hosu-io/hosu/internal/storage"
)

// Op is an operation of a store that can be made to fail.
type Op string

// The operations of a [Fault].
const (
	Open   Op = "open"   // Open and ReadFile
	Create Op = "create" // Create, and WriteFile before it has written anything
	Write  Op = "write"  // the bytes of Create and WriteFile
	Close  Op = "close"  // of a writer: the moment at which an object would appear
	Adopt  Op = "adopt"
	Remove Op = "remove"
	List   Op = "list" // List and WalkDir
)

// ErrInjected is the error of a [Fault] that names none.
var ErrInjected = errors.New("injected fault")

// ErrDiskFull is what a full disk looks like.
var ErrDiskFull error = syscall.ENOSPC

// Fault makes an operation fail.
type Fault struct {
	Op Op
	// Location, when set, must be contained in the operation's location.
	Location string
	// After lets this many matching operations pass before the first failure.
	After int
	// Times is how many then fail; 0: all.
	Times int
	Err   error // nil: ErrInjected
	// Torn, with Write, lets the first half of the bytes through.
	Torn bool

	seen int
}

// Faulty passes every operation on to another store, unless a fault says otherwise. It is safe for concurrent use.
type Faulty struct {
	storage.Store

	mu     sync.Mutex
	faults []*Fault
}

// NewFaulty wraps store; without faults it changes nothing.
func NewFaulty(store storage.Store, faults ...Fault) *Faulty {
	f := &Faulty{Store: store}
	f.Inject(faults...)
	return f
}

// Inject replaces all faults.
func (f *Faulty) Inject(faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = nil
	for _, fault := range faults {
		f.faults = append(f.faults, &fault)
	}
}

// hit returns the fault that strikes an operation, or nil.
func (f *Faulty) hit(op Op, location string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.faults {
		if fault.Op != op || !strings.Contains(location, fault.Location) {
			continue
		}
		fault.seen++
		if fault.seen > fault.After && (fault.Times == 0 || fault.seen <= fault.After+fault.Times) {
			return fault
		}
	}
	return nil
}

func (f *Faulty) check(op Op, location string) error {
	if fault := f.hit(op, location); fault != nil {
		return fault.err(location)
	}
	return nil
}

func (fault *Fault) err(location string) error {
	err := fault.Err
	if err == nil {
		err = ErrInjected
	}
	return fmt.Errorf("%s %s: %w", fault.Op, location, err)
}

// Open implements [storage.Store].
func (f *Faulty) Open(location string) (icebergio.File, error) {
	if err := f.check(Open, location); err != nil {
		return nil, err
	}
	return f.Store.Open(location)
}

// ReadFile implements [storage.Store].
func (f *Faulty) ReadFile(location string) ([]byte, error) {
	if err := f.check(Open, location); err != nil {
		return nil, err
	}
	return f.Store.ReadFile(location)
}

// Create implements [storage.Store].
func (f *Faulty) Create(location string) (icebergio.FileWriter, error) {
	if err := f.check(Create, location); err != nil {
		return nil, err
	}
	w, err := f.Store.Create(location)
	if err != nil {
		return nil, err
	}
	return &faultyWriter{FileWriter: w, faulty: f, location: location}, nil
}

// WriteFile implements [storage.Store].
func (f *Faulty) WriteFile(location string, content []byte) error {
	w, err := f.Create(location)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	if closeErr := w.Close(); err == nil {
		err = closeErr
	}
	return err
}

// Adopt implements [storage.Store].
func (f *Faulty) Adopt(ctx context.Context, localPath, location string) error {
	if err := f.check(Adopt, location); err != nil {
		return err
	}
	return f.Store.Adopt(ctx, localPath, location)
}

// Remove implements [storage.Store].
func (f *Faulty) Remove(location string) error {
	if err := f.check(Remove, location); err != nil {
		return err
	}
	return f.Store.Remove(location)
}

// WalkDir implements [storage.Store].
func (f *Faulty) WalkDir(root string, fn fs.WalkDirFunc) error {
	if err := f.check(List, root); err != nil {
		return err
	}
	return f.Store.WalkDir(root, fn)
}

// List implements [storage.Store].
func (f *Faulty) List(ctx context.Context, location string) iter.Seq2[storage.Object, error] {
	if err := f.check(List, location); err != nil {
		return func(yield func(storage.Object, error) bool) { yield(storage.Object{}, err) }
	}
	return f.Store.List(ctx, location)
}

// faultyWriter fails a write, which a real writer would remember until its Close.
type faultyWriter struct {
	icebergio.FileWriter
	faulty   *Faulty
	location string
	failed   error
}

func (w *faultyWriter) Write(p []byte) (int, error) {
	fault := w.faulty.hit(Write, w.location)
	if fault == nil {
		return w.FileWriter.Write(p)
	}
	w.failed = fault.err(w.location)
	if !fault.Torn {
		return 0, w.failed
	}
	n, err := w.FileWriter.Write(p[:len(p)/2])
	return n, errors.Join(w.failed, err)
}

// ReadFrom writes piece by piece, so that faults apply.
func (w *faultyWriter) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(struct{ io.Writer }{w}, r)
	if err != nil && w.failed == nil {
		w.failed = err // also when it is the reader that broke off
	}
	return n, err
}

// Close, after a fault, has the real writer discard what it got.
func (w *faultyWriter) Close() error {
	if w.failed == nil {
		if fault := w.faulty.hit(Close, w.location); fault != nil {
			w.failed = fault.err(w.location)
		}
	}
	if w.failed != nil {
		_, _ = w.FileWriter.ReadFrom(brokenReader{w.failed})
		_ = w.FileWriter.Close()
		return w.failed
	}
	return w.FileWriter.Close()
}

// brokenReader makes a writer that reads from it fail.
type brokenReader struct{ err error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.err }
