package trace

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// Read reads one trace of either format, gzip or plain JSON, told apart by the
// first two bytes. The error wraps ErrMalformed or ErrLimit, or is the one of
// r. It reads r to its end, and unpacks it before it looks: given a slow reader
// the JSON decoder goes over white space again at every piece.
func Read(r io.Reader) (*Trace, error) {
	plain, err := unpack(bufio.NewReader(r), MaxBytes)
	if err != nil {
		return nil, classify(err)
	}
	d := &decoder{dec: json.NewDecoder(bytes.NewReader(plain))}
	if err := d.document(); err != nil {
		return nil, classify(err)
	}
	return d.finish()
}

// unpack reads all of r, through gzip if it begins so; more than limit bytes
// are refused when that many are held, however many follow.
func unpack(r *bufio.Reader, limit int) ([]byte, error) {
	var src io.Reader = r
	if head, _ := r.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		src = z
	}
	plain, err := io.ReadAll(io.LimitReader(src, int64(limit)+1))
	if err == nil && len(plain) > limit {
		err = fmt.Errorf("%w: more than %d bytes of JSON", ErrLimit, limit)
	}
	return plain, err
}

// classify makes syntax errors of the JSON and gzip readers ErrMalformed;
// typed errors and those of the underlying reader stay as they are.
func classify(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, ErrMalformed), errors.Is(err, ErrLimit):
		return err
	case errors.As(err, &syntax), errors.As(err, &kind), errors.As(err, &corrupt),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return fmt.Errorf("trace: reading: %w", err)
}

// decoder builds a Trace while the JSON goes by, one transaction at a time, so
// that no limit is passed by more than one transaction.
type decoder struct {
	dec   *json.Decoder
	t     Trace
	start string // startContent
	kind  string
	text  []byte   // all insertions, one after another
	ends  []uint32 // where each edit's insertion ends in text
}

// rawTxn is a transaction as the file spells it.
type rawTxn struct {
	Parents []uint32   `json:"parents"`
	Agent   uint32     `json:"agent"`
	Patches []rawPatch `json:"patches"`
}

// rawPatch is one edit, spelled [pos, deleted, inserted].
type rawPatch struct {
	pos, del uint32
	ins      string
}

// UnmarshalJSON reads the three-element array. The decoder hands it complete
// JSON values only, so cutting at commas is exact: the first two elements must
// be numbers and the rest must be one string.
func (p *rawPatch) UnmarshalJSON(b []byte) error {
	inner, ok := bytes.CutPrefix(bytes.TrimSpace(b), []byte("["))
	inner, ok2 := bytes.CutSuffix(inner, []byte("]"))
	first, rest, ok3 := bytes.Cut(inner, []byte(","))
	second, third, ok4 := bytes.Cut(rest, []byte(","))
	if !ok || !ok2 || !ok3 || !ok4 {
		return fmt.Errorf("%w: patch is not [pos, deleted, inserted]", ErrMalformed)
	}
	pos, err := strconv.ParseUint(string(bytes.TrimSpace(first)), 10, 32)
	if err != nil {
		return fmt.Errorf("%w: position: %w", ErrMalformed, err)
	}
	del, err := strconv.ParseUint(string(bytes.TrimSpace(second)), 10, 32)
	if err != nil {
		return fmt.Errorf("%w: deleted: %w", ErrMalformed, err)
	}
	third = bytes.TrimSpace(third)
	if len(third) == 0 || third[0] != '"' {
		return fmt.Errorf("%w: inserted is not a string", ErrMalformed)
	}
	if err := json.Unmarshal(third, &p.ins); err != nil {
		return fmt.Errorf("%w: inserted: %w", ErrMalformed, err)
	}
	p.pos, p.del = uint32(pos), uint32(del)
	return nil
}

// document reads the one JSON object of a trace and the end of the file.
func (d *decoder) document() error {
	if err := d.delim('{'); err != nil {
		return err
	}
	had := map[string]bool{}
	for d.dec.More() {
		tok, err := d.dec.Token()
		if err != nil {
			return err
		}
		key, _ := tok.(string)
		if had[key] {
			return fmt.Errorf("%w: key %q twice", ErrMalformed, key)
		}
		had[key] = true
		if err := d.field(key); err != nil {
			return err
		}
	}
	if err := d.delim('}'); err != nil {
		return err
	}
	if _, err := d.dec.Token(); !errors.Is(err, io.EOF) {
		if err != nil {
			return err
		}
		return fmt.Errorf("%w: bytes after the trace", ErrMalformed)
	}
	if !had["txns"] || !had["endContent"] {
		return fmt.Errorf("%w: no txns or no endContent", ErrMalformed)
	}
	return nil
}

// field reads the value of one key of the trace; unknown keys are passed over.
func (d *decoder) field(key string) error {
	switch key {
	case "startContent":
		return d.dec.Decode(&d.start)
	case "endContent":
		return d.dec.Decode(&d.t.End)
	case "kind":
		return d.dec.Decode(&d.kind)
	case "numAgents":
		return d.dec.Decode(&d.t.Agents)
	case "txns":
		return d.txns()
	}
	var skipped json.RawMessage
	return d.dec.Decode(&skipped)
}

// delim reads one bracket.
func (d *decoder) delim(want json.Delim) error {
	tok, err := d.dec.Token()
	if err != nil {
		return err
	}
	if tok != want {
		return fmt.Errorf("%w: %v where %v belongs", ErrMalformed, tok, want)
	}
	return nil
}

// txns reads the array of transactions.
func (d *decoder) txns() error {
	if err := d.delim('['); err != nil {
		return err
	}
	for d.dec.More() {
		var x rawTxn
		if err := d.dec.Decode(&x); err != nil {
			return err
		}
		if err := d.add(&x); err != nil {
			return fmt.Errorf("transaction %d: %w", len(d.t.Txns), err)
		}
	}
	return d.delim(']')
}

// add appends one transaction with its edits, within the limits. Whether what
// it names exists is checked when the whole trace is known.
func (d *decoder) add(x *rawTxn) error {
	t := &d.t
	if len(t.Txns) >= MaxTxns || len(t.Edits)+len(x.Patches) > MaxEdits || len(x.Parents) > MaxParents {
		return fmt.Errorf("%w: %d transactions, %d edits, %d parents",
			ErrLimit, len(t.Txns)+1, len(t.Edits)+len(x.Patches), len(x.Parents))
	}
	if x.Patches == nil {
		return fmt.Errorf("%w: no patches", ErrMalformed)
	}
	first, parents := uint32(len(t.Edits)), uint32(len(t.parents))
	for i := range x.Patches {
		p := &x.Patches[i]
		if len(d.text)+len(p.ins) > MaxText {
			return fmt.Errorf("%w: more than %d bytes inserted", ErrLimit, MaxText)
		}
		d.text = append(d.text, p.ins...)
		d.ends = append(d.ends, uint32(len(d.text)))
		t.Edits = append(t.Edits, Edit{Pos: p.pos, Del: p.del})
	}
	t.parents = append(t.parents, x.Parents...)
	t.Txns = append(t.Txns, Txn{
		First: first, End: uint32(len(t.Edits)), Agent: x.Agent,
		parents: parents, parentsEnd: uint32(len(t.parents)),
	})
	return nil
}

// finish gives every edit its words, links the transactions and checks what
// they name.
func (d *decoder) finish() (*Trace, error) {
	t := &d.t
	all := string(d.text)
	from := uint32(0)
	for i := range t.Edits {
		t.Edits[i].Ins = all[from:d.ends[i]]
		from = d.ends[i]
	}
	switch d.kind {
	case "concurrent":
		t.Concurrent = true
		if d.start != "" {
			return nil, fmt.Errorf("%w: a concurrent trace begins empty", ErrMalformed)
		}
	case "":
		t.sequential(d.start)
	default:
		return nil, fmt.Errorf("%w: kind %q", ErrMalformed, d.kind)
	}
	if err := t.link(); err != nil {
		return nil, err
	}
	if !t.Concurrent {
		if err := t.bounds(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// sequential turns the transactions into the chain of a single agent. A start
// text becomes a first transaction, so that every trace begins empty.
func (t *Trace) sequential(start string) {
	t.Agents = 1
	if start != "" {
		t.Edits = append([]Edit{{Ins: start}}, t.Edits...)
		for i := range t.Txns {
			t.Txns[i].First++
			t.Txns[i].End++
		}
		t.Txns = append([]Txn{{End: 1}}, t.Txns...)
	}
	t.parents = t.parents[:0]
	for i := range t.Txns {
		x := &t.Txns[i]
		x.Agent, x.parents = 0, uint32(len(t.parents))
		if i > 0 {
			t.parents = append(t.parents, uint32(i-1))
		}
		x.parentsEnd = uint32(len(t.parents))
	}
}

// link checks agents and parents and fills Seq and what Seen returns.
func (t *Trace) link() error {
	if t.Agents < 0 || t.Agents > MaxAgents || int64(t.Agents)*int64(len(t.Txns)) > MaxClock {
		return fmt.Errorf("%w: %d agents, %d transactions", ErrLimit, t.Agents, len(t.Txns))
	}
	t.seen = make([]uint32, t.Agents*len(t.Txns))
	made := make([]uint32, t.Agents) // transactions of each agent so far
	for i := range t.Txns {
		x := &t.Txns[i]
		if int64(x.Agent) >= int64(t.Agents) {
			return fmt.Errorf("%w: transaction %d by agent %d of %d", ErrMalformed, i, x.Agent, t.Agents)
		}
		seen := t.Seen(i)
		for j, p := range t.ParentsOf(i) {
			if int64(p) >= int64(i) || j > 0 && p <= t.ParentsOf(i)[j-1] {
				return fmt.Errorf("%w: parents of transaction %d: %v", ErrMalformed, i, t.ParentsOf(i))
			}
			for a, n := range t.Seen(int(p)) {
				seen[a] = max(seen[a], n)
			}
			by := &t.Txns[p]
			seen[by.Agent] = max(seen[by.Agent], by.Seq+1)
		}
		if seen[x.Agent] != made[x.Agent] {
			return fmt.Errorf("%w: transaction %d does not follow its agent's last one", ErrMalformed, i)
		}
		x.Seq = made[x.Agent]
		made[x.Agent]++
	}
	return nil
}

// bounds checks that the edits of a sequential trace stay within the text.
func (t *Trace) bounds() error {
	length := int64(0)
	for i := range t.Edits {
		e := &t.Edits[i]
		if int64(e.Pos)+int64(e.Del) > length {
			return fmt.Errorf("%w: edit %d reaches to %d in a text of %d",
				ErrMalformed, i, int64(e.Pos)+int64(e.Del), length)
		}
		length += int64(utf8.RuneCountInString(e.Ins)) - int64(e.Del)
	}
	return nil
}
