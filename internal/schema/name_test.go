package schema_test

import (
	"testing"

	"github.com/hosu-io/hosu/internal/schema"
)

func TestEditDistance(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"orders", "orders", 0}, {"orders", "order", 1}, {"orders", "odrers", 2},
		{"kitten", "sitting", 3}, {"주문", "주분", 1},
	} {
		if there, back := schema.EditDistance(tc.a, tc.b), schema.EditDistance(tc.b, tc.a); there != tc.want || back != tc.want {
			t.Errorf("%q to %q is %d and back %d; want %d", tc.a, tc.b, there, back, tc.want)
		}
	}
}
