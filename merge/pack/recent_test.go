package pack

import (
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// TestRecent: what was kept first goes first, each once, and what is kept stays
// within the limit.
func TestRecent(t *testing.T) {
	r := recent[int]{limit: 10 * (entrySize + 5)}
	gone := -1
	for k := range 1000 {
		n := k * k % 11
		r.add(block.Sum([]byte{byte(k), byte(k >> 8)}), n, k, func(old int) {
			if old != gone+1 {
				t.Fatalf("%d went after %d", old, gone)
			}
			gone = old
		})
		held := int64(0)
		for _, e := range r.order {
			held += e.size
		}
		if len(r.find) != len(r.order) || r.held != held || held > r.limit || len(r.order) != k-gone {
			t.Fatalf("%d kept in %d bytes of %d, %d are found", len(r.order), r.held, r.limit, len(r.find))
		}
	}
	if gone < 900 {
		t.Errorf("only %d went", gone+1)
	}
}
