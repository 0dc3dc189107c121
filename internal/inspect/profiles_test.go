package inspect

import (
	"context"
	"testing"
	"time"
)

// A mistake in computing a profile is recovered from by the server. It must not leave those who ask later waiting for the rest of time.
func TestPanicLeavesNobodyWaiting(t *testing.T) {
	t.Parallel()
	p := newProfiles()
	valid := func(context.Context, *reading) (bool, error) { return true, nil }
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = p.get(t.Context(), profileKey{}, valid, func(context.Context) (*Profile, *reading, error) { panic("mistake") })
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, err := p.get(ctx, profileKey{}, valid, func(context.Context) (*Profile, *reading, error) { return &Profile{Rows: 1}, &reading{}, nil })
	if err != nil || got.Rows != 1 {
		t.Errorf("the next one gets %v, %v", got, err)
	}
}
