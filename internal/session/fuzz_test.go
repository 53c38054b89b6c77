package session

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"
)

// FuzzDecode: whatever decodes is spelled in the one way in which it encodes,
// and within the limits.
func FuzzDecode(f *testing.F) {
	for _, m := range samples() {
		f.Add(encode(&m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decode(b)
		if err != nil {
			return
		}
		if got := encode(&m); !bytes.Equal(got, b) {
			t.Fatalf("decoded %x, encoded %x", b, got)
		}
		if len(m.heads) > MaxHeads || len(m.wants) > MaxWants || len(m.part) > MaxPart || len(m.text) > MaxReason || len(m.tips) > MaxInline || len(m.offer) > MaxOffer || len(m.ids) > MaxMessage/idLen || len(m.part) > MaxMessage {
			t.Fatalf("over a limit: %+v", m)
		}
	})
}

// A script of FuzzReceive is records of one byte (what to do), two bytes (length)
// and a body. What to do with the body:
const (
	doRaw   = iota // give it to the session
	doTurn         // give it with the right tag and number
	doHello        // give it as a hello about this work, with a fresh nonce
	doReply        // the same, as an answer to the last hello heard
	doNext         // let the session speak
	doWait         // let as many milliseconds pass as the length says
	doEdit         // add a change to the document
	doAll
)

// script writes records.
type script []byte

// add writes one record.
func (s *script) add(do byte, body []byte) {
	*s = append(*s, do, byte(len(body)>>8), byte(len(body)))
	*s = append(*s, body...)
}

// record plays an honest session of two works and writes down what side 0 got.
func record(f *testing.F, a, b *fakeWork) []byte {
	n := newNetwork(f, 2, 1)
	n.works[0], n.works[1] = a, b
	n.connect(0, 1)
	var s script
	for range 8 {
		l := n.links[0]
		n.speak(l, 0, 100)
		s.add(doNext, nil)
		n.speak(l, 1, 100)
		for _, m := range l.queue[0] {
			if m[0] == mHello {
				s.add(doHello, m)
			} else {
				s.add(doTurn, m)
			}
		}
		n.drain()
	}
	s.add(doEdit, []byte("later"))
	s.add(doNext, nil)
	s.add(doWait, make([]byte, 3000))
	s.add(doNext, nil)
	return s
}

// fuzzWork is the document of FuzzReceive.
func fuzzWork() *fakeWork {
	w := history(6)
	w.fork(fakeAuthor(0), 2)
	w.edit(fakeAuthor(0), 2, []byte("fork"))
	w.edit(fakeAuthor(1), 1, []byte("mine"))
	delete(w.words, w.write(fakeAuthor(3), "kept back"))
	return w
}

// FuzzReceive plays a script to a session. The document only ever grows by what
// Apply took, every message said is valid, what is said is bounded by what was
// received, and the invariants hold after every step.
func FuzzReceive(f *testing.F) {
	peers := []*fakeWork{newFake(), history(6), history(3), fuzzWork(), fuzzWork()}
	peers[1].edit(fakeAuthor(0), 3, []byte("other fork"))
	peers[3].edit(fakeAuthor(2), 2, []byte("theirs"))
	for i := range 40 {
		peers[4].edit(fakeAuthor(50+i), 1, []byte("many tips"))
	}
	knows := fuzzWork()
	knows.words[knows.last[fakeAuthor(3)]] = []byte("kept back")
	peers = append(peers, knows)
	for _, p := range peers {
		f.Add(record(f, fuzzWork(), p))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := fuzzWork()
		s := newSession(t, w, 1, Options{})
		now := epoch
		var mine, theirs nonce
		var num, drawn uint64
		received, said, count, hellos := 0, 0, w.Count(), 1
		for len(data) >= 3 {
			do, n := data[0]%doAll, int(data[1])<<8|int(data[2])
			body := bytes.Clone(data[3:min(len(data), 3+n)])
			data = data[3+len(body):]
			switch do {
			case doWait:
				now = now.Add(time.Duration(len(body)) * time.Millisecond)
				hellos++
				continue
			case doEdit:
				w.edit(fakeAuthor(0), 1, body)
				count++
				continue
			case doTurn:
				if len(body) < headerLen {
					continue
				}
				tag := pairTag(theirs, mine)
				copy(body[1:], tag[:])
				binary.BigEndian.PutUint64(body[9:], num)
				num++
			case doHello, doReply:
				if len(body) < 67 {
					continue
				}
				drawn++
				num, theirs = 0, nonce{byte(drawn), byte(drawn >> 8), 3}
				copy(body[3:], w.name[:])
				copy(body[35:], theirs[:])
				clear(body[51:67])
				if do == doReply {
					copy(body[51:], mine[:])
				}
				hellos++
			case doNext:
				for {
					msg, _ := s.Next(now)
					if msg == nil {
						break
					}
					m, err := decode(msg)
					if err != nil {
						t.Fatalf("said %x: %v", msg, err)
					}
					if m.kind == mHello {
						mine, num = m.nonce, 0
					}
					said += len(msg)
				}
			}
			if do != doNext {
				received += len(body)
				applied := w.calls["Apply"]
				s.Receive(now, body)
				if w.calls["Apply"] == applied && w.Count() != count {
					t.Fatal("the document changed without a bundle")
				}
				count = w.Count()
			}
			if err := s.check(); err != nil {
				t.Fatal(err)
			}
			// A hello may cause the whole document to be said; nothing else
			// causes more than a few times its own length.
			if limit := 8192*(hellos+w.Count()) + 4*received; said > limit {
				t.Fatalf("%d bytes said for %d received and %d hellos", said, received, hellos)
			}
		}
	})
}
