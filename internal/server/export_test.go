package server

import "time"

// SetLongestWrite changes how long a client that follows a run may take to accept what it is sent.
func (s *Server) SetLongestWrite(d time.Duration) { s.longestWrite = d }
