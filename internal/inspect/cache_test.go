package inspect

import (
	"strings"
	"testing"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/caught"
)

// A panic while metadata files are read side by side reaches whoever asked, with where it happened.
func TestPanicOfALoader(t *testing.T) {
	t.Parallel()
	s := &Service{cache: NewCache()} // no catalog
	defer func() {
		p, ok := recover().(*caught.Panic)
		if !ok || !strings.Contains(p.Error(), "nil pointer") || !strings.Contains(p.Stack(), "readFacts") {
			t.Errorf("panic %v", p)
		}
	}()
	_, err := s.allFacts(t.Context(), []catalog.Entry{{Kind: catalog.KindTable}}, true)
	t.Errorf("no panic, and error %v", err)
}
