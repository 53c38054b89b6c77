package authorship

import "github.com/commonhold/commonhold/crdt"

// called is who goes by a key. Somebody who has not said a name in this work, and so has
// not withdrawn one, goes by the name that others say.
func (p *people) called(key crdt.Author, name string) Person {
	who := p.plain(key)
	if name = clean(name); name == "" || len(name) > maxName || who.Name != "" || p.said[who.ID] != nil {
		return who
	}
	who.Name, who.Hearsay = name, true
	who.Ambiguous = p.shared[name] > 0 || p.tales()[name] != who.ID
	return who
}

// tales are the names that are said of people in other works.
func (p *people) tales() map[string]crdt.Author {
	if p.told != nil {
		return p.told
	}
	p.told = map[string]crdt.Author{}
	hear := func(a crdt.Act) {
		switch a.Kind {
		case actQuote:
			if x, ok := readQuote(a); ok {
				p.tell(x.by, x.name)
			}
		case actTaken:
			if x, ok := readTaken(a); ok {
				p.tell(x.by, x.name)
			}
		case actDerive:
			if x, ok := readDerive(a); ok {
				for _, who := range x.Authors {
					p.tell(who.ID, who.Name)
				}
			}
		}
	}
	for a := range p.v.Acts(actQuote, actTaken, actDerive) {
		hear(a)
	}
	for a := range p.v.OpenActs() {
		hear(a)
	}
	return p.told
}

// tell notes a name that is said of the owner of a key.
func (p *people) tell(key crdt.Author, name string) {
	if name = clean(name); name == "" || len(name) > maxName {
		return
	}
	of := p.plain(key).ID
	if had, there := p.told[name]; there && had != of {
		of = crdt.Author{}
	}
	p.told[name] = of
}
