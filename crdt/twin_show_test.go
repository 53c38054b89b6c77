package crdt_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"sort"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// kindRank is the order in which root containers of one name are shown.
var kindRank = []block.Kind{block.KindMap, block.KindList, block.KindText, block.KindSet, block.KindCounter, block.KindTree}

// JSON is the work as View.MarshalJSON gives it.
func (t *twin) JSON() string {
	out := map[string]string{}
	rank := map[string]int{}
	for _, b := range t.boxes {
		if !b.root {
			continue
		}
		if b.name == "" && b.kind == block.KindMap {
			for key, s := range b.slots {
				if list := s.conflicts(); len(list) > 0 {
					out[key], rank[key] = list[0].json(), -1
				}
			}
			continue
		}
		r := slices.Index(kindRank, b.kind)
		if had, ok := rank[b.name]; b.shows() && (!ok || r < had) {
			out[b.name], rank[b.name] = b.json(), r
		}
	}
	return jsonObject(out)
}

// jsonObject writes fields in order of bytes.
func jsonObject(fields map[string]string) string {
	keys := make([]string, 0, len(fields))
	for k := range fields {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var b []string
	for _, k := range keys {
		b = append(b, jsonString(k)+":"+fields[k])
	}
	return "{" + strings.Join(b, ",") + "}"
}

func jsonString(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// shows tells whether a root container shows anything.
func (b *twBox) shows() bool {
	for _, s := range b.slots {
		if len(s.conflicts()) > 0 {
			return true
		}
	}
	return len(b.shown()) > 0 || len(b.shownNodes()) > 0 || len(b.members()) > 0 || slices.ContainsFunc(b.steps, (*twNum).alive)
}

// json is the container as JSON.
func (b *twBox) json() string {
	switch b.kind {
	case block.KindMap:
		out := map[string]string{}
		for key, s := range b.slots {
			if list := s.conflicts(); len(list) > 0 {
				out[key] = list[0].json()
			}
		}
		return jsonObject(out)
	case block.KindList:
		var out []string
		for _, n := range b.shown() {
			out = append(out, n.values()[0].json())
		}
		return "[" + strings.Join(out, ",") + "]"
	case block.KindText:
		return jsonString(b.text())
	case block.KindSet:
		var out []string
		for _, n := range b.members() {
			out = append(out, n.json())
		}
		return "[" + strings.Join(out, ",") + "]"
	case block.KindTree:
		return b.treeJSON()
	}
	return b.sum().String()
}

// text is the characters shown.
func (b *twBox) text() string {
	var out []byte
	for _, n := range b.shown() {
		out = append(out, n.words...)
	}
	return string(out)
}

// members are the tags of a set that show a value: of each value the first in
// the total order; shorter values first, then in order of bytes.
func (b *twBox) members() []*twNum {
	first := map[string]*twNum{}
	for _, n := range b.tags {
		if had := first[string(n.words)]; n.alive() && n.has && (had == nil || n.compare(had) < 0) {
			first[string(n.words)] = n
		}
	}
	var out []*twNum
	for _, n := range first {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, c *twNum) int {
		if len(a.words) != len(c.words) {
			return len(a.words) - len(c.words)
		}
		return bytes.Compare(a.words, c.words)
	})
	return out
}

// sum is the exact sum of the steps that are alive.
func (b *twBox) sum() *big.Int {
	sum := new(big.Int)
	for _, n := range b.steps {
		if n.alive() {
			sum.Add(sum, big.NewInt(n.op.Amount))
		}
	}
	return sum
}

// json is the value of an entry, element or tag.
func (n *twNum) json() string {
	switch {
	case n.child != nil:
		return n.child.json()
	case !n.has:
		return "null"
	}
	v, err := block.DecodeValue(n.words)
	if err != nil {
		panic(err)
	}
	return jsonPlain(v)
}

// jsonPlain is a plain value.
func jsonPlain(v any) string {
	switch x := v.(type) {
	case []byte:
		return `{"/":{"bytes":"` + base64.RawStdEncoding.EncodeToString(x) + `"}}`
	case cid.Cid:
		return `{"/":` + jsonString(x.String()) + `}`
	case []any:
		var out []string
		for _, y := range x {
			out = append(out, jsonPlain(y))
		}
		return "[" + strings.Join(out, ",") + "]"
	case map[string]any:
		out := map[string]string{}
		for k, y := range x {
			out[k] = jsonPlain(y)
		}
		return jsonObject(out)
	case string:
		return jsonString(x)
	case nil:
		return "null"
	default:
		return fmt.Sprint(x) // true, 12, 2.5
	}
}

// The dump says everything that a reader can ask of a container and what is in
// it: values with all conflicts and authors, text with the author and change of
// each stretch.

// dump is a container of the twin.
func (b *twBox) dump() string {
	if b == nil {
		return ""
	}
	var out []string
	switch b.kind {
	case block.KindMap:
		for key, s := range b.slots {
			if list := s.conflicts(); len(list) > 0 {
				out = append(out, fmt.Sprintf("%q:%s", key, dumpNums(list)))
			}
		}
		sort.Strings(out)
		return "{" + strings.Join(out, " ") + "}"
	case block.KindList:
		for _, n := range b.shown() {
			out = append(out, dumpNums(n.values()))
		}
		return "[" + strings.Join(out, " ") + "]"
	case block.KindText:
		return b.dumpText()
	case block.KindSet:
		for _, n := range b.members() {
			out = append(out, n.dump())
		}
		return "<" + strings.Join(out, " ") + ">"
	case block.KindTree:
		return b.dumpTree()
	}
	shares := map[crdt.Author]*big.Int{}
	for _, n := range b.steps {
		if n.alive() {
			if shares[n.author()] == nil {
				shares[n.author()] = new(big.Int)
			}
			shares[n.author()].Add(shares[n.author()], big.NewInt(n.op.Amount))
		}
	}
	for by, n := range shares {
		out = append(out, short(by)+n.String())
	}
	sort.Strings(out)
	return "(" + b.sum().String() + " of " + strings.Join(out, " ") + ")"
}

// dumpNums is the visible values of one slot.
func dumpNums(list []*twNum) string {
	var out []string
	for _, n := range list {
		out = append(out, n.dump())
	}
	return strings.Join(out, "|")
}

// dump is one value with its author.
func (n *twNum) dump() string {
	if n.child != nil {
		return short(n.author()) + n.child.dump()
	}
	if !n.has {
		return short(n.author()) + "withheld"
	}
	return short(n.author()) + n.json()
}

// short is an author in five letters.
func short(a crdt.Author) string { return fmt.Sprintf("%x@", a[:2]) }

// dumpView is the root containers of fixed names as a view shows them; it must
// equal dumpTwin.
func dumpView(v *crdt.View) string {
	return strings.Join([]string{
		dumpMap(v.Map("m")), dumpList(v.List("l")), dumpText(v.Text("t")), dumpText(v.Text("u")), dumpSet(v.Set("s")), dumpCounter(v.Counter("c")),
		dumpTree(v.Tree("T")),
	}, "\n")
}

// dumpTwin is the same of the twin.
func dumpTwin(t *twin) string {
	var out []string
	for _, r := range []struct {
		kind  block.Kind
		name  string
		empty string
	}{{block.KindMap, "m", "{}"}, {block.KindList, "l", "[]"}, {block.KindText, "t", "''"}, {block.KindText, "u", "''"},
		{block.KindSet, "s", "<>"}, {block.KindCounter, "c", "(0 of )"}, {block.KindTree, "T", "T()"}} {
		s := t.boxes[fmt.Sprintf("root %d %q", r.kind, r.name)].dump()
		if s == "" {
			s = r.empty
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

func dumpMap(m crdt.Map) string {
	var out []string
	for key := range m.All() {
		var vs []string
		for v := range m.Conflicts(key) {
			vs = append(vs, dumpValue(v))
		}
		out = append(out, fmt.Sprintf("%q:%s", key, strings.Join(vs, "|")))
	}
	sort.Strings(out)
	return "{" + strings.Join(out, " ") + "}"
}

func dumpList(l crdt.List) string {
	var out []string
	for e := range l.All() {
		var vs []string
		for v := range l.Conflicts(e) {
			vs = append(vs, dumpValue(v))
		}
		out = append(out, strings.Join(vs, "|"))
	}
	return "[" + strings.Join(out, " ") + "]"
}

func dumpSet(s crdt.Set) string {
	var out []string
	for v := range s.All() {
		out = append(out, dumpValue(v))
	}
	return "<" + strings.Join(out, " ") + ">"
}

func dumpCounter(c crdt.Counter) string {
	n, err := c.Int()
	if err != nil {
		return err.Error()
	}
	shares, err := c.Shares()
	if err != nil {
		return err.Error()
	}
	var out []string
	for by, n := range shares {
		out = append(out, fmt.Sprintf("%s%d", short(by), n))
	}
	sort.Strings(out)
	return fmt.Sprintf("(%d of %s)", n, strings.Join(out, " "))
}

func dumpValue(v crdt.Value) string {
	by := short(v.By())
	if v.Withheld() {
		return by + "withheld"
	}
	switch x := v.Any().(type) {
	case crdt.Map:
		return by + dumpMap(x)
	case crdt.List:
		return by + dumpList(x)
	case crdt.Text:
		return by + dumpText(x)
	case crdt.Set:
		return by + dumpSet(x)
	case crdt.Counter:
		return by + dumpCounter(x)
	case crdt.Tree:
		return by + dumpTree(x)
	default:
		return by + jsonPlain(x)
	}
}
