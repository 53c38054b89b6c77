package session

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/commonhold/commonhold/internal/tips"
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
	talk  *tips.Talk
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

// greet is an ordinary hello of a peer that names the tips, at most MaxInline, and no
// heads.
func (a *attacker) greet(list ...Tip) {
	a.t.Helper()
	if err := a.hello(func(m *message) { m.flags, m.tips = 0, list }); err != nil {
		a.t.Fatal(err)
	}
}

// offer is an ordinary hello of a peer that has more tips than it names.
func (a *attacker) offer(list ...Tip) {
	a.t.Helper()
	tree := treeOf(list)
	if err := a.hello(func(m *message) { m.flags, m.offer = 0, tree.Offer(a.nonce) }); err != nil {
		a.t.Fatal(err)
	}
	mine, theirs := func(tips.Entry) {}, func(Tip) {}
	switch {
	case a.peer.offer == nil:
		a.talk = tips.AnswerList(tree, a.peer.tips, mine, theirs)
	case a.peer.count > 0 || compareNonce(a.nonce, a.peer.nonce) > 0: // it says that it has no changes
		a.talk = tips.Lead(tree, a.nonce, mine, theirs)
	default:
		var err error
		if a.talk, err = tips.Follow(tree, a.peer.nonce, a.peer.offer, mine, theirs); err != nil {
			a.t.Fatal(err)
		}
	}
}

// treeOf makes a tree of tips.
func treeOf(list []Tip) tips.Tree {
	var in []tips.Entry
	for _, x := range list {
		in = append(in, tips.Entry{Tip: x})
	}
	return tips.Tree{}.With(nil, in)
}

// converse goes on as an honest peer until it is known where the tips differ, and returns
// what else the session has said.
func (a *attacker) converse() (said []message) {
	a.t.Helper()
	for !a.talk.Done() {
		for a.talk.Turn() {
			if err := a.say(message{kind: mRanges, part: a.talk.Next(maxRanges)}); err != nil {
				a.t.Fatal(err)
			}
		}
		said = append(said, a.heed()...)
	}
	return said
}

// heed listens, and takes in what is said of ranges; it returns the rest.
func (a *attacker) heed() (said []message) {
	a.t.Helper()
	for _, m := range a.listen() {
		if m.kind != mRanges {
			said = append(said, m)
		} else if err := a.talk.Take(m.part); err != nil {
			a.t.Fatal(err)
		}
	}
	return said
}

// have says have in the name of an honest peer: everything was seen.
func (a *attacker) have(digest id) error {
	return a.say(message{kind: mHave, digest: digest, seen: a.s.r.out})
}

// invented makes n tips that nobody has, of different authors.
func invented(n int) (list []Tip) {
	for i := range n {
		list = append(list, Tip{Author: id{byte(i >> 8), byte(i), 1}, Seq: 5, ID: sha256.Sum256(fmt.Append(nil, "invented", i))})
	}
	return list
}

// broad makes a work with n chains of one change each, which all stand on one.
func broad(n int) *fakeWork {
	w := newFake()
	for i := range n {
		c := &fakeChange{author: fakeAuthor(i), body: []byte("x")}
		if i > 0 {
			c.links = []id{w.order[0].id}
		}
		w.put(c, true)
	}
	return w
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
