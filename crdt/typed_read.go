package crdt

import (
	"encoding"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/shape"
)

// reader reads values and containers into Go values.
type reader struct{ depth int }

// mismatch says that a value is not of a type.
func mismatch(x any, t reflect.Type) error {
	return fmt.Errorf("crdt: value is %T, not %v: %w", x, t, ErrMalformed)
}

// deeper goes one level down.
func (r reader) deeper() (reader, error) {
	if r.depth++; r.depth > maxNest {
		return r, fmt.Errorf("crdt: nested deeper than %d: %w", maxNest, ErrLimit)
	}
	return r, nil
}

// value reads one value into dst, which is settable.
func (r reader) value(v Value, dst reflect.Value) error {
	t := dst.Type()
	if t == typeValue {
		dst.Set(reflect.ValueOf(v))
		return nil
	}
	if v.kind == containerValue {
		return r.container(v.at.handle(), dst)
	}
	return r.plain(v.Any(), dst)
}

// container reads a container into dst.
func (r reader) container(h any, dst reflect.Value) error {
	t := dst.Type()
	if reflect.TypeOf(h) == t {
		dst.Set(reflect.ValueOf(h))
		return nil
	}
	if t.Kind() == reflect.Pointer && !special(t) {
		p := reflect.New(t.Elem())
		if err := r.container(h, p.Elem()); err != nil {
			return err
		}
		dst.Set(p)
		return nil
	}
	switch c := h.(type) {
	case Text:
		return r.plain(c.String(), dst)
	case Counter:
		n, err := c.Int()
		if err != nil {
			return err
		}
		return r.plain(n, dst)
	case Map:
		return r.mapping(c, dst)
	case List:
		return r.list(c, dst)
	case Set:
		return r.set(c, dst)
	case Tree:
		if t == typeAny {
			return r.tree(c, dst)
		}
	}
	return mismatch(h, t)
}

// mapping reads a map into a struct, a Go map or an any.
func (r reader) mapping(m Map, dst reflect.Value) error {
	r, err := r.deeper()
	if err != nil {
		return err
	}
	t := dst.Type()
	switch {
	case t == typeAny:
		out := map[string]any{}
		if err := r.keys(m, reflect.ValueOf(out)); err != nil {
			return err
		}
		dst.Set(reflect.ValueOf(out))
		return nil
	case special(t):
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		out := reflect.MakeMap(t)
		if err := r.keys(m, out); err != nil {
			return err
		}
		dst.Set(out)
		return nil
	case t.Kind() == reflect.Struct:
		p, err := planOf(t)
		if err != nil {
			return err
		}
		for k := range p.fields {
			f := &p.fields[k]
			if err := r.field(m, f, dst.FieldByIndex(f.index)); err != nil {
				return inside(f.key, err)
			}
		}
		return nil
	}
	return mismatch(m, t)
}

// keys reads the keys of a map into a Go map.
func (r reader) keys(m Map, out reflect.Value) error {
	t := out.Type()
	for key, v := range m.All() {
		x := reflect.New(t.Elem()).Elem()
		if !v.Withheld() {
			if err := r.value(v, x); err != nil {
				return inside(key, err)
			}
		}
		out.SetMapIndex(reflect.ValueOf(key).Convert(t.Key()), x)
	}
	return nil
}

// field reads one field of a struct from its key: from the container that holds
// it, where there is one, else from the value.
func (r reader) field(m Map, f *field, dst reflect.Value) error {
	var held any
	switch t := dst.Type(); {
	case handles[t]:
		dst.Set(reflect.ValueOf(m.handle(f.key, t)))
		return nil
	case f.as == asText:
		held = m.Text(f.key)
	case f.as == asCounter:
		held = m.Counter(f.key)
	case f.as == asSet:
		held = m.Set(f.key)
	case f.as == asValue || whole(t) || t == typeAny:
	case t.Kind() == reflect.Slice:
		held = m.List(f.key)
	default:
		held = m.Map(f.key)
	}
	if held != nil && placed(held) {
		return r.container(held, dst)
	}
	v := m.Get(f.key)
	if !v.Exists() || v.Withheld() {
		return nil
	}
	return r.value(v, dst)
}

// handle is the handle of a type to what a key shows.
func (m Map) handle(key string, t reflect.Type) any {
	switch t {
	case reflect.TypeFor[Map]():
		return m.Map(key)
	case reflect.TypeFor[Text]():
		return m.Text(key)
	case reflect.TypeFor[List]():
		return m.List(key)
	case reflect.TypeFor[Set]():
		return m.Set(key)
	case reflect.TypeFor[Tree]():
		return m.Tree(key)
	}
	return m.Counter(key)
}

// placed tells whether a container is there.
func placed(h any) bool {
	switch c := h.(type) {
	case Text:
		return c.at != shape.NoPlace
	case Counter:
		return c.at != shape.NoPlace
	case Set:
		return c.at != shape.NoPlace
	case List:
		return c.at != shape.NoPlace
	case Map:
		return c.at != shape.NoPlace
	}
	return false
}

// list reads a list into a slice or an any.
func (r reader) list(l List, dst reflect.Value) error {
	r, err := r.deeper()
	if err != nil {
		return err
	}
	t := dst.Type()
	if t == typeAny {
		t = reflect.TypeFor[[]any]()
	}
	if t.Kind() != reflect.Slice || isBytes(t) || special(t) {
		return mismatch(l, dst.Type())
	}
	id, err := idOf(t.Elem())
	if err != nil {
		return err
	}
	out := reflect.MakeSlice(t, 0, 0)
	for e, v := range l.All() {
		x := reflect.New(t.Elem()).Elem()
		if !v.Withheld() {
			if err := r.value(v, x); err != nil {
				return inside(strconv.Itoa(out.Len()), err)
			}
		}
		if s := reflect.Indirect(x); id != nil && s.IsValid() {
			s.FieldByIndex(id).Set(reflect.ValueOf(e))
		}
		out = reflect.Append(out, x)
	}
	dst.Set(out)
	return nil
}

// idOf is the id field of elements of a type; nil when there is none.
func idOf(t reflect.Type) ([]int, error) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || special(t) {
		return nil, nil
	}
	p, err := planOf(t)
	if err != nil {
		return nil, err
	}
	return p.id, nil
}

// set reads a set into a slice or an any.
func (r reader) set(s Set, dst reflect.Value) error {
	var list []any
	for v := range s.All() {
		list = append(list, v.Any())
	}
	return r.plain(list, dst)
}

// plain reads a plain Go value, as Value.Any gives it, into dst.
func (r reader) plain(x any, dst reflect.Value) error {
	t := dst.Type()
	switch {
	case t == typeValue:
		v, err := NewValue(x)
		dst.Set(reflect.ValueOf(v))
		return err
	case t == typeCid:
		c, ok := x.(cid.Cid)
		if !ok {
			return mismatch(x, t)
		}
		dst.Set(reflect.ValueOf(c))
		return nil
	case textual(t):
		s, ok := x.(string)
		if !ok {
			return mismatch(x, t)
		}
		if err := dst.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
			return fmt.Errorf("%w: %w", err, ErrMalformed)
		}
		return nil
	case special(t):
		return mismatch(x, t)
	case t.Kind() == reflect.Pointer:
		if x == nil {
			dst.SetZero()
			return nil
		}
		p := reflect.New(t.Elem())
		dst.Set(p)
		return r.plain(x, p.Elem())
	case t == typeAny:
		if x == nil {
			dst.SetZero()
		} else {
			dst.Set(reflect.ValueOf(x))
		}
		return nil
	}
	return r.scalar(x, dst)
}

// scalar reads a plain value into a type that is held as its kind says.
func (r reader) scalar(x any, dst reflect.Value) error {
	t := dst.Type()
	fits := false
	switch y := x.(type) {
	case nil:
		if fits = t.Kind() == reflect.Slice || t.Kind() == reflect.Map; fits {
			dst.SetZero()
		}
	case bool:
		if fits = t.Kind() == reflect.Bool; fits {
			dst.SetBool(y)
		}
	case string:
		if fits = t.Kind() == reflect.String; fits {
			dst.SetString(y)
		}
	case []byte:
		if fits = isBytes(t); fits {
			dst.SetBytes(y)
		}
	case int64, uint64, float64:
		fits = number(y, dst)
	case []any:
		return r.elements(y, dst)
	case map[string]any:
		return r.entries(y, dst)
	}
	if !fits {
		return mismatch(x, t)
	}
	return nil
}

// number sets dst to a number, if its type can hold exactly that.
func number(x any, dst reflect.Value) bool {
	switch k := dst.Kind(); {
	case k >= reflect.Int && k <= reflect.Int64:
		n, ok := x.(int64)
		if ok = ok && !dst.OverflowInt(n); ok {
			dst.SetInt(n)
		}
		return ok
	case k >= reflect.Uint && k <= reflect.Uintptr:
		n, ok := x.(uint64)
		if m, small := x.(int64); small && m >= 0 {
			n, ok = uint64(m), true
		}
		if ok = ok && !dst.OverflowUint(n); ok {
			dst.SetUint(n)
		}
		return ok
	case k == reflect.Float32 || k == reflect.Float64:
		f, ok := toFloat(x)
		if ok = ok && (k == reflect.Float64 || float64(float32(f)) == f); ok {
			dst.SetFloat(f)
		}
		return ok
	}
	return false
}

// toFloat gives a number as a float, if that is the same number.
func toFloat(x any) (float64, bool) {
	switch n := x.(type) {
	case float64:
		return n, true
	case int64:
		f := float64(n)
		return f, f < 1<<63 && int64(f) == n
	case uint64:
		f := float64(n)
		return f, f < math.MaxUint64 && uint64(f) == n
	}
	return 0, false
}

// elements reads a plain list into a slice.
func (r reader) elements(list []any, dst reflect.Value) error {
	t := dst.Type()
	if t.Kind() != reflect.Slice || isBytes(t) {
		return mismatch(list, t)
	}
	out := reflect.MakeSlice(t, len(list), len(list))
	for k, x := range list {
		if err := r.plain(x, out.Index(k)); err != nil {
			return inside(strconv.Itoa(k), err)
		}
	}
	dst.Set(out)
	return nil
}

// entries reads a plain map into a struct or a Go map.
func (r reader) entries(m map[string]any, dst reflect.Value) error {
	t := dst.Type()
	if t.Kind() == reflect.Map && t.Key().Kind() == reflect.String {
		out := reflect.MakeMapWithSize(t, len(m))
		for _, key := range slices.Sorted(maps.Keys(m)) {
			v := reflect.New(t.Elem()).Elem()
			if err := r.plain(m[key], v); err != nil {
				return inside(key, err)
			}
			out.SetMapIndex(reflect.ValueOf(key).Convert(t.Key()), v)
		}
		dst.Set(out)
		return nil
	}
	if t.Kind() != reflect.Struct {
		return mismatch(m, t)
	}
	p, err := planOf(t)
	if err != nil {
		return err
	}
	for k := range p.fields {
		f := &p.fields[k]
		if x, ok := m[f.key]; ok {
			if err := r.plain(x, dst.FieldByIndex(f.index)); err != nil {
				return inside(f.key, err)
			}
		}
	}
	return nil
}
