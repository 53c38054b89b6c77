package entries

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// slowTag is a tag as the slow twin of Tags knows it: an add of a value to a set.
type slowTag struct {
	set   int32
	value string // empty while the words are absent
	alive bool
}

// tagMachine drives Tags and a plain map of adds through the same life. A value is in a set while an add
// of it is alive: observed-remove, add wins.
type tagMachine struct {
	t     *Tags
	w     map[LV]*slowTag
	words []byte
	next  LV
}

func newTagMachine() *tagMachine {
	m := &tagMachine{w: map[LV]*slowTag{}}
	m.t = NewTags(&m.words)
	return m
}

// word puts a random value into the arena.
func (m *tagMachine) word(t *rapid.T) (off, size uint32, value string) {
	value = rapid.SampledFrom([]string{"a", "b", "c", "aa", "ab", "ba", "zzz", "abc"}).Draw(t, "value")
	off = uint32(len(m.words))
	m.words = append(m.words, value...)
	return off, uint32(len(value)), value
}

func (m *tagMachine) add(t *rapid.T) {
	for k := rapid.IntRange(0, 4).Draw(t, "burst"); k >= 0; k-- {
		set := int32(rapid.IntRange(1, 2).Draw(t, "set"))
		lv := m.next
		m.next += LV(rapid.IntRange(1, 600).Draw(t, "gap"))
		off, size, value := NoWords, uint32(0), ""
		if rapid.IntRange(0, 4).Draw(t, "absent") > 0 {
			off, size, value = m.word(t)
		}
		m.w[lv] = &slowTag{set, value, true}
		m.t.Add(set, lv, off, size)
	}
}

// one draws a tag.
func (m *tagMachine) one(t *rapid.T) (LV, bool) {
	if len(m.w) == 0 {
		return 0, false
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(m.w))).Draw(t, "tag"), true
}

func (m *tagMachine) flip(t *rapid.T) {
	if lv, ok := m.one(t); ok {
		m.w[lv].alive = rapid.Bool().Draw(t, "alive")
		m.t.Flip(lv, m.w[lv].alive)
	}
}

func (m *tagMachine) fill(t *rapid.T) {
	if lv, ok := m.one(t); ok {
		off, size, value := m.word(t)
		if m.w[lv].value == "" {
			m.w[lv].value = value
		}
		m.t.Fill(lv, off, size)
	}
}

func (m *tagMachine) truncate(t *rapid.T) {
	back := LV(rapid.IntRange(0, 2000).Draw(t, "back"))
	m.next -= min(back, m.next)
	maps.DeleteFunc(m.w, func(lv LV, _ *slowTag) bool { return lv >= m.next })
	m.t.Truncate(m.next)
}

// equal compares all reads.
func (m *tagMachine) equal(t *rapid.T) {
	if err := m.t.Check(); err != nil {
		t.Fatal(err)
	}
	for set := int32(0); set < 4; set++ {
		shown := map[string][]LV{}
		var all []LV
		for lv, x := range m.w {
			if x.set == set && x.alive {
				all = append(all, lv)
				if x.value != "" {
					shown[x.value] = append(shown[x.value], lv)
				}
			}
		}
		slices.Sort(all)
		want := slices.SortedFunc(maps.Keys(shown), func(a, b string) int { return byValue([]byte(a), []byte(b)) })
		if rapid.Bool().Draw(t, "read") {
			var got []string
			m.t.Each(set, func(v []byte, lv LV) bool {
				if !slices.Contains(shown[string(v)], lv) {
					t.Fatalf("set %d: %q by %d", set, v, lv)
				}
				got = append(got, string(v))
				return true
			})
			if !slices.Equal(got, want) {
				t.Fatalf("set %d: %q, want %q", set, got, want)
			}
			if got := m.t.Alive(set, nil); !slices.Equal(got, all) {
				t.Fatalf("set %d: alive %v, want %v", set, got, all)
			}
		}
		if m.t.Len(set) != len(want) || m.t.Any(set) != (len(all) > 0) {
			t.Fatalf("set %d: len %d any %v, want %d %v", set, m.t.Len(set), m.t.Any(set), len(want), all)
		}
		for _, v := range []string{"a", "ba", "abc", "never"} {
			slices.Sort(shown[v])
			if m.t.Has(set, []byte(v)) != (len(shown[v]) > 0) || !slices.Equal(m.t.TagsOf(set, []byte(v), nil), shown[v]) {
				t.Fatalf("set %d: %q: has %v by %v, want %v", set, v, m.t.Has(set, []byte(v)), m.t.TagsOf(set, []byte(v), nil), shown[v])
			}
		}
	}
	for lv, x := range m.w {
		set, off, size, alive, ok := m.t.Tag(lv)
		if !ok || set != x.set || alive != x.alive || (off == NoWords) != (x.value == "") || off != NoWords && string(m.words[off:off+size]) != x.value {
			t.Fatalf("tag %d: %d %d %d %v %v, want %v", lv, set, off, size, alive, ok, x)
		}
	}
}

func TestTagsAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newTagMachine()
		t.Repeat(map[string]func(*rapid.T){
			"add": m.add, "flip": m.flip, "flip more": m.flip, "fill": m.fill, "truncate": m.truncate, "": m.equal,
		})
	})
}

// Values whose hashes are equal are told apart by their bytes, and leave in any order.
func TestTagsSameHash(t *testing.T) {
	for _, leave := range [][]uint32{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		words := []byte("abc")
		g := NewTags(&words)
		for i := range uint32(3) {
			g.Add(1, i, i, 1)
		}
		const h = 77 // as if all three had it
		clear(g.find)
		g.find[h] = 0
		for i := range g.groups {
			g.groups[i].hash = h
		}
		g.groups[0].other, g.groups[1].other = 1, 2
		for k, id := range leave {
			g.groups[id].tags = 0
			g.sweep(id)
			for v := range uint32(3) {
				want := v
				if slices.Contains(leave[:k+1], v) {
					want = none
				}
				if got := g.lookup(1, words[v:v+1], h); got != want {
					t.Fatalf("%v, after %d: value %d in group %d, want %d", leave, k+1, v, got, want)
				}
			}
		}
		if len(g.find) != 0 {
			t.Errorf("%v: %v stays", leave, g.find)
		}
	}
}

func TestTagsStopsWhenToldTo(t *testing.T) {
	m := newTagMachine()
	m.words = []byte("abc")
	for i := range uint32(3) {
		m.t.Add(0, i, i, 1)
	}
	n := 0
	m.t.Each(0, func([]byte, LV) bool { n++; return n < 2 })
	if n != 2 {
		t.Fatalf("%d values after the second was enough", n)
	}
	mustPanic(t, "ascend", func() { m.t.Add(0, 2, 0, 1) })
	mustPanic(t, "is no tag", func() { m.t.Flip(77, true) })
	if _, _, _, _, ok := m.t.Tag(77); ok {
		t.Error("a tag that was never added")
	}
}
