package catalog

import "sync"

// cachedMetadata is how many tables and views are kept parsed.
const cachedMetadata = 512

// metadataCache keeps what was read from metadata files, by location. A file
// never changes, so nothing in here is ever stale; the pointer to it is read anew every time.
type metadataCache struct {
	mu      sync.Mutex
	entries map[string]any
	order   []string // by age: the oldest goes first
}

func newMetadataCache() *metadataCache {
	return &metadataCache{entries: map[string]any{}}
}

// get returns the table or view read from location, or nil.
func (m *metadataCache) get(location string) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries[location]
}

func (m *metadataCache) put(location string, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.entries[location]; known {
		return
	}
	if len(m.order) >= cachedMetadata {
		delete(m.entries, m.order[0])
		m.order = m.order[1:]
	}
	m.entries[location] = value
	m.order = append(m.order, location)
}
