package dashboard

import (
	"container/list"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
)

// Cache keeps answers for as long as they are true: an answer is given again to the same principal for the same SQL while every
// table and view that it was read from is as it was. It holds a bounded number of bytes, and the least recently used
// answers go first. It is safe for concurrent use, and may outlive the workspace's files being read again.
type Cache struct {
	most int64

	mu      sync.Mutex
	size    int64
	entries map[key]*list.Element // of *kept
	recent  *list.List            // most recently used first
	flights map[key]*flight
}

// defaultCacheBytes is the size of a cache that is given none.
const defaultCacheBytes = 64 << 20

// NewCache returns an empty cache of at most so many bytes; zero is 64 MiB, negative keeps nothing.
func NewCache(bytes int64) *Cache {
	if bytes == 0 {
		bytes = defaultCacheBytes
	}
	return &Cache{most: bytes, entries: map[key]*list.Element{}, recent: list.New(), flights: map[key]*flight{}}
}

// key is everything that decides an answer, but for the tables.
type key [sha256.Size]byte

func keyOf(by govern.Principal, st statement) key {
	hash := sha256.New()
	for _, part := range []string{by.Name, strconv.FormatBool(by.Owner), st.timeZone, strconv.Itoa(st.most), st.sql} {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	sorted := slices.SortedFunc(slices.Values(st.params), func(a, b engine.Param) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range sorted {
		fmt.Fprintf(hash, "%d:%s=%d:%s", len(p.Name), p.Name, len(p.Literal), p.Literal)
	}
	return key(hash.Sum(nil))
}

// kept is an answer in the cache.
type kept struct {
	key    key
	answer *answer
}

// flight is a statement being run, for everyone who asked for it meanwhile.
type flight struct {
	cancel  context.CancelFunc
	waiting int
	done    chan struct{}
	answer  *answer // set when done, unless err is
	err     error
}

// get answers from the cache, or runs a statement once for all who ask for it at the same time. valid says whether an
// answer is still true. An answer that another caller's flight brings is examined too: that flight may have looked at
// the tables before this call began. The context of run ends when nobody waits for it any more.
func (c *Cache) get(
	ctx context.Context, k key, valid func(context.Context, *answer) (bool, error), run func(context.Context) (*answer, error),
) (_ *answer, cached bool, err error) {
	if found := c.lookup(k); found != nil {
		if ok, err := valid(ctx, found); ok || err != nil {
			return found, true, err
		}
	}
	for joined := false; ; joined = true {
		f, mine := c.board(ctx, k, run)
		select {
		case <-f.done:
			c.leave(k, f)
		case <-ctx.Done():
			c.leave(k, f)
			return nil, false, context.Cause(ctx)
		}
		// The second flight that is joined began after this call did.
		if mine || joined || f.err != nil {
			return f.answer, !mine, f.err
		}
		if ok, err := valid(ctx, f.answer); ok || err != nil {
			return f.answer, true, err
		}
	}
}

// board joins the flight of a key, or starts one.
func (c *Cache) board(ctx context.Context, k key, run func(context.Context) (*answer, error)) (_ *flight, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.flights[k]; f != nil {
		f.waiting++
		return f, false
	}
	detached, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{cancel: cancel, waiting: 1, done: make(chan struct{})}
	c.flights[k] = f
	go func() {
		defer cancel()
		f.answer, f.err = run(detached)
		c.land(k, f)
	}()
	return f, true
}

// land ends a flight and keeps what it brought.
func (c *Cache) land(k key, f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flights[k] == f {
		delete(c.flights, k)
	}
	if f.err == nil && !f.answer.once {
		c.keep(k, f.answer)
	}
	close(f.done)
}

// leave ends the flight when its last passenger does.
func (c *Cache) leave(k key, f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting--; f.waiting > 0 {
		return
	}
	f.cancel()
	if c.flights[k] == f { // whoever comes now starts another
		delete(c.flights, k)
	}
}

func (c *Cache) lookup(k key) *answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	element := c.entries[k]
	if element == nil {
		return nil
	}
	c.recent.MoveToFront(element)
	return element.Value.(*kept).answer
}

// keep stores an answer in place of the one before. The caller holds the lock.
func (c *Cache) keep(k key, a *answer) {
	if element := c.entries[k]; element != nil {
		c.drop(element)
	}
	if a.bytes() > c.most {
		return
	}
	c.entries[k] = c.recent.PushFront(&kept{k, a})
	c.size += a.bytes()
	for c.size > c.most {
		c.drop(c.recent.Back())
	}
}

func (c *Cache) drop(element *list.Element) {
	old := c.recent.Remove(element).(*kept)
	delete(c.entries, old.key)
	c.size -= old.answer.bytes()
}
