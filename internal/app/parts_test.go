package app

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

// events are names in the order in which things happened.
type events struct {
	mu   sync.Mutex
	list []string
}

func (e *events) add(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, name)
}

type partKey struct{}

func TestPartsEndOneAfterTheOther(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), partKey{}, "value"))
	var ended events
	var running sync.WaitGroup
	running.Add(3)
	waits := func(name string) part {
		return part{name, func(ctx context.Context) error {
			if ctx.Value(partKey{}) != "value" {
				t.Errorf("%s lost the values of its context", name)
			}
			running.Done()
			<-ctx.Done()
			ended.add(name)
			return nil
		}}
	}
	go func() {
		running.Wait()
		cancel()
	}()
	if err := runParts(ctx, waits("first"), waits("second"), waits("third")); err != nil {
		t.Error(err)
	}
	if want := []string{"third", "second", "first"}; !slices.Equal(ended.list, want) {
		t.Errorf("they ended as %v, want %v", ended.list, want)
	}
}

func TestPartThatFailsEndsTheOthers(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, fails := range map[string]error{"an error": broken, "no reason": nil} {
		var ended events
		err := runParts(t.Context(),
			part{"store", func(ctx context.Context) error { <-ctx.Done(); ended.add("store"); return nil }},
			part{"server", func(context.Context) error { return fails }},
			part{"watch", func(ctx context.Context) error { <-ctx.Done(); ended.add("watch"); return errors.New("too late") }},
		)
		if err == nil || fails != nil && !errors.Is(err, broken) {
			t.Errorf("with %s: %v", name, err)
		}
		if want := []string{"watch", "store"}; !slices.Equal(ended.list, want) {
			t.Errorf("with %s they ended as %v, want %v", name, ended.list, want)
		}
	}
}
