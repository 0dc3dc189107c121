package sandbox

import (
	"slices"
	"time"
)

// shelf holds confined processes that wait for another statement, the least recently used first.
type shelf struct {
	max      int
	children []*process
}

// take removes and returns the most recently used process with the given key that may read all of dirs, or nil.
// Of a larger grant nothing is given away: it has the same principal.
func (s *shelf) take(key processKey, dirs []string) *process {
	for i, child := range slices.Backward(s.children) {
		if child.key == key && !child.isDead() && containsAll(child.granted.ReadDirs, dirs) {
			s.children = slices.Delete(s.children, i, i+1)
			return child
		}
	}
	return nil
}

// put adds child and returns the one that had to go for it, if any.
func (s *shelf) put(child *process) (evicted *process) {
	s.children = append(s.children, child)
	if len(s.children) > s.max {
		evicted = s.children[0]
		s.children = slices.Delete(s.children, 0, 1)
	}
	return evicted
}

func (s *shelf) remove(child *process) {
	if i := slices.Index(s.children, child); i >= 0 {
		s.children = slices.Delete(s.children, i, i+1)
	}
}

// expire removes and returns the processes last used before the given time.
func (s *shelf) expire(before time.Time) []*process {
	n := 0
	for n < len(s.children) && s.children[n].lastUsed.Before(before) {
		n++
	}
	expired := slices.Clone(s.children[:n])
	s.children = slices.Delete(s.children, 0, n)
	return expired
}

// containsAll reports whether the sorted list has every element of the sorted wanted.
func containsAll(list, wanted []string) bool {
	for _, w := range wanted {
		i, found := slices.BinarySearch(list, w)
		if !found {
			return false
		}
		list = list[i+1:]
	}
	return true
}
