package crdt_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/commonhold/commonhold/crdt"
)

// richText is what a shadow knows of the characters of a text, one by one, from
// patches alone: the marks of each, and what each that is a block marker says.
type richText []richRune

type richRune struct {
	marks map[string]string // by key and ID: the value
	block string            // empty: it is no marker
}

// richOf reads the marks and blocks of a text.
func richOf(t crdt.Text) richText {
	out := make(richText, 0, t.In(crdt.Runes).Len())
	for r := range t.Runs() {
		for range []rune(r.Text) {
			out = append(out, richRune{marks: marksOf(r.Marks)})
		}
	}
	for b := range t.In(crdt.Runes).Blocks() {
		if b.At >= 0 {
			out[b.At].block = blockSays(b)
		}
	}
	return out
}

// marksOf writes marks down, nil for none.
func marksOf(m map[string]crdt.Value) map[string]string {
	if len(m) == 0 {
		return nil
	}
	out := map[string]string{}
	for k, v := range m {
		out[k] = markSays(v)
	}
	return out
}

// markSays writes the value of a mark down.
func markSays(v crdt.Value) string {
	if v.Withheld() {
		return "withheld"
	}
	return jsonOf(v)
}

// blockSays writes down what a block says, deep.
func blockSays(b crdt.Block) string {
	s := fmt.Sprintf("%q %d", b.Kind, b.Level)
	for _, k := range slices.Sorted(maps.Keys(b.Attrs)) {
		s += fmt.Sprintf(" %q:", k)
		if c, ok := b.Attrs[k].(interface{ MarshalJSON() ([]byte, error) }); ok {
			j, err := c.MarshalJSON()
			if err != nil {
				panic(err)
			}
			s += string(j)
			continue
		}
		s += fmt.Sprintf("%T %v", b.Attrs[k], b.Attrs[k])
	}
	return s
}

// toldRich writes down what patches of marks and blocks say.
func toldRich(p crdt.Patch) string {
	switch p.Op {
	case crdt.PatchMark:
		return fmt.Sprintf(" +%d %q %q", p.Len, p.Key, p.ID)
	case crdt.PatchBlock:
		return " says " + blockSays(*p.Block)
	}
	return ""
}

// runesIn is how many characters the first n units of a text are.
func runesIn(text string, u crdt.Unit, n int) (int, error) {
	k := 0
	for _, r := range text {
		if n <= 0 {
			break
		}
		switch u {
		case crdt.UTF8:
			n -= len(string(r))
		case crdt.UTF16:
			n -= utf16.RuneLen(r)
		default:
			n--
		}
		k++
	}
	if n != 0 {
		return 0, fmt.Errorf("no position of %q", text)
	}
	return k, nil
}

// splice follows an edit that turns one string into another.
func (r *richText) splice(was, now string, u crdt.Unit, p crdt.Patch) {
	i, err := runesIn(was, u, p.At)
	if err != nil {
		panic(err)
	}
	in := len([]rune(p.Text))
	out := len([]rune(was)) + in - len([]rune(now))
	*r = slices.Concat((*r)[:i], make(richText, in), (*r)[i+out:])
}

// mark follows a PatchMark.
func (r richText) mark(text string, u crdt.Unit, p crdt.Patch) error {
	i, err := runesIn(text, u, p.At)
	if err != nil {
		return err
	}
	j, err := runesIn(text, u, p.At+p.Len)
	if err != nil || p.Len <= 0 {
		return fmt.Errorf("%d long: %v", p.Len, err)
	}
	name := nameOf(p.Key, p.ID)
	for k := i; k < j; k++ {
		was, had := r[k].marks[name]
		m := maps.Clone(r[k].marks)
		if m == nil {
			m = map[string]string{}
		}
		if delete(m, name); p.Value.Exists() {
			m[name] = markSays(p.Value)
		}
		if now, has := m[name]; has == had && now == was {
			return fmt.Errorf("position %d shows it already", k)
		}
		if r[k].marks = m; len(m) == 0 {
			r[k].marks = nil
		}
	}
	return nil
}

// block follows a PatchBlock.
func (r richText) block(text string, u crdt.Unit, p crdt.Patch) error {
	i, err := runesIn(text, u, p.At)
	if err != nil || []rune(text)[i] != '\n' || p.Block.At != p.At {
		return fmt.Errorf("there is no line feed: %v", err)
	}
	r[i].block = blockSays(*p.Block)
	return nil
}

// String writes it down.
func (r richText) String() string {
	var b strings.Builder
	for _, x := range r {
		fmt.Fprintf(&b, "%v%s|", x.marks, x.block)
	}
	return b.String()
}

// sameRich compares the texts of a shadow with those of a view, as far as paths lead.
func (l *leafy) sameRich(v crdt.Value, path string) error {
	switch c := v.Any().(type) {
	case crdt.Map:
		for k, x := range c.All() {
			if err := l.keys[k].sameRich(x, path+"/"+k); err != nil {
				return err
			}
		}
	case crdt.List:
		n := 0
		for _, x := range c.All() {
			if err := l.list[n].sameRich(x, fmt.Sprint(path, "/", n)); err != nil {
				return err
			}
			n++
		}
	case crdt.Text:
		if got, want := l.rich.String(), richOf(c).String(); got != want {
			return fmt.Errorf("text %s %q: patches lead to\n%s\nthe doc shows\n%s", path, l.text, got, want)
		}
	}
	return nil
}

// sameAllRich is sameRich for a whole work.
func (s *shadow) sameAllRich(v *crdt.View) error {
	for name, x := range s.top.keys {
		shows, err := v.Lookup("/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1"))
		if err != nil {
			return err
		}
		if err := x.sameRich(shows, "/"+name); err != nil {
			return err
		}
	}
	return nil
}
