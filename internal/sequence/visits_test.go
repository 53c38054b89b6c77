package sequence

import (
	"cmp"
	"math/rand/v2"
	"testing"
)

// enemy inserts elements where it hurts most. It chooses their place among
// siblings freely, as somebody does who makes changes until a CID suits.
type enemy struct {
	s    *Seq
	keys []float64 // by LV
	r    *rand.Rand
	made int
}

func newEnemy() *enemy {
	e := &enemy{r: rand.New(rand.NewPCG(3, 4))}
	e.s = New(func(a, b LV) int { return cmp.Compare(e.keys[a], e.keys[b]) }, nil)
	return e
}

// put inserts one element with a key. An LV is left out before it, so that it
// never goes on with the run of another.
func (e *enemy) put(parent LV, side Side, key float64) LV {
	lv := LV(len(e.keys)) + 1
	e.keys = append(e.keys, 0, key)
	e.s.Insert(parent, side, lv, 1, 0, true)
	e.made++
	return lv
}

// run inserts a run of n elements.
func (e *enemy) run(parent LV, side Side, key float64, n int) LV {
	lv := LV(len(e.keys)) + 1
	e.keys = append(e.keys, 0)
	for range n {
		e.keys = append(e.keys, key)
	}
	e.s.Insert(parent, side, lv, uint32(n), 0, true)
	e.made += n
	return lv
}

// chain hangs n elements under each other on one side and returns them.
func (e *enemy) chain(parent LV, side Side, n int) (nodes []LV) {
	for range n {
		parent = e.put(parent, side, 0)
		nodes = append(nodes, parent)
	}
	return nodes
}

// other returns the other side.
func other(side Side) Side { return 1 - side }

// outside returns a key nearer the outside of a subtree on a side, the greater k
// the farther.
func outside(side Side, k float64) float64 {
	if side == Left {
		return -k
	}
	return k
}

// attacks are histories of about n elements that once cost n*n, or might. Those
// with a side are tried on both.
var attacks = map[string]func(e *enemy, side Side, n int){
	// Many siblings at one place.
	"siblings, random": func(e *enemy, side Side, n int) {
		p := e.put(None, Right, 0)
		for range n {
			e.put(p, side, e.r.Float64())
		}
	},
	"siblings, inwards": func(e *enemy, side Side, n int) {
		p := e.put(None, Right, 0)
		for i := range n {
			e.put(p, side, outside(side, -float64(i)))
		}
	},
	"siblings, outwards": func(e *enemy, side Side, n int) {
		p := e.put(None, Right, 0)
		for i := range n {
			e.put(p, side, outside(side, float64(i)))
		}
	},
	"siblings with subtrees": func(e *enemy, side Side, n int) {
		p := e.put(None, Right, 0)
		for range n / 3 {
			x := e.put(p, side, e.r.Float64())
			e.put(x, Left, 0)
			e.put(x, Right, 0)
		}
	},
	// Siblings that land beside one whose chain towards them is deep.
	"beside a deep chain": func(e *enemy, side Side, n int) {
		besideChain(e, side, n)
	},
	"beside a chain that deepens": func(e *enemy, side Side, n int) {
		p := e.put(None, Right, 0)
		deep := e.put(p, Right, 0)
		end := deep
		for i := range n / 3 {
			end = e.put(end, side, 0)
			x := e.put(p, Right, outside(side, float64(n-i)))
			e.put(x, other(side), 0)
		}
	},
	// The same, while nearer children cut what is remembered of the chain.
	"cuts from the top": func(e *enemy, side Side, n int) {
		cutting(e, side, n, func(i, m int) int { return i })
	},
	"cuts from the end": func(e *enemy, side Side, n int) {
		cutting(e, side, n, func(i, m int) int { return m - 1 - i })
	},
	"cuts at random": func(e *enemy, side Side, n int) {
		cutting(e, side, n, func(_, m int) int { return e.r.IntN(m) })
	},
	"cuts at both ends": func(e *enemy, side Side, n int) {
		cutting(e, side, n, func(i, m int) int {
			if i%2 == 0 {
				return i / 2
			}
			return m - 1 - i/2
		})
	},
	"cuts in halves": func(e *enemy, side Side, n int) {
		cutting(e, side, n, func(i, m int) int {
			width := m
			for i > 0 {
				width, i = width/2, (i-1)/2
			}
			return min(m-1, width/2+e.r.IntN(m/max(width, 1)+1)*width)
		})
	},
	"cut, asked, deepened": func(e *enemy, side Side, n int) {
		p := e.put(None, Right, 0)
		deep := e.put(p, Right, 0)
		nodes := append([]LV{deep}, e.chain(deep, side, n/4)...)
		for i := range n / 8 {
			at := len(nodes) - 1 - e.r.IntN(8)
			y := e.put(nodes[at], side, outside(side, float64(i+1)))
			nodes = append(nodes[:at+1], y)
			nodes = append(nodes, e.chain(y, side, e.r.IntN(8))...)
			x := e.put(p, Right, outside(side, float64(n-i)))
			e.put(x, other(side), 0)
		}
	},
	"asked at every node": func(e *enemy, side Side, n int) {
		nodes := e.chain(e.put(e.put(None, Right, 0), Right, 0), side, n/4)
		for i := len(nodes) - 2; i >= 0; i-- {
			x := e.put(nodes[i], side, outside(side, 1))
			e.put(x, other(side), 0)
			e.put(nodes[i], side, outside(side, 0.5))
		}
	},
	// A run is one piece of a chain until somebody gets in between.
	"inside a run, from the front": func(e *enemy, side Side, n int) {
		insideRun(e, side, n, func(i, m int) int { return i })
	},
	"inside a run, from the end": func(e *enemy, side Side, n int) {
		insideRun(e, side, n, func(i, m int) int { return m - 1 - i })
	},
	"inside a run, at random": func(e *enemy, side Side, n int) {
		insideRun(e, side, n, func(_, m int) int { return e.r.IntN(m) })
	},
	// Lists are made by climbing over a chain: many lists over long chains.
	"climbs": func(e *enemy, side Side, n int) {
		p := e.put(None, Right, 0)
		for range n / 40 {
			x := e.put(p, Right, e.r.Float64())
			c := e.put(x, side, 0)
			nodes := e.chain(c, other(side), 30)
			e.put(x, side, outside(side, -1))
			e.put(x, side, outside(side, 1))
			for _, at := range []int{0, 10, 20} {
				e.put(nodes[at], other(side), outside(other(side), 1))
			}
		}
	},
	"nested climbs": func(e *enemy, side Side, n int) {
		x := e.put(None, Right, 0)
		var tops []LV
		for range n / 6 {
			tops = append(tops, x)
			x = e.put(x, side, 0)
			x = e.put(x, other(side), 0)
			x = e.put(x, other(side), 0)
		}
		for i := range tops {
			e.put(tops[len(tops)-1-i], side, outside(side, 1))
			e.put(tops[i], side, outside(side, -1))
		}
	},
	"zigzag": func(e *enemy, side Side, n int) {
		x := e.put(None, Right, 0)
		var nodes []LV
		for i := range n / 2 {
			x = e.put(x, Side(i&1), 0)
			nodes = append(nodes, x)
		}
		for range n / 2 {
			at := nodes[e.r.IntN(len(nodes))]
			e.put(at, Side(e.r.IntN(2)), e.r.Float64()-0.5)
		}
	},
	"anywhere": func(e *enemy, side Side, n int) {
		nodes := []LV{e.put(None, Right, 0)}
		for range n {
			// Favour the newest few, so that chains are long.
			at := nodes[max(0, len(nodes)-1-int(e.r.ExpFloat64()*float64(len(nodes))/9))]
			nodes = append(nodes, e.put(at, Side(e.r.IntN(2)), e.r.Float64()))
		}
	},
}

// besideChain makes a chain of n/3 and as many siblings that land at its end.
func besideChain(e *enemy, side Side, n int) {
	p := e.put(None, Right, 0)
	deep := e.put(p, Right, 0)
	e.chain(deep, side, n/3)
	for i := range n / 3 {
		// Each is nearer than the last, and the last's near end is taken, so that
		// only the end of the chain can say where it goes.
		x := e.put(p, Right, outside(side, float64(n-i)))
		e.put(x, other(side), 0)
	}
}

// cutting makes a chain of n/4, cuts it where at says, and asks for the end of
// what is left from the top, and from the top of what was cut off.
func cutting(e *enemy, side Side, n int, at func(i, m int) int) {
	p := e.put(None, Right, 0)
	deep := e.put(p, Right, 0)
	nodes := e.chain(deep, side, n/4)
	m := len(nodes)
	for i := range n / 4 {
		x := e.put(p, Right, outside(side, float64(n-i)))
		e.put(x, other(side), 0)
		e.put(nodes[at(i, m)], side, outside(side, float64(i+1)))
	}
}

// insideRun makes a run of n/3 and puts siblings between its elements, while
// others ask for its far end.
func insideRun(e *enemy, side Side, n int, at func(i, m int) int) {
	p := e.put(None, Right, 0)
	m := n / 3
	run := e.run(p, Right, 0, m)
	for i := range m - 1 {
		e.put(run+LV(at(i, m-1)), Right, outside(side, float64(i+1)))
		x := e.put(p, Right, float64(n-i))
		e.put(x, Left, 0)
	}
}

// TestVisits counts what placing siblings looks at, under every attack: per
// insert no more than a little, and at full size at most twice what it is at a
// tenth.
func TestVisits(t *testing.T) {
	for name, attack := range attacks {
		for _, side := range []Side{Left, Right} {
			per := func(n int) float64 {
				e := newEnemy()
				attack(e, side, n)
				if n < 5000 || name == "anywhere" {
					if err := e.s.Check(); err != nil {
						t.Errorf("%s, side %d: %v", name, side, err)
					}
				}
				return float64(e.s.Visits()) / float64(e.made)
			}
			small, large := per(4_000), per(40_000)
			if large > 2*small+0.1 || large > 30 {
				t.Errorf("%s, side %d: %.1f visits an insert at 40,000, %.1f at 4,000", name, side, large, small)
			}
			t.Logf("%-30s side %d: %5.2f at 4,000, %5.2f at 40,000", name, side, small, large)
		}
	}
}
