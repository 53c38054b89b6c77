package crdt_test

import (
	"math/rand/v2"

	"github.com/commonhold/commonhold/crdt"
)

// editor makes random edits inside one Update.
type editor struct {
	r    *rand.Rand
	fail func(string, ...any)
}

var letters = []string{"a", "b", "cd", "efg", "é", "漢", "🙂", "e\u0301", "hello ", "\x00", "<&>"}

func (e *editor) words() string { return letters[e.r.IntN(len(letters))] }

func (e *editor) key() string { return string(rune('a' + e.r.IntN(3))) }

// value is a random plain value.
func (e *editor) value() any {
	switch e.r.IntN(8) {
	case 0:
		return nil
	case 1:
		return true
	case 2:
		return []any{e.r.IntN(9), "x"}
	case 3:
		return map[string]any{"q": 2.5, "bb": []byte{1, 2}}
	case 4:
		return e.words()
	}
	return e.r.IntN(5)
}

// edit makes one random edit.
func (e *editor) edit(tx *crdt.Tx) {
	switch e.r.IntN(14) {
	case 12, 13:
		e.tree(tx.Tree("T"))
	case 0, 1, 2:
		e.text(tx.Text([]string{"t", "t", "u"}[e.r.IntN(3)]))
	case 3, 4, 5:
		e.inMap(tx.Map("m"), 0)
	case 6, 7, 8:
		e.list(tx.List("l"), 0)
	case 9:
		e.set(tx.Set("s"))
	case 10:
		e.counter(tx.Counter("c"))
	default:
		if e.r.IntN(4) == 0 {
			tx.Delete(e.key())
		} else {
			tx.Put(e.key(), e.value())
		}
	}
}

// text inserts, quotes, moves or deletes, and tests the result against a plain
// string.
func (e *editor) text(t crdt.TextTx) {
	was := []rune(t.String())
	n := len(was)
	if got := t.Len(); got != n {
		e.fail("text %q has length %d", string(was), got)
	}
	i := e.r.IntN(n + 1)
	want := ""
	switch k := e.r.IntN(20); {
	case k >= 12:
		e.rich(t)
		return
	case n > 0 && k < 2:
		a := e.r.IntN(n)
		b := a + 1 + e.r.IntN(min(n-a, 4))
		part := string(was[a:b])
		want = string(was[:i]) + part + string(was[i:])
		if k == 0 {
			t.Quote(i, t.Slice(a, b))
			break
		}
		t.Move(a, b, t, i)
		switch {
		case i < a:
			want = string(was[:i]) + part + string(was[i:a]) + string(was[b:])
		case i > b:
			want = string(was[:a]) + string(was[b:i]) + part + string(was[i:])
		default:
			want = string(was)
		}
	case n == 0 || k < 9:
		if e.r.IntN(2) == 0 && n > 0 {
			i = n
		}
		s := e.words()
		called := calledFor(t, i)
		t.Insert(i, s)
		e.answered(t, i, s, called)
		want = string(was[:i]) + s + string(was[i:])
	default:
		j := min(n, i+e.r.IntN(4))
		t.Delete(i, j)
		want = string(was[:i]) + string(was[j:])
	}
	if got := t.String(); got != want {
		e.fail("text %q at %d is %q, want %q", string(was), i, got, want)
	}
}

// inMap edits a map, or goes deeper.
func (e *editor) inMap(m crdt.MapTx, depth int) {
	key := e.key()
	switch k := e.r.IntN(12); {
	case k < 3:
		v := e.value()
		m.Put(key, v)
		if got := jsonPlain(m.Get(key).Any()); got != jsonPlain(plain(v)) {
			e.fail("put %v, got %v", jsonPlain(plain(v)), got)
		}
	case k < 5:
		m.Delete(key)
		if m.Get(key).Exists() {
			e.fail("deleted key %q shows %v", key, m.Get(key))
		}
	case k < 7 && depth < 2:
		e.inMap(m.Map(key), depth+1)
	case k == 7 && depth < 2:
		e.list(m.List(key), depth+1)
	case k == 8:
		e.set(m.Set(key))
	case k == 9 && e.r.IntN(2) == 0:
		e.tree(m.Tree(key))
	case k == 9:
		e.counter(m.Counter(key))
	default:
		e.text(m.Text(key))
	}
}

// plain makes ints the int64 they become.
func plain(v any) any {
	b, err := crdt.NewValue(v)
	if err != nil {
		panic(err)
	}
	return b.Any()
}

// list edits a list, or goes deeper.
func (e *editor) list(l crdt.ListTx, depth int) {
	n := l.Len()
	i := e.r.IntN(n + 1)
	switch k := e.r.IntN(10); {
	case n == 0 || k < 3:
		v := []any{e.value(), e.value()}[:1+e.r.IntN(2)]
		first := l.Insert(i, v...)
		if at, ok := l.Index(first); l.Len() != n+len(v) || !ok || at != i {
			e.fail("list of %d has %d after %d at %d: %d %v", n, l.Len(), len(v), i, at, ok)
		}
	case k == 3 && depth < 2:
		_, m := l.InsertMap(i)
		e.inMap(m, depth+1)
	case k == 4 && depth < 2:
		_, t := l.InsertText(i)
		e.text(t)
	case k == 5 && depth < 2:
		_, in := l.InsertList(i)
		e.list(in, depth+1)
	case k == 6:
		l.DeleteRange(i, min(n, i+1+e.r.IntN(2)))
	default:
		el := l.Elem(min(i, n-1))
		switch l.Get(min(i, n-1)).Any().(type) {
		case crdt.Map:
			if k < 9 {
				e.inMap(l.Map(el), depth+1)
				return
			}
		case crdt.Text:
			if k < 9 {
				e.text(l.Text(el))
				return
			}
		case crdt.List:
			if k < 9 {
				e.list(l.List(el), depth+1)
				return
			}
		}
		if k == 7 {
			l.Delete(el)
			return
		}
		if e.r.IntN(2) == 0 {
			e.move(l, el)
			return
		}
		v := e.value()
		l.Put(el, v)
		if got := jsonPlain(l.Get(min(i, n-1)).Any()); got != jsonPlain(plain(v)) {
			e.fail("set %v, got %v", jsonPlain(plain(v)), got)
		}
	}
}

func (e *editor) set(s crdt.SetTx) {
	v := e.value()
	add := e.r.IntN(3) > 0
	if add {
		s.Add(v)
	} else {
		s.Remove(v)
	}
	if s.Has(v) != add {
		e.fail("set has %v: %v, want %v", v, s.Has(v), add)
	}
}

func (e *editor) counter(c crdt.CounterTx) {
	before, _ := c.Int()
	n := int64(e.r.IntN(9) - 3)
	c.Add(n)
	if after, err := c.Int(); err != nil || after != before+n {
		e.fail("counter %d + %d = %d, %v", before, n, after, err)
	}
}
