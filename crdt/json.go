package crdt

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/shape"
)

// MarshalJSON gives the work as JSON, keys in order of bytes. Under one name the
// root map's key stands before the root containers, in the order map, list,
// text, set, counter, tree. A text is a string, a set a list, a tree the list of
// its nodes ([Tree.MarshalJSON]); bytes are
// {"/":{"bytes":…}} and links {"/":…}, as in DAG-JSON; a withheld value is
// null. Two replicas that show the same give the same bytes.
func (v *View) MarshalJSON() ([]byte, error) {
	if b, ok := v.summaryJSON(); ok {
		return b, nil
	}
	return Value{kind: workValue, at: place{v, shape.NoPlace}}.MarshalJSON()
}

// MarshalJSON gives the map as JSON; see [View.MarshalJSON].
func (m Map) MarshalJSON() ([]byte, error) {
	w := jsonWriter{}
	w.object(m)
	return w.finish()
}

// MarshalJSON gives the list as a JSON array.
func (l List) MarshalJSON() ([]byte, error) {
	w := jsonWriter{}
	w.list(l)
	return w.finish()
}

// MarshalJSON gives the text as a JSON string.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// MarshalJSON gives the set as a JSON array.
func (s Set) MarshalJSON() ([]byte, error) {
	w := jsonWriter{}
	w.set(s)
	return w.finish()
}

// MarshalJSON gives the sum, an error when it lies outside int64.
func (c Counter) MarshalJSON() ([]byte, error) {
	n, err := c.Int()
	return strconv.AppendInt(nil, n, 10), err
}

// MarshalJSON gives the value as JSON; one that does not exist is null.
func (v Value) MarshalJSON() ([]byte, error) {
	w := jsonWriter{}
	w.value(v)
	return w.finish()
}

// jsonWriter writes one JSON value. Containers nest as deep as strangers make them, so
// it keeps a stack of its own: each container that has begun says what comes next in it,
// and whether that was its end.
type jsonWriter struct {
	b    []byte
	err  error
	open []func() (ended bool) // the innermost last
}

// finish writes what is left, and gives all.
func (w *jsonWriter) finish() ([]byte, error) {
	for n := len(w.open); n > 0; n = len(w.open) {
		if w.open[n-1]() {
			w.open = w.open[:n-1]
		}
	}
	return w.b, w.err
}

// begin begins a container of n parts: part writes one, or begins it.
func (w *jsonWriter) begin(brackets string, n int, part func(k int)) {
	w.b = append(w.b, brackets[0])
	k := 0
	w.open = append(w.open, func() bool {
		if k == n {
			w.b = append(w.b, brackets[1])
			return true
		}
		if k > 0 {
			w.b = append(w.b, ',')
		}
		k++
		part(k - 1)
		return false
	})
}

// rank orders the kinds that may stand under one root name.
var rank = map[block.Kind]int{block.KindMap: 1, block.KindList: 2, block.KindText: 3, block.KindSet: 4, block.KindCounter: 5, block.KindTree: 6}

// names writes the work: the keys of the root map and the root containers.
func (w *jsonWriter) names(v *View) {
	keys, shown := v.shown()
	w.begin("{}", len(keys), func(k int) {
		w.key(keys[k])
		w.value(shown[keys[k]])
	})
}

// shown is what the work shows under which names, and the names in order.
func (v *View) shown() (keys []string, shown map[string]Value) {
	shown = map[string]Value{}
	for key, val := range v.All() {
		shown[key] = val
	}
	for _, r := range v.roots() {
		if _, ok := shown[r.name]; !ok {
			shown[r.name] = Value{kind: containerValue, at: place{v, r.at}}
		}
	}
	keys = make([]string, 0, len(shown))
	for k := range shown {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys, shown
}

// rootName is a root container in which the view shows something.
type rootName struct {
	name string
	kind block.Kind
	at   int32
}

// roots are the root containers that show something, by name and rank.
func (v *View) roots() []rootName {
	v.lock()
	s := v.state()
	var out []rootName
	v.d.t.Roots(func(p int32, pl *shape.Place) {
		if (pl.Name != "" || pl.Kind != block.KindMap) && s.Shows(p) {
			out = append(out, rootName{pl.Name, pl.Kind, p})
		}
	})
	v.unlock()
	slices.SortFunc(out, func(a, b rootName) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return rank[a.kind] - rank[b.kind]
	})
	return out
}

// key writes a key.
func (w *jsonWriter) key(key string) {
	w.string(key)
	w.b = append(w.b, ':')
}

// string writes a string.
func (w *jsonWriter) string(s string) {
	b, err := json.Marshal(s)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.b = append(w.b, b...)
}

// object writes a map.
func (w *jsonWriter) object(m Map) {
	var keys []string
	var values []Value
	for key, v := range m.All() {
		keys, values = append(keys, key), append(values, v)
	}
	w.begin("{}", len(keys), func(k int) {
		w.key(keys[k])
		w.value(values[k])
	})
}

// list writes a list.
func (w *jsonWriter) list(l List) {
	var values []Value
	for _, v := range l.All() {
		values = append(values, v)
	}
	w.begin("[]", len(values), func(k int) { w.value(values[k]) })
}

// set writes a set.
func (w *jsonWriter) set(s Set) {
	values := slices.Collect(s.All())
	w.begin("[]", len(values), func(k int) { w.value(values[k]) })
}

// value writes a value.
func (w *jsonWriter) value(v Value) {
	switch v.kind {
	case workValue:
		w.names(v.at.v)
		return
	case nodeValue, nodesValue:
		w.writeNode(v)
		return
	case containerValue:
	default:
		w.plain(v.Any())
		return
	}
	switch c := v.at.handle().(type) {
	case Map:
		w.object(c)
	case List:
		w.list(c)
	case Set:
		w.set(c)
	case Tree:
		w.tree(c)
	case Text:
		w.string(c.String())
	case Counter:
		n, err := c.Int()
		if err != nil && w.err == nil {
			w.err = err
		}
		w.b = strconv.AppendInt(w.b, n, 10)
	}
}

// plain writes a plain Go value. Numbers are exact: a float that is a whole
// number is written with a fraction, so that it stays one.
func (w *jsonWriter) plain(v any) {
	switch x := v.(type) {
	case nil:
		w.b = append(w.b, "null"...)
	case bool:
		w.b = strconv.AppendBool(w.b, x)
	case int64:
		w.b = strconv.AppendInt(w.b, x, 10)
	case uint64:
		w.b = strconv.AppendUint(w.b, x, 10)
	case float64:
		w.float(x)
	case string:
		w.string(x)
	case []byte:
		w.b = append(w.b, `{"/":{"bytes":"`...)
		w.b = base64.RawStdEncoding.AppendEncode(w.b, x)
		w.b = append(w.b, `"}}`...)
	case cid.Cid:
		w.b = append(w.b, `{"/":`...)
		w.string(x.String())
		w.b = append(w.b, '}')
	case []any:
		w.b = append(w.b, '[')
		for k, y := range x {
			if k > 0 {
				w.b = append(w.b, ',')
			}
			w.plain(y)
		}
		w.b = append(w.b, ']')
	case map[string]any:
		w.plainMap(x)
	}
}

// plainMap writes a plain map by key.
func (w *jsonWriter) plainMap(m map[string]any) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	w.b = append(w.b, '{')
	for k, key := range keys {
		if k > 0 {
			w.b = append(w.b, ',')
		}
		w.key(key)
		w.plain(m[key])
	}
	w.b = append(w.b, '}')
}

// float writes a float in the shortest form that reads back the same.
func (w *jsonWriter) float(x float64) {
	n := len(w.b)
	w.b = strconv.AppendFloat(w.b, x, 'g', -1, 64)
	if x == math.Trunc(x) && !strings.ContainsAny(string(w.b[n:]), ".e") {
		w.b = append(w.b, ".0"...)
	}
}
