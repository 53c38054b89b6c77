package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// kindState is the kind of the frames of a state section.
const kindState = 's'

// stateVersion is the version of the state section. Whoever does not know it opens
// the pack without.
const stateVersion = 1

// Limits of the state section. A work that shows more has none.
const (
	// maxState bounds what the names and values take together, and pieceBytes what a
	// frame holds of it.
	maxState   = 256 << 20
	pieceBytes = 4 << 20
	// maxNames and maxHeads bound how many there are.
	maxNames = 1 << 18
	maxHeads = 1 << 16
)

// state is what a state section says: what the work shows, and which changes make
// it show that.
type state struct {
	sum     digest // after the last group
	summary bridge.Summary
}

// frames returns the payloads of the frames of the section, nil when the work cannot
// have one.
func (s *state) frames() [][]byte {
	sum := &s.summary
	if len(sum.Genesis) == 0 || len(sum.Names) > maxNames || len(sum.Heads) > maxHeads {
		return nil
	}
	total := 0
	for k := range sum.Names {
		x := &sum.Names[k]
		if total += len(x.Name) + len(x.Value); total > maxState || x.How == bridge.AsJSON && !json.Valid(x.Value) {
			return nil
		}
	}
	table, all := s.table()
	own := stateSum(table, all)
	out := [][]byte{append(append([]byte{stateVersion}, own[:]...), table...)}
	for len(all) > 0 {
		piece := all[:min(len(all), pieceBytes)]
		all = all[len(piece):]
		p := squeeze(nil, piece, colWords, true)
		if n := uint64(len(piece)); n > maxRatio*uint64(len(p))+ratioSlack {
			p = append(p, make([]byte, (n-ratioSlack)/maxRatio+1-uint64(len(p)))...)
		}
		out = append(out, p)
	}
	return out
}

// table returns what the first frame says behind the checksum, and the names and values
// together.
func (s *state) table() (table, all []byte) {
	sum := &s.summary
	table = append(table, s.sum[:]...)
	table = binary.AppendUvarint(table, uint64(sum.Changes))
	table = binary.AppendUvarint(table, uint64(len(sum.Heads)))
	for _, id := range sum.Heads {
		table = append(table, id[:]...)
	}
	table = binary.AppendUvarint(table, uint64(len(sum.Genesis)))
	table = append(table, sum.Genesis...)
	table = binary.AppendUvarint(table, uint64(len(sum.Names)))
	for k := range sum.Names {
		x := &sum.Names[k]
		table = append(table, byte(x.How))
		table = binary.AppendUvarint(table, uint64(len(x.Name)))
		table = binary.AppendUvarint(table, uint64(len(x.Value)))
		all = append(append(all, x.Name...), x.Value...)
	}
	return table, all
}

// stateSum is the checksum of a section.
func stateSum(table, all []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(table)
	h.Write(all)
	h.Sum(sum[:0])
	return sum
}

// readState is the inverse of state.frames. The result keeps nothing of the payloads.
func readState(payloads [][]byte) (*state, error) {
	if len(payloads) == 0 {
		return nil, fmt.Errorf("pack: no state section: %w", ErrMalformed)
	}
	p := payloads[0]
	switch {
	case len(p) == 0 || p[0] != stateVersion:
		return nil, fmt.Errorf("pack: state section: %w", ErrVersion)
	case len(p) < 1+2*sha256.Size:
		return nil, fmt.Errorf("pack: state section of %d bytes: %w", len(p), ErrMalformed)
	}
	own, table := [sha256.Size]byte(p[1:]), p[1+sha256.Size:]
	s, lens, err := readTable(table)
	if err != nil {
		return nil, err
	}
	all, err := readPieces(payloads[1:], lens)
	if err != nil {
		return nil, err
	}
	if stateSum(table, all) != own {
		return nil, fmt.Errorf("pack: state section: %w", ErrCorrupt)
	}
	return s, s.fill(lens, all)
}

// readTable reads the table, and gives the lengths of names and values.
func readTable(p []byte) (s *state, lens []int, err error) {
	s = &state{}
	p = p[copy(s.sum[:], p):]
	take := func(limit uint64, what string) uint64 {
		var v uint64
		if err != nil {
			return 0
		}
		if v, p, err = uvarint(p); err == nil && v > limit {
			err = fmt.Errorf("pack: state section with %d %s: %w", v, what, ErrLimit)
		}
		if err != nil {
			return 0
		}
		return v
	}
	cut := func(n uint64) []byte {
		if err == nil && n > uint64(len(p)) {
			err = fmt.Errorf("pack: state section ends early: %w", ErrMalformed)
		}
		if err != nil {
			return nil
		}
		b := p[:n:n]
		p = p[n:]
		return b
	}
	sum := &s.summary
	sum.Changes = int(take(1<<31-1, "changes"))
	for n := take(maxHeads, "heads"); n > 0 && err == nil; n-- {
		if b := cut(sha256.Size); b != nil {
			sum.Heads = append(sum.Heads, [32]byte(b))
		}
	}
	sum.Genesis = append([]byte(nil), cut(take(block.MaxBlock, "bytes of the genesis"))...)
	total := uint64(0)
	for n := take(maxNames, "names"); n > 0 && err == nil; n-- {
		how := cut(1)
		name, value := take(maxState, "bytes of a name"), take(maxState, "bytes of a value")
		total += name + value
		switch {
		case err != nil:
		case how[0] > byte(bridge.AsHidden):
			err = fmt.Errorf("pack: state section with a name of kind %d: %w", how[0], ErrMalformed)
		case total > maxState:
			err = fmt.Errorf("pack: state section of %d bytes and more: %w", total, ErrLimit)
		default:
			sum.Names = append(sum.Names, bridge.Shown{How: bridge.How(how[0])})
			lens = append(lens, int(name), int(value))
		}
	}
	if err == nil && len(p) > 0 {
		err = fmt.Errorf("pack: state section, %d bytes behind its table: %w", len(p), ErrMalformed)
	}
	if err != nil {
		return nil, nil, err
	}
	return s, lens, nil
}

// readPieces reads the names and values, which are together of these lengths. It
// makes no more than the payloads may stand for.
func readPieces(payloads [][]byte, lens []int) (all []byte, err error) {
	left := 0
	for _, n := range lens {
		left += n
	}
	for _, p := range payloads {
		room := int(min(int64(left), pieceBytes, maxRatio*int64(len(p))+ratioSlack))
		b, rest, err := unsqueeze(nil, p, room)
		if err != nil {
			return nil, err
		}
		if len(bytes.Trim(rest, "\x00")) > 0 {
			return nil, fmt.Errorf("pack: state section, %d bytes behind a piece: %w", len(rest), ErrMalformed)
		}
		left -= len(b)
		if all == nil {
			all = b
		} else {
			all = append(all, b...)
		}
	}
	if left > 0 {
		return nil, fmt.Errorf("pack: state section, %d bytes are not there: %w", left, ErrMalformed)
	}
	return all, nil
}

// fill cuts names and values out of what they are together.
func (s *state) fill(lens []int, all []byte) error {
	names := s.summary.Names
	for k := range names {
		x := &names[k]
		name, value := lens[2*k], lens[2*k+1]
		x.Name, x.Value = string(all[:name]), all[name:name+value:name+value]
		all = all[name+value:]
		sound := utf8.ValidString(x.Name)
		if k > 0 {
			was := &names[k-1]
			sound = sound && (was.Name < x.Name || was.Name == x.Name && was.How == bridge.AsJSON && x.How == bridge.AsHidden)
		}
		if x.How == bridge.AsHidden {
			sound = sound && k > 0 && names[k-1].Name == x.Name
		}
		if x.How == bridge.AsJSON {
			sound = sound && json.Valid(x.Value)
		} else {
			sound = sound && len(x.Value) > 0 && utf8.Valid(x.Value)
		}
		if !sound {
			return fmt.Errorf("pack: state section, name %d: %w", k, ErrMalformed)
		}
	}
	return nil
}
