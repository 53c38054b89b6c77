package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Plan is a run, in full: with it and this package it can be had again. Peers are
// numbered, the honest ones first.
type Plan struct {
	Seed    uint64 // of keys, nonces and what happens to each frame
	Honest  int    // replicas; number 0 founds the work
	Hostile string // a letter for each hostile peer, see the roles
	Late    int    // so many of the last replicas are not there at first
	Slow    int    // number of the replica with slow connections; 0: none

	// What happens to frames, in per cent, and how long they take on average.
	Loss, Double, Swap, Stale, Damage int
	Delay                             int // milliseconds

	Mix   uint32 // kinds of edits that are made, see edits
	Salt  bool   // the work is salted
	Stay  bool   // hostile peers stay when the faults end
	Links [][2]int
	Steps []Step
}

// Step is one thing that happens. R decides all about it that is to be decided, and
// its top byte how long nothing happens before.
type Step struct {
	Op byte
	At int // a peer, or a link
	R  uint32
}

// Letters of hostile peers.
const (
	roleLiar        = 'l' // claims to hold what it does not, and to be in sync
	roleForger      = 'f' // damages blocks and signatures, writes in others' names
	roleEquivocator = 'e' // one key, two branches
	roleAmnesiac    = 'a' // loses everything and goes on with the same key
	roleFlooder     = 'g' // garbage and huge counts
	roleWithholder  = 'o' // gives changes without their words, or with others
	roleSplicer     = 's' // splices what was signed apart, writes as of long ago, grinds for ids
)

// Steps by what they do, and to whom.
const (
	opEdit    = 'e' // a replica edits, durably
	opLoose   = 'd' // a replica edits, not saved
	opUndo    = 'u' // a replica takes back what it did last
	opSave    = 's' // a replica saves
	opCrash   = 'c' // a replica's program ends between two calls
	opTear    = 'w' // a replica's program ends in a coming write
	opFail    = 'f' // a coming write of a replica fails
	opClose   = 'q' // a replica is closed properly and opened again
	opBackup  = 'b' // a replica's store is copied
	opRestore = 'v' // and the copy put in its place
	opRot     = 'r' // a segment in a replica's store goes bad
	opRepair  = 'y' // a replica looks at its store and puts it in order
	opJoin    = 'j' // a replica appears
	opCut     = 'x' // a link breaks
	opPart    = 'p' // peers are parted for a while
	opHostile = 'h' // a hostile peer acts
	opWait    = 't' // time passes
)

// text of Steps, for whoever reads a shortened plan.
var stepNames = map[byte]string{
	opEdit: "edit", opLoose: "loose edit", opUndo: "undo", opSave: "save", opCrash: "crash", opTear: "crash in a write",
	opFail: "failing write", opClose: "close", opBackup: "backup", opRestore: "restore", opRot: "rot", opRepair: "repair", opJoin: "join",
	opCut: "cut", opPart: "partition", opHostile: "hostile act", opWait: "wait",
}

// numbers are the fields of a plan that are numbers, by their names in its text.
func (p *Plan) numbers() []struct {
	name string
	at   *int
} {
	return []struct {
		name string
		at   *int
	}{
		{"honest", &p.Honest}, {"late", &p.Late}, {"slow", &p.Slow}, {"loss", &p.Loss}, {"double", &p.Double}, {"swap", &p.Swap},
		{"stale", &p.Stale}, {"damage", &p.Damage}, {"delay", &p.Delay},
	}
}

// String is the plan as text, which Parse reads.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed=%d", p.Seed)
	for _, f := range p.numbers() {
		if *f.at != 0 {
			fmt.Fprintf(&b, " %s=%d", f.name, *f.at)
		}
	}
	fmt.Fprintf(&b, " mix=%d", p.Mix)
	if p.Hostile != "" {
		fmt.Fprintf(&b, " hostile=%s", p.Hostile)
	}
	if p.Salt {
		b.WriteString(" salt=1")
	}
	if p.Stay {
		b.WriteString(" stay=1")
	}
	b.WriteString(" links=")
	for i, l := range p.Links {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%d-%d", l[0], l[1])
	}
	b.WriteString(" steps=")
	for i, s := range p.Steps {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%c%d.%x", s.Op, s.At, s.R)
	}
	return b.String()
}

// Parse reads what String wrote.
func Parse(text string) (*Plan, error) {
	p := &Plan{}
	for _, field := range strings.Fields(text) {
		name, value, ok := strings.Cut(field, "=")
		if !ok {
			return nil, fmt.Errorf("sim: %q is no field of a plan", field)
		}
		if err := p.set(name, value); err != nil {
			return nil, fmt.Errorf("sim: field %q of a plan: %w", field, err)
		}
	}
	if err := p.Check(); err != nil {
		return nil, err
	}
	return p, nil
}

// set sets one field.
func (p *Plan) set(name, value string) (err error) {
	var mix uint64
	switch name {
	case "seed":
		p.Seed, err = strconv.ParseUint(value, 10, 64)
	case "mix":
		mix, err = strconv.ParseUint(value, 10, 32)
		p.Mix = uint32(mix)
	case "hostile":
		p.Hostile = value
	case "salt":
		p.Salt = value == "1"
	case "stay":
		p.Stay = value == "1"
	case "links":
		for _, s := range strings.Split(value, ",") {
			var l [2]int
			if _, err := fmt.Sscanf(s, "%d-%d", &l[0], &l[1]); err != nil {
				return err
			}
			p.Links = append(p.Links, l)
		}
	case "steps":
		for _, s := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' }) {
			st := Step{Op: s[0]}
			if _, err := fmt.Sscanf(s[1:], "%d.%x", &st.At, &st.R); err != nil {
				return err
			}
			p.Steps = append(p.Steps, st)
		}
	default:
		return p.number(name, value)
	}
	return err
}

// number sets one of the fields that are numbers.
func (p *Plan) number(name, value string) (err error) {
	for _, f := range p.numbers() {
		if f.name == name {
			*f.at, err = strconv.Atoi(value)
			return err
		}
	}
	return fmt.Errorf("unknown")
}

// peers is how many take part.
func (p *Plan) peers() int { return p.Honest + len(p.Hostile) }

// Check tells what of a plan cannot be carried out.
func (p *Plan) Check() error {
	if p.Honest < 1 || p.peers() > 16 || p.Late < 0 || p.Late >= p.Honest || p.Slow < 0 || p.Slow >= p.Honest || p.Delay < 1 {
		return fmt.Errorf("sim: a plan of %d and %d peers, %d late, slow %d, delay %d", p.Honest, len(p.Hostile), p.Late, p.Slow, p.Delay)
	}
	if strings.Trim(p.Hostile, "lfeagos") != "" {
		return fmt.Errorf("sim: roles %q", p.Hostile)
	}
	for _, l := range p.Links {
		if l[0] < 0 || l[1] <= l[0] || l[1] >= p.peers() {
			return fmt.Errorf("sim: link %v of %d peers", l, p.peers())
		}
	}
	if !p.connected() {
		return fmt.Errorf("sim: honest peers without a way between them: %v", p.Links)
	}
	for i, s := range p.Steps {
		most := p.Honest
		switch s.Op {
		case opCut:
			most = len(p.Links)
		case opHostile, opPart:
			most = p.peers()
		}
		if stepNames[s.Op] == "" || s.At < 0 || s.At >= most || s.Op == opHostile && s.At < p.Honest {
			return fmt.Errorf("sim: step %d: %c%d.%x", i, s.Op, s.At, s.R)
		}
	}
	return nil
}

// connected tells whether the honest reach each other without the hostile.
func (p *Plan) connected() bool {
	reached := map[int]bool{0: true}
	for range p.Honest {
		for _, l := range p.Links {
			if l[1] < p.Honest && (reached[l[0]] || reached[l[1]]) {
				reached[l[0]], reached[l[1]] = true, true
			}
		}
	}
	return len(reached) == p.Honest
}

// clone copies a plan.
func (p *Plan) clone() *Plan {
	q := *p
	q.Links, q.Steps = slices.Clone(p.Links), slices.Clone(p.Steps)
	return &q
}
