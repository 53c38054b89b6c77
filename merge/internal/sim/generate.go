package sim

import "math/rand/v2"

// Streams of a seed, one for each purpose, so that what is drawn for one does not
// shift what is drawn for another.
const (
	streamPlan = 1 + iota
	streamSteps
	streamFrames
	streamDial
	streamNonce
	streamEdit
	streamDisk
	streamPeer
	streamSalt
	streamTwin
)

// stream gives a generator for a purpose; which tells it from others of the purpose.
func stream(seed uint64, purpose, which uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed*0x9e3779b97f4a7c15+purpose, which))
}

// chance says yes n times in a hundred.
func chance(r *rand.Rand, n int) bool { return r.IntN(100) < n }

// Generate makes a plan. Seeds differ in what happens in them, not only in when: some
// have a quiet network and many crashes, some no deletes, some one hostile peer of
// each role, so that rare mixtures come often.
func Generate(seed uint64) *Plan {
	r := stream(seed, streamPlan, 0)
	p := &Plan{Seed: seed, Honest: 2 + r.IntN(4), Delay: 5 + r.IntN(200), Salt: chance(r, 20), Stay: chance(r, 40)}
	rate := func(most, often int) int {
		if !chance(r, often) {
			return 0
		}
		return 1 + r.IntN(most)
	}
	p.Loss, p.Double, p.Swap = rate(30, 60), rate(50, 50), rate(30, 50)
	p.Stale, p.Damage = rate(20, 30), rate(4, 25)
	if p.Honest > 2 && chance(r, 25) {
		p.Late = 1
	}
	if chance(r, 15) {
		p.Slow = 1 + r.IntN(p.Honest-1)
	}
	if chance(r, 70) {
		for range 1 + r.IntN(3) {
			p.Hostile += string("lfeago"[r.IntN(6)])
		}
	}
	if p.Hostile != "" && chance(stream(seed, streamPlan, 1), 15) {
		p.Hostile += string(roleSplicer)
	}
	p.Mix = r.Uint32() & allKinds
	if chance(r, 75) {
		p.Mix &^= 1 << kindUndo
	}
	p.Mix |= 1<<kindType | 1<<r.IntN(kinds)
	p.join(r)
	p.weave(stream(seed, streamSteps, 0))
	return p
}

// Byzantine makes a plan in which up to three of five peers do with their keys what they
// must not: fork, forget, forge, replay, splice, write as of long ago. Disks and programs
// are sound, so that it is short, and nobody takes anything back, so that the ledger knows
// of each character.
func Byzantine(seed uint64) *Plan {
	r := stream(seed, streamPlan, 2)
	p := &Plan{Seed: seed, Honest: 2 + r.IntN(3), Delay: 5 + r.IntN(100), Double: 1 + r.IntN(50), Stale: 1 + r.IntN(90), Salt: chance(r, 20), Stay: true}
	for p.peers() < 5 {
		p.Hostile += string("feas"[r.IntN(4)])
	}
	p.Mix = r.Uint32()&allKinds&^(1<<kindUndo) | 1<<kindType
	p.join(r)
	r = stream(seed, streamSteps, 2)
	for range 20 + r.IntN(30) {
		s := Step{Op: opHostile, At: p.Honest + r.IntN(len(p.Hostile)), R: r.Uint32()}
		switch k := r.IntN(10); {
		case k < 4:
			s.Op, s.At = opEdit, r.IntN(p.Honest)
		case k < 5:
			s.Op, s.At = opCut, r.IntN(len(p.Links))
		}
		p.Steps = append(p.Steps, s)
	}
	return p
}

// join draws the links: the honest are a tree with some more, hostile peers know one
// to three of the honest.
func (p *Plan) join(r *rand.Rand) {
	for i := 1; i < p.Honest; i++ {
		p.Links = append(p.Links, [2]int{r.IntN(i), i})
	}
	for i := range p.Honest {
		for j := i + 1; j < p.Honest; j++ {
			if l := [2]int{i, j}; chance(r, 30) && !p.linked(l) {
				p.Links = append(p.Links, l)
			}
		}
	}
	for i := p.Honest; i < p.peers(); i++ {
		for _, k := range r.Perm(p.Honest)[:min(p.Honest, 1+r.IntN(3))] {
			p.Links = append(p.Links, [2]int{k, i})
		}
	}
}

// linked tells whether a link is there.
func (p *Plan) linked(l [2]int) bool {
	for _, have := range p.Links {
		if have == l {
			return true
		}
	}
	return false
}

// weave draws the steps.
func (p *Plan) weave(r *rand.Rand) {
	weights := []struct {
		op byte
		n  int
	}{
		{opEdit, 30}, {opLoose, r.IntN(6)}, {opSave, r.IntN(4)}, {opCrash, r.IntN(5)}, {opTear, r.IntN(5)}, {opFail, r.IntN(4)},
		{opClose, r.IntN(4)}, {opBackup, r.IntN(3)}, {opRestore, r.IntN(3)}, {opRot, r.IntN(3)}, {opRepair, r.IntN(2)}, {opCut, r.IntN(5)},
		{opPart, r.IntN(4)}, {opWait, r.IntN(4)}, {opHostile, 0}, {opUndo, 0},
	}
	if p.Hostile != "" {
		weights[len(weights)-2].n = 4 + r.IntN(16)
	}
	if p.Mix&(1<<kindUndo) != 0 {
		weights[len(weights)-1].n = 1 + r.IntN(4)
	}
	total := 0
	for _, w := range weights {
		total += w.n
	}
	n := 30 + r.IntN(80)
	join := r.IntN(n)
	for i := range n {
		s := Step{At: r.IntN(p.Honest), R: r.Uint32()}
		for k := r.IntN(total); k >= 0; {
			for _, w := range weights {
				if k -= w.n; k < 0 {
					s.Op = w.op
					break
				}
			}
		}
		switch s.Op {
		case opCut:
			s.At = r.IntN(len(p.Links))
		case opHostile:
			s.At = p.Honest + r.IntN(len(p.Hostile))
		}
		if i == join && p.Late > 0 {
			s = Step{Op: opJoin, At: p.Honest - 1, R: s.R}
		}
		p.Steps = append(p.Steps, s)
	}
}
