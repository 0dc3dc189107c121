package inspect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hosu-io/hosu/internal/catalog"
)

// A panic while metadata files are read side by side reaches whoever asked, with where it happened.
func TestPanicOfALoader(t *testing.T) {
	t.Parallel()
	s := &Service{cache: NewCache()} // no catalog
	defer func() {
		if cause := fmt.Sprint(recover()); !strings.Contains(cause, "nil pointer") || !strings.Contains(cause, "readFacts") {
			t.Errorf("panic %s", cause)
		}
	}()
	_, err := s.allFacts(t.Context(), []catalog.Entry{{Kind: catalog.KindTable}}, true)
	t.Errorf("no panic, and error %v", err)
}
