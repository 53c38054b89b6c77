package crdt

import (
	"fmt"
	"reflect"
	"strconv"
)

// list writes a slice into a list. What is held alike stays the same element;
// between such elements those of the old slice are changed into those of the new
// one, and the rest is deleted or inserted. Where elements have an id, that says
// which is which.
func (w writer) list(l ListTx, was, now reflect.Value) error {
	w, err := w.deeper()
	if err != nil {
		return err
	}
	id, err := idOf(now.Type().Elem())
	if err != nil {
		return err
	}
	var elems []Elem
	var olds []reflect.Value
	known := was.IsValid() && was.Len() == l.Len()
	for e, v := range l.list().All() {
		old := reflect.Value{}
		if known {
			old = was.Index(len(elems))
		} else if x := reflect.New(now.Type().Elem()).Elem(); (reader{depth: w.depth}).value(v, x) == nil {
			old = x
		}
		elems, olds = append(elems, e), append(olds, old)
	}
	var match []int
	if id == nil || w.fill && !named(now, id) {
		match, err = byContent(olds, now)
	} else {
		match, err = byID(elems, now, id)
	}
	if err != nil {
		return err
	}
	return w.elements(l, elems, olds, match, now)
}

// named tells whether any element of a slice has an id.
func named(now reflect.Value, id []int) bool {
	for k := range now.Len() {
		if x := reflect.Indirect(now.Index(k)); x.IsValid() && !x.FieldByIndex(id).IsZero() {
			return true
		}
	}
	return false
}

// byID says for each new element which of the old ones it is by its id field, -1
// for none.
func byID(elems []Elem, now reflect.Value, id []int) ([]int, error) {
	at := map[Elem]int{}
	for k, e := range elems {
		at[e] = k
	}
	match := make([]int, now.Len())
	for k := range match {
		match[k] = -1
		x := reflect.Indirect(now.Index(k))
		if !x.IsValid() {
			continue
		}
		e := x.FieldByIndex(id).Interface().(Elem)
		if e.IsZero() {
			continue
		}
		i, ok := at[e]
		if !ok {
			return nil, inside(strconv.Itoa(k), fmt.Errorf("crdt: the id is of no element of the list, or twice: %w", ErrNotFound))
		}
		delete(at, e)
		match[k] = i
	}
	return match, nil
}

// byContent says for each new element which of the old ones it is by what they
// hold, -1 for none.
func byContent(olds []reflect.Value, now reflect.Value) ([]int, error) {
	ids := map[string]int32{}
	last := int32(0)
	number := func(x any) int32 {
		v, err := NewValue(x)
		if err != nil { // held by containers deeper than a value may nest
			last++
			return last
		}
		n, ok := ids[string(v.raw)]
		if !ok {
			last++
			n = last
			ids[string(v.raw)] = n
		}
		return n
	}
	m := matcher{steps: diffSteps}
	for _, old := range olds {
		x, err := toPlain(old, 0)
		if !old.IsValid() || err != nil {
			last++
			m.a = append(m.a, last)
			continue
		}
		m.a = append(m.a, number(x))
	}
	for k := range now.Len() {
		x, err := toPlain(now.Index(k), 0)
		if err != nil {
			return nil, inside(strconv.Itoa(k), err)
		}
		m.b = append(m.b, number(x))
	}
	m.compare(box{0, len(m.a), 0, len(m.b)}, 0)
	match := make([]int, now.Len())
	i, k := 0, 0
	for _, x := range append(m.out, difference{len(m.a), len(m.a), len(m.b), len(m.b)}) {
		for ; k < x.k; i, k = i+1, k+1 {
			match[k] = i
		}
		for ; k < x.l; k++ { // an old element becomes a new one, as long as there are some
			if match[k] = -1; i < x.j {
				match[k] = i
				i++
			}
		}
		i = x.j
	}
	return match, nil
}

// elements makes a list be a slice: match says which old element each new one is.
func (w writer) elements(l ListTx, elems []Elem, olds []reflect.Value, match []int, now reflect.Value) error {
	var order []anchor
	kept := make([]bool, len(elems))
	for k, i := range match {
		if i >= 0 {
			order = append(order, anchor{i: k, k: i})
			kept[i] = true
		}
	}
	for i, e := range elems {
		if !kept[i] {
			l.Delete(e)
		}
	}
	stays := map[int]bool{} // new elements that stand in order already
	for _, c := range chain(order) {
		stays[c.i] = true
	}
	at := 0
	for k, i := range match {
		if l.tx.err != nil {
			return nil
		}
		x := now.Index(k)
		if i < 0 {
			s := newSlot{l: l, i: at}
			if err := w.at(&s, reflect.Value{}, x); err != nil {
				return inside(strconv.Itoa(k), err)
			}
			at++
			continue
		}
		s := elemSlot{l, elems[i]}
		if !stays[k] {
			to := at
			if j, _ := l.Index(s.e); j < at { // the place before falls away
				to--
			}
			l.Move(s.e, to)
		}
		if w.fill || !olds[i].IsValid() || !equal(olds[i], x) {
			if err := w.at(&s, olds[i], x); err != nil {
				return inside(strconv.Itoa(k), err)
			}
		}
		j, _ := l.Index(s.e)
		at = j + 1
	}
	return nil
}
