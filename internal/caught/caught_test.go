package caught_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/hosu-io/hosu/internal/caught"
)

func TestInto(t *testing.T) {
	t.Parallel()
	work := func(mistake any) (err error) {
		defer caught.Into(&err, "counted")
		if mistake != nil {
			panic(mistake)
		}
		return errors.New("its own")
	}
	if err := work(nil); err == nil || err.Error() != "its own" {
		t.Errorf("without a panic: %v", err)
	}
	p, ok := errors.AsType[*caught.Panic](work("no such column"))
	if !ok || p.Error() != "hosu made a mistake while it counted: no such column; its log has more" || !strings.Contains(p.Stack(), "TestInto") {
		t.Errorf("%v", p)
	}
}

func TestLogged(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	work := func() (err error) {
		defer caught.Logged(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), &err, "counted")
		panic("no such column")
	}
	if _, ok := errors.AsType[*caught.Panic](work()); !ok {
		t.Error("the panic is no error")
	}
	if text := log.String(); !strings.Contains(text, "no such column") || !strings.Contains(text, "TestLogged") {
		t.Errorf("the log lacks the cause or where it was:\n%s", text)
	}
}
