package authorship

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// maxName bounds a name in bytes; a longer one is shown as none.
const maxName = 256

// Person is somebody who wrote: a person, all of whose confirmed devices count as
// one, or an agent. It is comparable.
type Person struct {
	// ID is the person's key; an agent's own key; the key itself where it says
	// that it is a device of somebody who has not confirmed it.
	ID crdt.Author `json:"id"`
	// Name is what the person wants to be called, cleaned of what could disturb a
	// line of text; empty when there is none or it was withdrawn. It proves
	// nothing.
	Name string `json:"name,omitempty"`
	// Agent says that this is a program that writes by itself, for OnBehalf once
	// that person has confirmed it.
	Agent    bool        `json:"agent,omitempty"`
	OnBehalf crdt.Author `json:"onBehalf,omitzero"`
	// Ambiguous says that somebody else in the work goes by the same name.
	Ambiguous bool `json:"ambiguous,omitempty"`
	// Hearsay says that the person has never said a name in this work: Name is what they
	// are called in another one, as whoever quotes it, forks it or derives from it says. It
	// is Ambiguous also where others are told of by that name; it makes nobody else's so.
	Hearsay bool `json:"hearsay,omitempty"`
}

// String is the name; the short key where there is none, and behind the name
// where another goes by the same.
func (p Person) String() string {
	switch {
	case p.Name == "":
		return short(p.ID)
	case p.Ambiguous:
		return p.Name + " (" + short(p.ID) + ")"
	}
	return p.Name
}

// short is enough of a key to tell it from others at a glance: the beginning and
// the end of its did:key.
func short(a crdt.Author) string {
	s := strings.TrimPrefix(a.String(), "did:key:")
	return s[:10] + "…" + s[len(s)-4:]
}

// Name is what the owner of a key wants to be called in a view, cleaned; empty
// when there is no such name. A device goes by its person's name.
func Name(v *crdt.View, key crdt.Author) (name string) {
	say := func(p *people) { name = p.plain(key).Name }
	if k, n, err := keptBy(v, func(*charter.Judge) {}); err == nil {
		k.ask(v, n, say)
	} else {
		say(peopleOf(v))
	}
	return name
}

// people says who the authors of a view are. It is made for one call and not
// safe for concurrent use.
type people struct {
	v      *crdt.View
	who    *charter.Persons
	said   map[crdt.Author]map[crdt.Author]naming // by person, by key
	names  map[crdt.Author]string
	shared map[string]int // how many go by a name
	yes    map[cid.Cid][]crdt.Act

	// By change, but for bare, and nil before they are asked for.
	after   map[cid.Cid]*Adoption
	bare    map[crdt.Author]bool // keys of which something is in after
	brought map[cid.Cid]*Import
	derived map[cid.Cid]*Derivation
	told    map[string]crdt.Author // by name that others say: of whom; zero: of several

	hands map[cid.Cid]*hand // by branch, as far as asked for
}

// hand is who wrote a branch, found once for all its changes.
type hand struct {
	key   crdt.Author
	who   Person
	claim bool // the key says that it belongs to somebody who has not confirmed it
}

// naming is a name that a key has said.
type naming struct {
	name string
	seq  uint64
	time time.Time
	id   cid.Cid
}

// peopleOf reads the acts of a view.
func peopleOf(v *crdt.View) *people {
	p := &people{
		v: v, who: charter.NewPersons(v.ID()), said: map[crdt.Author]map[crdt.Author]naming{},
		names: map[crdt.Author]string{}, shared: map[string]int{}, yes: map[cid.Cid][]crdt.Act{},
		hands: map[cid.Cid]*hand{},
	}
	acts := slices.Collect(v.Acts(actBoundTo, actBind, actName, actConfirm))
	acts = slices.AppendSeq(acts, v.OpenActs())
	for _, a := range acts {
		if a.Kind == actBoundTo && p.root(a) == a.Change && p.who.Root(a.Change) == nil {
			if b, ok := readBoundTo(a); ok {
				p.who.Add(a.Change, a.Author, &b)
			}
		}
	}
	for _, a := range acts {
		if a.Kind != actBind {
			continue
		}
		if b, ok := readBind(a); ok {
			p.who.Bind(b, p.branch(p.root(a), a.Author))
		}
	}
	for _, a := range acts {
		switch a.Kind {
		case actName:
			p.name(a)
		case actConfirm:
			if c, ok := readConfirm(a); ok {
				p.yes[c] = append(p.yes[c], a)
			}
		}
	}
	p.choose()
	return p
}

// root is the first change of the branch that an act stands in, cid.Undef while
// that is open.
func (p *people) root(a crdt.Act) cid.Cid {
	s, _ := p.v.Source(a.Change)
	return s.Root
}

// branch is the branch with a root; one that claims nothing is made up.
func (p *people) branch(id cid.Cid, key crdt.Author) *charter.Root {
	if r := p.who.Root(id); r != nil && r.Key == key {
		return r
	}
	return &charter.Root{ID: id, Key: key, Person: key}
}

// owner is who goes by the names that a branch says: the person, or the agent.
func owner(r *charter.Root) crdt.Author {
	if r.Agent() {
		return r.Key
	}
	return r.Person
}

// name notes a name. Along one key the later counts; a key that is only claimed
// has none.
func (p *people) name(a crdt.Act) {
	r := p.branch(p.root(a), a.Author)
	if r.Claim != nil && !p.who.Confirmed(r) {
		return
	}
	n := naming{name: a.Words, id: a.Change}
	if c, ok := p.v.Change(a.Change); ok {
		n.seq, n.time = c.Seq, c.Time
	} else {
		n.seq = math.MaxUint64 // open
	}
	owner := owner(r)
	if p.said[owner] == nil {
		p.said[owner] = map[crdt.Author]naming{}
	}
	if old, ok := p.said[owner][a.Author]; !ok || old.seq < n.seq || (old.seq == n.seq && old.compare(n) <= 0) {
		p.said[owner][a.Author] = n
	}
}

// compare orders the names that different keys of a person have said by the time
// that they claim, which is the person's own; ties by change, so that everybody
// shows the same.
func (n naming) compare(m naming) int {
	return cmp.Or(n.time.Compare(m.time), strings.Compare(n.id.KeyString(), m.id.KeyString()))
}

// choose takes the newest name of each person and counts who shares one.
func (p *people) choose() {
	for owner, keys := range p.said {
		var best *naming
		for _, n := range keys {
			if best == nil || !n.id.Defined() || (best.id.Defined() && best.compare(n) < 0) {
				best = &n
			}
		}
		if name := clean(best.name); name != "" && len(best.name) <= maxName {
			p.names[owner] = name
			p.shared[name]++
		}
	}
}

// of is who wrote a branch: a key that is only claimed is shown as the key.
func (p *people) of(root cid.Cid, key crdt.Author) Person { return p.hand(root, key).who }

// hand finds what of gives, and keeps it. All names must have been read.
func (p *people) hand(root cid.Cid, key crdt.Author) *hand {
	if s := p.hands[root]; s != nil && s.key == key {
		return s
	}
	r := p.branch(root, key)
	s := &hand{key: key, who: Person{ID: owner(r), Agent: r.Agent()}, claim: r.Claim != nil && !p.who.Confirmed(r)}
	if s.who.Agent && p.who.Confirmed(r) {
		s.who.OnBehalf = r.Person
	}
	s.who.Name = p.names[s.who.ID]
	s.who.Ambiguous = p.shared[s.who.Name] > 1
	p.hands[root] = s
	return s
}

// plain is who goes by a key, whatever it wrote. Of a key that has bound itself
// more than once, the branch with the least name counts, so that everybody shows
// the same.
func (p *people) plain(key crdt.Author) Person {
	id := cid.Undef
	for _, r := range p.who.Of(key) {
		if !id.Defined() || r.ID.KeyString() < id.KeyString() {
			id = r.ID
		}
	}
	return p.of(id, key)
}

// coAuthors are the people that a change names as co-authors: those who have
// confirmed it, and those who have not.
func (p *people) coAuthors(s *crdt.Source, author Person) (confirmed, claimed []Person) {
	for _, key := range s.With {
		who, ok, least := p.plain(key), false, "" // where its branches are several persons', that of the least name
		for _, a := range p.yes[s.Change] {
			r := p.branch(p.root(a), a.Author)
			if name := r.ID.KeyString(); (a.Author == key || owner(r) == key) && (!ok || name < least) {
				who, ok, least = p.of(r.ID, a.Author), true, name
			}
		}
		switch {
		case who.ID == author.ID:
		case !ok:
			claimed = append(claimed, who)
		case !slices.ContainsFunc(confirmed, func(q Person) bool { return q.ID == who.ID }):
			confirmed = append(confirmed, who)
		}
	}
	return confirmed, claimed
}

// clean gives what somebody else has written in a form that stays in its line:
// without control characters, without marks that turn the direction of writing
// or are not seen at all, with single spaces.
func clean(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == unicode.ReplacementChar, r == '\u061c', r == '\u200b', r == '\u200e', r == '\u200f',
			'\u202a' <= r && r <= '\u202e', '\u2060' <= r && r <= '\u206f', r == '\ufeff':
			return -1
		}
		return r
	}, s)), " ")
}
