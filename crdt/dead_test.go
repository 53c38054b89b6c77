package crdt_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestDeadOrder: who has deleted a character at the same time is told in one order by
// replicas that got the changes in different orders.
func TestDeadOrder(t *testing.T) {
	for round := range 8 {
		a, b := pair(t, "the words")
		c, err := a.Clone(newKey(fmt.Sprint("cyd", round)))
		must(t, err)
		docs := []*crdt.Doc{a, b, c}
		for _, d := range docs {
			editText(t, d, func(x crdt.TextTx) { x.Delete(0, 4) })
		}
		var want string
		for k, d := range docs {
			for n := range docs {
				must(t, d.Merge(docs[(k+n)%3]))
			}
			dead, sources := d.View().Text("t").Dead()
			got := ""
			for _, x := range dead {
				got += fmt.Sprintf("%q of %s:", x.Text, sources[x.Born].Change)
				for _, by := range x.By {
					got += " " + sources[by].Change.String()
				}
			}
			if k == 0 {
				want = got
			} else if got != want {
				t.Fatalf("round %d: replica %d says\n%s\nand the first\n%s", round, k, got, want)
			}
			if len(dead) != 1 || len(dead[0].By) != 3 {
				t.Fatalf("dead: %+v", dead)
			}
		}
	}
}

// TestDeadWhole: what one change wrote and the same changes deleted is one stretch,
// wherever it lies among the numbers of a replica.
func TestDeadWhole(t *testing.T) {
	a, b := pair(t, "")
	c, err := a.Clone(newKey("cyd"))
	must(t, err)
	editText(t, a, func(x crdt.TextTx) { x.Append("abcd") })
	editText(t, b, func(x crdt.TextTx) { x.Append("y") })
	must(t, c.Merge(a))
	must(t, c.Merge(b))
	editText(t, c, func(x crdt.TextTx) {
		for _, part := range []string{"ab", "y", "cd"} {
			i := strings.Index(x.String(), part)
			x.Delete(i, i+len(part))
		}
	})
	for _, d := range []*crdt.Doc{a, b, c} {
		must(t, d.Merge(a))
		must(t, d.Merge(b))
		must(t, d.Merge(c))
		dead, _ := d.View().Text("t").Dead()
		var got []string
		for _, x := range dead {
			got = append(got, x.Text)
		}
		slices.Sort(got)
		if !slices.Equal(got, []string{"abcd", "y"}) {
			t.Errorf("dead are %q", got)
		}
	}
}
