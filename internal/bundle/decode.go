package bundle

import "fmt"

// Decode reads a frame of both halves into b, which it empties first; on an
// error b stays empty. The slices of b point into data, or into memory of their
// own when data is packed, and have no room to append. Errors: ErrMalformed,
// ErrLimit, ErrCorrupt, ErrVersion.
func Decode(data []byte, b *Bundle) error {
	b.reset()
	body, err := open(data, kindBoth)
	if err != nil {
		return err
	}
	r := reader{rest: body}
	if r.changes(b); r.err == nil {
		r.words(b)
	}
	return r.end(b)
}

// DecodeChanges reads a frame of the history half into b, which it empties
// first; all words are absent. Slices and errors as Decode.
func DecodeChanges(data []byte, b *Bundle) error {
	b.reset()
	body, err := open(data, kindChanges)
	if err != nil {
		return err
	}
	r := reader{rest: body}
	r.changes(b)
	return r.end(b)
}

// DecodeWords reads a frame of the other half into the items of b, which
// DecodeChanges has filled. A frame with another number of items is refused as
// ErrMalformed: it belongs to other changes. After an error all words of b are
// absent and the rest of it is as before. Slices and errors as Decode.
func DecodeWords(data []byte, b *Bundle) error {
	body, err := open(data, kindWords)
	if err == nil {
		r := reader{rest: body}
		r.words(b)
		if r.err == nil && len(r.rest) > 0 {
			r.fail("%d bytes follow the last item", len(r.rest))
		}
		err = r.err
	}
	if err != nil {
		for i := range b.Items {
			b.Items[i].Words = nil
		}
	}
	return err
}

// reader takes fields off the front of a body. After the first error it takes
// no more: err is set and rest is what it was.
type reader struct {
	rest []byte
	err  error
}

// fail notes the first error.
func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format+": %w", append(args, ErrMalformed)...)
	}
}

// end refuses bytes after the last field, and empties b if anything failed.
func (r *reader) end(b *Bundle) error {
	if r.err == nil && len(r.rest) > 0 {
		r.fail("%d bytes follow the last field", len(r.rest))
	}
	if r.err != nil {
		b.reset()
	}
	return r.err
}

// uvarint takes a number in its shortest form. No body is longer than MaxBody,
// so four bytes hold every number that can be right.
func (r *reader) uvarint() int {
	n := 0
	for i := 0; i < len(r.rest) && i < maxLength; i++ {
		c := r.rest[i]
		n |= int(c&0x7f) << (7 * i)
		if c < 0x80 {
			if c == 0 && i > 0 {
				break
			}
			r.rest = r.rest[i+1:]
			return n
		}
	}
	r.fail("no number in its shortest form, %d bytes before the end", len(r.rest))
	return 0
}

// changes takes the body of kind 'c' into b, which is empty.
func (r *reader) changes(b *Bundle) {
	if len(r.rest) < len(b.Work) {
		r.fail("%d bytes are no work id", len(r.rest))
		return
	}
	r.rest = r.rest[copy(b.Work[:], r.rest):]
	items, sigs := r.uvarint(), r.uvarint()
	if r.err == nil && int64(items)*(MinChange+1)+int64(sigs)*sigSize > int64(len(r.rest)) {
		r.fail("%d changes and %d signatures claimed in %d bytes", items, sigs, len(r.rest))
	}
	if r.err != nil {
		return
	}
	b.Items = grow(b.Items, items)
	for i := range b.Items {
		if b.Items[i].Change = r.block(MinChange, 0); r.err != nil {
			return
		}
	}
	if sigs > len(r.rest)/sigSize {
		r.fail("%d signatures claimed in %d bytes", sigs, len(r.rest))
		return
	}
	b.Sigs = grow(b.Sigs, sigs)
	for i := range b.Sigs {
		s := &b.Sigs[i]
		r.rest = r.rest[copy(s.Change[:], r.rest):]
		r.rest = r.rest[copy(s.Sig[:], r.rest):]
	}
}

// words takes the body of kind 'w' into the items of b.
func (r *reader) words(b *Bundle) {
	if n := r.uvarint(); r.err == nil && n != len(b.Items) {
		r.fail("words of %d changes for %d changes", n, len(b.Items))
	}
	for i := range b.Items {
		if r.err != nil {
			return
		}
		if len(r.rest) > 0 && r.rest[0] == 0 {
			b.Items[i].Words, r.rest = nil, r.rest[1:]
			continue
		}
		b.Items[i].Words = r.block(1, 1)
	}
}

// block takes a length and that many bytes, less the bias the length was stored
// with. The stored number is at least least. Common case first: most blocks are
// shorter than 16 KiB, so their length takes two bytes.
func (r *reader) block(least, bias int) []byte {
	var n int
	if p := r.rest; len(p) > 2 && p[0] >= 0x80 && p[1] < 0x80 && p[1] > 0 {
		n, r.rest = int(p[0]&0x7f)|int(p[1])<<7, p[2:]
	} else if n = r.uvarint(); r.err != nil {
		return nil
	}
	if n < least || n-bias > len(r.rest) {
		r.fail("a block of %d bytes, %d are left", n-bias, len(r.rest))
		return nil
	}
	n -= bias
	block := r.rest[:n:n]
	r.rest = r.rest[n:]
	return block
}

// grow returns s, which is empty, with length n, in its old memory where that
// suffices. The caller overwrites all of it, but for what reset has cleared.
func grow[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	return make([]T, n)
}
