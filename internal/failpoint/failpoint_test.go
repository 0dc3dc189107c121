package failpoint_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hosu-io/hosu/internal/failpoint"
)

var errFailed = errors.New("failed")

var verbs = map[string]failpoint.Action{"error": func(string) error { return errFailed }}

func TestParse(t *testing.T) {
	t.Parallel()
	set, err := failpoint.Parse("a=error,,b=error@2", verbs)
	if err != nil {
		t.Fatal(err)
	}
	ctx := failpoint.With(t.Context(), set)
	for i, step := range []struct {
		name  string
		fails bool
	}{
		{"a", true}, {"a", true},
		{"b", false}, {"b", true}, {"b", false},
		{"c", false},
	} {
		if err := failpoint.Hit(ctx, step.name); errors.Is(err, errFailed) != step.fails {
			t.Errorf("hit %d, of %s: %v", i+1, step.name, err)
		}
	}
	for _, ctx := range []context.Context{t.Context(), failpoint.With(ctx, nil)} {
		if err := failpoint.Hit(ctx, "a"); err != nil {
			t.Errorf("not armed: %v", err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		"a":         `failpoint "a": want name=verb`,
		"a=explode": "known verb",
		"a=error@0": `"0" is no count`,
		"a=error@":  `"" is no count`,
		"b=error,a": `failpoint "a"`,
	} {
		if _, err := failpoint.Parse(spec, verbs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", spec, err, want)
		}
	}
}
