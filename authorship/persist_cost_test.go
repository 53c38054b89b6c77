package authorship_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// undoers is a text that many keys have been at, in which many deletes were taken back.
type undoers struct {
	t    testing.TB
	d    *crdt.Doc
	next int
}

// as lets a new key go on in the replica.
func (u *undoers) as() {
	u.t.Helper()
	u.next++
	must(u.t, u.d.Rekey(key(fmt.Sprint("key ", u.next))))
}

// types lets new keys write a letter each.
func (u *undoers) types(n int) {
	for range n {
		u.as()
		edit(u.t, u.d, func(tx *crdt.Tx) { tx.Text("body").Append("x") })
	}
}

// deletes deletes each of the first pairs of letters in a change of its own.
func (u *undoers) deletes(pairs int) (out []cid.Cid) {
	for range pairs {
		out = append(out, edit(u.t, u.d, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 2) }).ID)
	}
	return out
}

// back takes deletes back, each in a change of its own.
func (u *undoers) back(list []cid.Cid) {
	for _, c := range list {
		edit(u.t, u.d, func(tx *crdt.Tx) { tx.Invert(c) })
	}
}

// TestPersistenceCost: many keys, none of which had a text in sight that was deleted piece
// by piece and restored piece by piece, or of which each deletes and restores it, cost
// what they have done, not each of them each of these.
func TestPersistenceCost(t *testing.T) {
	for name, play := range map[string]func(u *undoers, n int){
		"away while they write": func(u *undoers, n int) {
			gone := u.deletes(n)
			u.types(n)
			u.as()
			u.back(gone)
		},
		"there before them": func(u *undoers, n int) {
			u.types(n)
			u.as()
			u.back(u.deletes(n))
		},
		"each deletes it": func(u *undoers, n int) {
			u.types(n)
			for range n {
				u.as()
				u.back(u.deletes(1))
			}
		},
		"each deletes a piece": func(u *undoers, n int) {
			var gone []cid.Cid
			for range n {
				u.as()
				gone = append(gone, u.deletes(1)...)
				edit(u.t, u.d, func(tx *crdt.Tx) { tx.Text("body").Append("x") })
			}
			u.back(gone)
		},
		"all of it, again and again": func(u *undoers, n int) {
			for range n {
				u.as()
				c := edit(u.t, u.d, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 2*n) })
				u.back([]cid.Cid{c.ID})
			}
		},
	} {
		small, large := 60, 600
		if testing.Short() {
			small, large = 50, 500
		}
		looks := map[int]int{}
		for _, n := range []int{small, large} {
			u := &undoers{t: t, d: found(t, key("Ann"))}
			for range n {
				edit(t, u.d, func(tx *crdt.Tx) { tx.Text("body").Append("ab") })
			}
			play(u, n)
			if got := body(u.d); strings.Count(got, "ab") != n {
				t.Fatalf("%s: %d of %d are there", name, strings.Count(got, "ab"), n)
			}
			looks[n] = authorship.PersistenceLooks(u.d.View())
		}
		t.Logf("%s: %.1f looks a key for %d keys and as many deletes, %.1f for %d", name,
			float64(looks[small])/float64(small), small, float64(looks[large])/float64(large), large)
		// What each delete and each stretch may take is bounded, and with few keys is less.
		if bound := large * (512 + 64 + 16); looks[large] > bound || looks[large]/large > 3*looks[small]/small {
			t.Errorf("%s: %d looks for %d keys, and %d for %d", name, looks[large], large, looks[small], small)
		}
	}
}
