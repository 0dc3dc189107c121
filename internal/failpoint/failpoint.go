// Package failpoint lets a test stop the program at a named step of a commit.
//
// Production code calls [Hit] at every step after which a crash must be
// harmless; without a [Set] in the context that is one map-free nil check. The
// set travels in the context, so there is no global switch to forget.
package failpoint

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
)

// Set maps the names of armed failpoints to what happens when one is hit.
type Set struct {
	actions map[string]Action
}

// Action is run when its failpoint is hit; an error makes the step fail with
// that error. An action may also never return (a kill).
type Action func(name string) error

// NewSet returns a set with one action per name.
func NewSet(actions map[string]Action) *Set {
	copied := make(map[string]Action, len(actions))
	for name, action := range actions {
		copied[name] = action
	}
	return &Set{actions: copied}
}

// Parse reads "name=verb,name=verb@3", looking each verb up in verbs ("kill", "error"). With @3 only the third
// time that the failpoint is hit counts, without it every time. An empty spec is an empty set.
func Parse(spec string, verbs map[string]Action) (*Set, error) {
	actions := map[string]Action{}
	for part := range strings.SplitSeq(spec, ",") {
		if part == "" {
			continue
		}
		name, verb, ok := strings.Cut(part, "=")
		verb, count, counted := strings.Cut(verb, "@")
		action := verbs[verb]
		if !ok || action == nil {
			return nil, fmt.Errorf("failpoint %q: want name=verb or name=verb@count with a known verb", part)
		}
		if counted {
			nth, err := strconv.ParseInt(count, 10, 64)
			if err != nil || nth < 1 {
				return nil, fmt.Errorf("failpoint %q: %q is no count: want 1 or more", part, count)
			}
			action = only(nth, action)
		}
		actions[name] = action
	}
	return &Set{actions: actions}, nil
}

// only runs action the nth time that it is hit.
func only(nth int64, action Action) Action {
	var hits atomic.Int64
	return func(name string) error {
		if hits.Add(1) != nth {
			return nil
		}
		return action(name)
	}
}

type key struct{}

// With arms set for everything that runs under the returned context.
func With(ctx context.Context, set *Set) context.Context {
	return context.WithValue(ctx, key{}, set)
}

// Hit runs the action armed for name, if any.
func Hit(ctx context.Context, name string) error {
	set, _ := ctx.Value(key{}).(*Set)
	if set == nil {
		return nil
	}
	if action := set.actions[name]; action != nil {
		return action(name)
	}
	return nil
}
