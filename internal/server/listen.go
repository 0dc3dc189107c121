package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"
)

const (
	headerTime = 10 * time.Second // for the headers of a request
	idleTime   = 2 * time.Minute  // between two requests of a connection
	maxHeaders = 64 << 10
	// endGrace is how long short requests have to end when the server stops, and stopTime how long all have.
	endGrace = 300 * time.Millisecond
	stopTime = 5 * time.Second
)

// ErrInUse: another program listens at the address. Returned wrapped.
var ErrInUse = errors.New("the port is in use")

// CheckAddress refuses addresses that are not of this machine's loopback interface. Everybody who reaches a server is the owner of its
// workspace, because there is no sign-in yet.
func CheckAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen at %q: want HOST:PORT, for example 127.0.0.1:8080", address)
	}
	if !loopback(host) {
		return fmt.Errorf("listen at %s: anybody who can reach that address could do everything in the workspace, because hosu has no sign-in yet; "+
			"use 127.0.0.1:%s, and reach it from elsewhere through a tunnel: ssh -L %[2]s:127.0.0.1:%[2]s HOST", address, port)
	}
	return nil
}

// Listen opens an address that [CheckAddress] accepts. When another program listens there the error is [ErrInUse].
func Listen(ctx context.Context, address string) (net.Listener, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen at %s: %w, perhaps by another hosu; choose another with --listen HOST:PORT", address, ErrInUse)
	} else if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", address, err)
	}
	return listener, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Run answers requests that come to listener, which it closes, until ctx ends. Statements that run are then cancelled, and other requests
// get a moment to be answered.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	base, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	httpServer := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeaders,
		BaseContext: func(net.Listener) context.Context { return base },
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve at %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	s.Stop()
	defer time.AfterFunc(endGrace, end).Stop()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := httpServer.Shutdown(stopping); err != nil {
		s.log.WarnContext(ctx, "requests were cut off", "error", err)
		return errors.Join(httpServer.Close())
	}
	return nil
}
