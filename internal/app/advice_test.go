package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hosu-io/hosu/internal/engine"
)

func TestAdviceOnTextThatIsATime(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]bool{
		"Cannot compare values of type VARCHAR and type TIMESTAMP WITH TIME ZONE - an explicit cast is required": true,
		"Cannot compare values of type TIMESTAMP and type VARCHAR - an explicit cast is required":                true,
		"Cannot compare values of type VARCHAR and type BIGINT - an explicit cast is required":                   false,
	} {
		err := advise(fmt.Errorf("build: %w", &engine.StatementError{Kind: engine.Bind, Message: message}))
		if got := strings.Contains(err.Error(), "the column is text"); got != want {
			t.Errorf("%v", err)
		}
	}
}
