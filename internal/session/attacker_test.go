package session

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"
)

// attacker speaks to a session in raw messages, with the right tags and numbers
// unless a test breaks them.
type attacker struct {
	t     *testing.T
	w     *fakeWork
	s     *Session
	now   time.Time
	nonce nonce
	drawn int
	peer  message // last hello of the session
	num   uint64
	heard []message
}

// attack makes a session over w and an attacker that has heard its hello.
func attack(t *testing.T, w *fakeWork, opt Options) *attacker {
	a := &attacker{t: t, w: w, s: newSession(t, w, 1, opt), now: epoch}
	a.listen()
	return a
}

// listen takes everything that the session has to say and checks it.
func (a *attacker) listen() (said []message) {
	a.t.Helper()
	for {
		msg, _ := a.s.Next(a.now)
		if err := a.s.check(); err != nil {
			a.t.Fatal(err)
		}
		if msg == nil {
			a.heard = append(a.heard, said...)
			return said
		}
		m, err := decode(msg)
		if err != nil {
			a.t.Fatalf("the session says %x: %v", msg, err)
		}
		if m.kind == mHello {
			a.peer, a.num = m, 0
		}
		said = append(said, m)
	}
}

// say gives a message to the session with the tag and number that it expects.
func (a *attacker) say(m message) error {
	if m.kind != mHello {
		m.tag = pairTag(a.nonce, a.peer.nonce)
	}
	if m.kind != mHello && m.kind != mFail {
		m.num = a.num
		a.num++
	}
	return a.raw(encode(&m))
}

// raw gives bytes to the session.
func (a *attacker) raw(b []byte) error {
	before := bytes.Clone(b)
	err := a.s.Receive(a.now, b)
	if !bytes.Equal(b, before) {
		a.t.Fatal("Receive changed its argument")
	}
	if e := a.s.check(); e != nil {
		a.t.Fatal(e)
	}
	return err
}

// hello says hello with a new nonce; f may change it.
func (a *attacker) hello(f func(*message)) error {
	a.drawn++
	a.nonce = nonce{byte(a.drawn), byte(a.drawn >> 8), byte(a.drawn >> 16), 1}
	a.num = 0
	m := message{kind: mHello, flags: helloHeads, work: a.w.name, nonce: a.nonce, digest: id{1}}
	if f != nil {
		f(&m)
	}
	return a.say(m)
}

// greet is an ordinary hello of a peer that names the tips and no heads.
func (a *attacker) greet(tips ...Tip) {
	a.t.Helper()
	if err := a.hello(func(m *message) { m.flags, m.tips, m.total = 0, tips, uint32(len(tips)) }); err != nil {
		a.t.Fatal(err)
	}
}

// have says have in the name of an honest peer: everything was seen.
func (a *attacker) have(digest id) error {
	return a.say(message{kind: mHave, digest: digest, seen: a.s.r.out})
}

// invented makes n tips that nobody has, of different authors.
func invented(n int) (tips []Tip) {
	for i := range n {
		tips = append(tips, Tip{id{byte(i >> 8), byte(i), 1}, 5, sha256.Sum256(fmt.Append(nil, "invented", i))})
	}
	return tips
}

// mustClose demands that the session ends with a breach of the kind, tells the
// peer once, and refuses everything afterwards.
func (a *attacker) mustClose(err error, kind Kind) {
	a.t.Helper()
	var b *breach
	if !errors.Is(err, ErrPeer) || !errors.As(err, &b) || b.kind != kind {
		a.t.Fatalf("error %v, want a breach of kind %s", err, kind)
	}
	if st := a.s.Status(); st.State != Closed || st.Err != err || a.s.InSync() {
		a.t.Fatalf("after a breach: %+v", st)
	}
	said := a.listen()
	if len(said) != 1 || said[0].kind != mFail || said[0].why != kind {
		a.t.Fatalf("last words: %+v", said)
	}
	if again := a.raw([]byte{mHave}); !errors.Is(again, ErrClosed) || !errors.Is(again, ErrPeer) {
		a.t.Fatalf("a message after the end: %v", again)
	}
	if msg, d := a.s.Next(a.now); msg != nil || !d.IsZero() {
		a.t.Fatal("a closed session speaks")
	}
}
