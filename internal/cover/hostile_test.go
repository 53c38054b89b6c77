package cover

import (
	"math/rand/v2"
	"testing"
	"time"
)

// crowd is the number of changes that may wait for one source.
const crowd = MaxChanges

// meter counts the events of a hostile structure and what each costs.
type meter struct {
	s       *Set
	changes int
	signs   int
	applied int
	start   time.Time
}

func newMeter() *meter { return &meter{s: NewSet(), start: time.Now()} }

func (m *meter) add(prev Node, signed bool, links ...Node) Node {
	m.changes++
	n, out := m.s.Add(links, prev, signed)
	m.applied += len(out)
	return n
}

func (m *meter) sign(n Node) {
	m.signs++
	m.applied += len(m.s.Sign(n))
}

// report prints what it cost, and fails if that is more than what the bytes allow or than most per event.
func (m *meter) report(t *testing.T, most float64) {
	t.Helper()
	took := time.Since(m.start)
	w := m.s.Work()
	events := m.changes + m.signs
	bytes := m.changes*itemCost + m.signs*signCost
	each := float64(w.Sum()) / float64(events)
	t.Logf("%d changes, %d signatures, %d applied; %+v: %.2f work an event, %.2f a byte; %.2f µs an event", m.changes, m.signs, m.applied,
		w, each, float64(w.Sum())/float64(bytes), float64(took.Microseconds())/float64(events))
	if each > most {
		t.Errorf("%.2f work an event, at most %.2f", each, most)
	}
	if err := m.s.Check(); err != nil {
		t.Error(err)
	}
}

// TestWaitingLine has a line of signed changes that wait one for the other, and at its end changes for which somebody
// waits already, so that the line might lead to them.
func TestWaitingLine(t *testing.T) {
	m := newMeter()
	line := m.add(None, false)
	for range crowd / 3 {
		line = m.add(None, true, line)
	}
	for range crowd / 3 {
		y := m.add(None, false, line)
		m.add(None, true, y)
		m.sign(y)
	}
	m.report(t, 20)
	if m.s.Work().Links != 0 {
		t.Error("a reason outside the ring changes nothing in it")
	}
}

// TestMovingRoot has a crowd that waits for one change, which then waits for another, and so on.
func TestMovingRoot(t *testing.T) {
	m := newMeter()
	roots := make([]Node, crowd/2)
	last := None
	for i := range roots {
		if last = m.add(None, false); i > 0 {
			last = m.add(None, false, roots[i-1])
		}
		roots[i] = last
	}
	for range crowd / 2 {
		m.add(None, true, last)
	}
	for i := len(roots) - 1; i > 0; i-- {
		m.sign(roots[i])
	}
	m.report(t, 4)
}

// TestGrowingRings has two chains that answer each other and grow, each new change signed, above a bottom that nothing
// covers; and a third branch at each height.
func TestGrowingRings(t *testing.T) {
	m := newMeter()
	z := m.add(None, false)
	a, b := m.add(None, false, z), m.add(None, false)
	for range crowd / 4 {
		na := m.add(a, false, b)
		nb := m.add(b, false, na)
		m.sign(nb)
		m.sign(na)
		m.add(a, true, nb)
		a, b = na, nb
	}
	m.report(t, 8)
}

// TestSharedStems has a long unsigned chain with a signed branch at the top, again and again, each waiting for somebody
// else.
func TestSharedStems(t *testing.T) {
	m := newMeter()
	z := m.add(None, false)
	stem := m.add(None, false)
	for range crowd / 2 {
		stem = m.add(stem, false)
	}
	for range crowd / 2 {
		m.add(stem, true, z)
	}
	m.report(t, 4)
}

// TestLateInnerSignatures has a long chain that waits at its bottom, and signatures for its inner changes downwards,
// upwards and at random.
func TestLateInnerSignatures(t *testing.T) {
	for way, name := range []string{"down", "up", "random"} {
		t.Run(name, func(t *testing.T) {
			m := newMeter()
			chain := []Node{m.add(None, false, m.add(None, false))}
			for len(chain) < crowd-1 {
				chain = append(chain, m.add(chain[len(chain)-1], false))
			}
			order := rand.New(rand.NewPCG(1, 1)).Perm(len(chain))
			for i := range chain {
				switch way {
				case 0:
					m.sign(chain[len(chain)-1-i])
				case 1:
					m.sign(chain[i])
				case 2:
					m.sign(chain[order[i]])
				}
			}
			m.report(t, 4)
		})
	}
}

// TestManyRoots has a large ring that waits for one hub, which waits for one root after the other: the worst structure
// known. What it costs is bounded by WorkPerByte, see TestWorkIsPaid; here it is measured for a while.
func TestManyRoots(t *testing.T) {
	m := newMeter()
	var roots []Node
	for range 512 {
		roots = append(roots, m.add(None, false))
	}
	hub := m.add(None, true, roots...)
	a, b := m.add(None, false, hub), m.add(None, false)
	for range crowd / 2 {
		na := m.add(a, false, b)
		b = m.add(b, false, a)
		a = na
	}
	m.sign(a)
	m.sign(b)
	before := time.Now()
	for i := len(roots) - 1; i >= 0; i-- { // the hub waits for the last
		m.sign(roots[i])
	}
	t.Logf("%.1f µs for the signature of a root", float64(time.Since(before).Microseconds())/float64(len(roots)))
	m.report(t, 3000)
	if m.s.Len() != 0 {
		t.Errorf("%d changes left", m.s.Len())
	}
}

// TestFallingStem has a long chain each of whose changes waits for somebody else, and a signed branch at each, from the
// top down: each makes the rest of the stem hope again.
func TestFallingStem(t *testing.T) {
	m := newMeter()
	z := m.add(None, false)
	const height = crowd / 8
	stem := []Node{m.add(None, false, z)}
	for len(stem) < height {
		stem = append(stem, m.add(stem[len(stem)-1], false, z))
	}
	for i := len(stem) - 1; i > 0; i-- {
		m.add(stem[i], true)
	}
	m.report(t, 3*height)
}

// TestAnsweringIsLinear has two people answer each other 100,000 times with only the last changes signed.
func TestAnsweringIsLinear(t *testing.T) {
	const n = 100_000
	m := newMeter()
	a, b := m.add(None, false), m.add(None, false)
	for m.changes < n {
		a = m.add(a, m.changes == n-2, b)
		b = m.add(b, m.changes == n-1, a)
	}
	m.report(t, 5)
	if w := m.s.Work(); m.applied != n || w.Visits > 2*n {
		t.Errorf("%d applied with %d visits", m.applied, w.Visits)
	}
	if cap(m.s.nodes) > roomy || cap(m.s.links.edges) > roomy {
		t.Errorf("an empty set keeps %d nodes", cap(m.s.nodes))
	}
}
