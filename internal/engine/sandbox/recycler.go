package sandbox

import "sync"

const (
	// Frames of these sizes are in recycled memory. A result that fits into a smaller one is small, and larger ones
	// are rare: both are the garbage collector's.
	minRecycled = fullFrame / 4
	maxRecycled = fullFrame + fullFrame/8
)

// recycler lends memory for the frames of one result, and lends it again when the last batch of a frame is released. A
// long result in new memory keeps the garbage collector and the kernel, which zeroes it, as busy as DuckDB. What is never
// released is garbage like everything else. It is a [memory.Allocator] for its Free.
type recycler struct {
	mu   sync.Mutex
	free [][]byte // each with a capacity of maxRecycled
}

// lend returns n bytes of any content. A nil recycler makes them.
func (r *recycler) lend(n int) []byte {
	if r == nil || n < minRecycled || n > maxRecycled {
		return make([]byte, n)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.free) - 1
	if last < 0 {
		return make([]byte, n, maxRecycled)
	}
	b := r.free[last]
	r.free = r.free[:last]
	return b[:n]
}

// Free implements [memory.Allocator]: it takes back what was lent, and leaves the rest to the garbage collector.
func (r *recycler) Free(b []byte) {
	if cap(b) != maxRecycled {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = append(r.free, b)
}

// Allocate implements [memory.Allocator]; nobody calls it.
func (r *recycler) Allocate(n int) []byte { return make([]byte, n) }

// Reallocate implements [memory.Allocator]; nobody calls it.
func (r *recycler) Reallocate(n int, b []byte) []byte { return append(make([]byte, 0, n), b...)[:n] }
