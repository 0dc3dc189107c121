package pgtest

import (
	"net"
	"testing"
)

// TestPortIsTaken has somebody else take the port between its being found and the server's start.
func TestPortIsTaken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	found := 0
	running, err := startServer(func() (int, error) {
		if found++; found == 1 {
			return taken.Addr().(*net.TCPAddr).Port, nil
		}
		return freePort()
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := execute(running.url, "SELECT 1"); err != nil || found != 2 {
		t.Errorf("after %d ports: %v", found, err)
	}
	if err := running.lifeline.Close(); err != nil {
		t.Error(err)
	}
}
