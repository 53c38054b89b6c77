package marks

import "testing"

// Reach: where a marker is switched off and on again nothing changes outside of what it
// gives, after each edit of random histories.
func TestReach(t *testing.T) {
	seeds := 60
	if testing.Short() {
		seeds = 15
	}
	inside, whole := 0, 0
	for seed := range uint64(seeds) {
		x := newWorld(t, 900+seed, 4)
		for range 80 {
			x.edit()
			if len(x.text.seq) == 0 {
				continue
			}
			e := &x.text.seq[x.r.IntN(len(x.text.seq))]
			i, j := x.m.Reach(e.lv)
			if !e.block || !e.on {
				if i != j {
					x.fail("reach of %d, no marker that is on, is %d to %d", e.lv, i, j)
				}
				continue
			}
			on := x.shows()
			e.on = false
			off := x.shows()
			e.on = true
			for pos := range on {
				if on[pos] != off[pos] && (pos < i || pos >= j) {
					x.fail("reach of %d is %d to %d, but position %d shows %q with it and %q without", e.lv, i, j, pos, on[pos], off[pos])
				}
				if on[pos] != off[pos] {
					inside++
				}
			}
			whole += j - i
		}
	}
	if t.Logf("%d of %d positions show something else", inside, whole); inside < seeds || whole > 8*inside {
		t.Error("less than promised")
	}
}

// shows is what the visible positions show, by the twin.
func (x *world) shows() (out []string) {
	for e, s := range x.text.seq {
		if s.shown {
			b := []byte{}
			for _, lv := range x.w.at(e) {
				b = append(b, byte('a'+lv%26), byte('0'+lv/26%10), ' ')
			}
			out = append(out, string(b))
		}
	}
	return out
}
