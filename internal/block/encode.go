package block

import (
	"fmt"
	"math"
	"reflect"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"
)

// cborLink is what cbor encodes as tag 42: 00 and the bytes of a CID. The type
// cid.Cid itself would silently become something else.
type cborLink []byte

// The modes of cbor that write and read our spelling of values. Reading is
// always preceded by CheckValue, which is stricter than any option.
var cborEnc, cborDec = cborModes()

// cborModes returns the two modes. Their options are constants, so an error is
// our mistake.
func cborModes() (cbor.EncMode, cbor.DecMode) {
	tags := cbor.NewTagSet()
	required := cbor.TagOptions{EncTag: cbor.EncTagRequired, DecTag: cbor.DecTagRequired}
	err := tags.Add(required, reflect.TypeFor[cborLink](), 42)
	if err != nil {
		panic(fmt.Sprintf("block: tag 42: %v", err))
	}
	enc, err := cbor.EncOptions{
		Sort:          cbor.SortLengthFirst,
		ShortestFloat: cbor.ShortestFloatNone,
		NaNConvert:    cbor.NaNConvertReject,
		InfConvert:    cbor.InfConvertReject,
		IndefLength:   cbor.IndefLengthForbidden,
		NilContainers: cbor.NilContainerAsEmpty,
	}.EncModeWithTags(tags)
	if err != nil {
		panic(fmt.Sprintf("block: encoding mode: %v", err))
	}
	dec, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  MaxDepth + 1, // the tag of a link counts as a level
		MaxArrayElements: math.MaxInt32,
		MaxMapPairs:      math.MaxInt32,
		IndefLength:      cbor.IndefLengthForbidden,
		DefaultMapType:   reflect.TypeFor[map[string]any](),
		UTF8:             cbor.UTF8RejectInvalid,
		NaN:              cbor.NaNDecodeForbidden,
		Inf:              cbor.InfDecodeForbidden,
		BignumTag:        cbor.BignumTagForbidden,
	}.DecModeWithTags(tags)
	if err != nil {
		panic(fmt.Sprintf("block: decoding mode: %v", err))
	}
	return enc, dec
}

// EncodeValue returns the one spelling of v: nil, bool, any Go integer,
// float32, float64, string, []byte, []any, map[string]any or cid.Cid, of just
// these types. Floats are written in 64 bits, minus zero stays itself, nil
// slices and maps are empty ones. Other types, NaN and infinities, text that
// is not UTF-8 and CIDs that this format does not spell are ErrMalformed; more
// than MaxDepth arrays and maps around one part, keys above MaxMapKey and
// values above MaxContent are ErrLimit. CheckValue accepts what it returns.
func EncodeValue(v any) ([]byte, error) {
	p := preparer{room: MaxContent}
	v, err := p.prepare(v, 0)
	if err != nil {
		return nil, err
	}
	b, err := cborEnc.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("block: value: %w: %w", err, ErrMalformed)
	}
	if len(b) > MaxContent {
		return nil, fmt.Errorf("block: value of %d bytes, over %d: %w", len(b), MaxContent, ErrLimit)
	}
	return b, nil
}

// preparer makes of a Go value one that cbor encodes as we want it.
type preparer struct {
	room int // bytes that the parts still to come may take at least
}

// take counts n bytes of the encoding, a lower bound. It ends values that hold
// few parts but each very many times.
func (p *preparer) take(n int) error {
	if n > p.room {
		return fmt.Errorf("block: value of more than %d bytes: %w", MaxContent, ErrLimit)
	}
	p.room -= n
	return nil
}

// prepare returns v, around which depth arrays and maps are open, in the types
// that cbor knows. It copies containers and never changes them; it recurses at
// most MaxDepth levels.
func (p *preparer) prepare(v any, depth int) (any, error) {
	if err := p.take(1); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil, bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return v, nil
	case float32:
		return float64(v), nil
	case float64: // cbor refuses NaN and infinities
		return v, nil
	case string:
		return v, p.text(v, MaxContent)
	case []byte:
		return v, p.take(len(v))
	case cid.Cid:
		return prepareLink(v)
	case []any:
		return p.list(v, depth)
	case map[string]any:
		return p.entries(v, depth)
	}
	return nil, fmt.Errorf("block: a value cannot hold a %T: %w", v, ErrMalformed)
}

// text checks a string of at most limit bytes.
func (p *preparer) text(s string, limit int) error {
	if len(s) > limit {
		return fmt.Errorf("block: text of %d bytes, over %d: %w", len(s), limit, ErrLimit)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("block: text %.40q is not UTF-8: %w", s, ErrMalformed)
	}
	return p.take(len(s))
}

// prepareLink returns the link for a CID.
func prepareLink(c cid.Cid) (any, error) {
	if _, err := ChangeID(c); err != nil {
		if _, err := ContentID(c); err != nil {
			return nil, err
		}
	}
	return cborLink("\x00" + c.KeyString()), nil
}

// list prepares the items of a list.
func (p *preparer) list(v []any, depth int) (any, error) {
	if depth == MaxDepth {
		return nil, errDeep()
	}
	items := make([]any, len(v))
	for i := range v {
		var err error
		if items[i], err = p.prepare(v[i], depth+1); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// entries prepares the entries of a map.
func (p *preparer) entries(v map[string]any, depth int) (any, error) {
	if depth == MaxDepth {
		return nil, errDeep()
	}
	entries := make(map[string]any, len(v))
	for k, item := range v {
		if err := p.text(k, MaxMapKey); err != nil {
			return nil, err
		}
		item, err := p.prepare(item, depth+1)
		if err != nil {
			return nil, err
		}
		entries[k] = item
	}
	return entries, nil
}

// errDeep returns the error for a value that is nested too deep.
func errDeep() error {
	return fmt.Errorf("block: value nested deeper than %d: %w", MaxDepth, ErrLimit)
}

// DecodeValue returns the value that b spells, the inverse of EncodeValue: nil,
// bool, int64 (uint64 above its range), float64, string, []byte, []any,
// map[string]any or cid.Cid, nothing of which aliases b. What CheckValue does
// not accept whole is refused with its error, bytes left over as ErrMalformed.
func DecodeValue(b []byte) (any, error) {
	rest, err := CheckValue(b)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("block: %d bytes after a value: %w", len(rest), ErrMalformed)
	}
	var v any
	if err := cborDec.Unmarshal(b, &v); err != nil { // not seen, but cbor's limits are its own
		return nil, fmt.Errorf("block: value: %w: %w", err, ErrMalformed)
	}
	return restore(v), nil
}

// restore turns what cbor read into the types of DecodeValue, in place. Values
// that CheckValue accepted are at most MaxDepth levels deep.
func restore(v any) any {
	switch v := v.(type) {
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v)
		}
	case cborLink:
		return ID(v[1+len(changePrefix):]).cid(uint64(v[2])) // 00, version, codec, hash, length, digest
	case []any:
		for i := range v {
			v[i] = restore(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = restore(v[k])
		}
	}
	return v
}
