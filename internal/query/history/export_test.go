package history

import "context"

// Flush stores what is waiting, however long that takes.
func (s *Store) Flush(ctx context.Context) error { return s.flush(ctx) }
