package app

import (
	"context"
	"errors"
	"fmt"
)

// part is something that goes on in the background while a workspace is served. Its run returns when its context ends, when
// everything that it began has ended and what must not be lost is stored; before that, only with an error.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// runParts runs parts until ctx ends or one of them fails, and then ends them one after the other, the last first: a part may use
// those before it as long as it runs.
func runParts(ctx context.Context, parts ...part) error {
	type running struct {
		stop context.CancelFunc
		done chan error
	}
	started := make([]running, len(parts))
	failed := make(chan struct{}, len(parts))
	for i, p := range parts {
		// The values of ctx, but not its end, which comes part by part.
		partCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
		started[i] = running{stop, make(chan error, 1)}
		go func() {
			err := p.run(partCtx)
			if err != nil {
				err = fmt.Errorf("%s: %w", p.name, err)
			} else if partCtx.Err() == nil {
				err = fmt.Errorf("%s: ended by itself", p.name)
			}
			started[i].done <- err
			if err != nil {
				failed <- struct{}{}
			}
		}()
	}
	select {
	case <-ctx.Done():
	case <-failed:
	}
	var errs []error
	for i := len(started) - 1; i >= 0; i-- {
		started[i].stop()
		errs = append(errs, <-started[i].done)
	}
	return errors.Join(errs...)
}
