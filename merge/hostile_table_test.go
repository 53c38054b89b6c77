package merge_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// scenario is what a villain does and how it ends for the replica.
type scenario struct {
	name  string
	want  []error // one of them; nil stands for no error
	fresh bool    // what the villain brings is good in itself, and is taken in
	do    func(v *villain)
}

// Ends of scenarios.
var (
	isBreach = []error{merge.ErrPeer}
	isLate   = []error{context.DeadlineExceeded}
	isPart   = []error{merge.ErrPartial}
	isAny    = []error{merge.ErrPeer, merge.ErrPartial, context.DeadlineExceeded, nil}
)

// frames is a scenario that is a list of frames.
func frames(name string, want []error, list ...[]byte) scenario {
	return scenario{name: name, want: want, do: func(v *villain) {
		for _, f := range list {
			v.raw(f)
		}
	}}
}

// inSession is a scenario of a list of frames on an attached channel.
func inSession(name string, want []error, list ...[]byte) scenario {
	return scenario{name: name, want: want, do: func(v *villain) { v.begin(list...) }}
}

// paired is a scenario in a pairing.
func paired(name string, want []error, do func(v *villain)) scenario {
	return scenario{name: name, want: want, do: func(v *villain) {
		v.meet(nil)
		do(v)
	}}
}

// greeted is a scenario that is a hello.
func greeted(name string, want []error, change func(v *villain, g *greeting)) scenario {
	return scenario{name: name, want: want, do: func(v *villain) { v.meet(func(g *greeting) { change(v, g) }) }}
}

// onConnection are scenarios about the connection; attach is the frame for the work.
func onConnection(attach []byte) []scenario {
	changed := func(b []byte, at int, to ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], to)
		return b
	}
	open, proof := openFrame, proofFrame
	return []scenario{
		frames("silence", isLate),
		frames("silence after open", isLate, open),
		frames("silence after attach", isLate, open, proof, attach),
		frames("attach without a proof", isLate, open, attach),
		frames("zeros for open", isBreach, make([]byte, 40)),
		frames("cut open", isBreach, open[:60]),
		frames("long open", isBreach, append(bytes.Clone(open), 1)),
		frames("open of the next version only", isBreach, changed(open, 12, 2, 2)),
		frames("open of no version", isBreach, changed(open, 12, 0, 1)),
		frames("open twice", isBreach, open, open),
		frames("attach before open", isBreach, attach),
		frames("proof before open", isBreach, proof),
		frames("proof twice", isBreach, open, proof, proof),
		frames("proof of a wrong length", isBreach, open, append(bytes.Clone(proof), make([]byte, 63)...)),
		frames("session before the proof", isBreach, open, attach, on1(vHello, 1, 2, 3)),
		frames("cut attach", isBreach, open, proof, attach[:30]),
		frames("long attach", isBreach, open, proof, append(bytes.Clone(attach), make([]byte, 70)...)),
		frames("attach of no work", isBreach, open, proof, []byte{0, 'a', 1, 0x55, 1, 2}),
		frames("attach to another channel", isBreach, open, proof, changed(attach, 2, 3)),
		frames("attach to channel 0", isBreach, open, proof, changed(attach, 2, 0)),
		frames("deny with more", isBreach, open, proof, []byte{0, 'd', 1, 1}),
		frames("deny of what was not asked for", isBreach, open, proof, []byte{0, 'd', 2}),
		frames("deny", []error{merge.ErrDenied}, open, proof, []byte{0, 'd', 1}),
		inSession("attach twice", isBreach, attach),
		inSession("deny after attach", isBreach, []byte{0, 'd', 1}),
		inSession("ping with a load", isBreach, []byte{0, '.', 1}),
		inSession("pings", isLate, []byte{0, '.'}, []byte{0, '.'}),
		inSession("a frame of one byte", isBreach, []byte{1}),
		inSession("a channel spelled long", isBreach, []byte{0x81, 0, 1}),
		inSession("a channel without an end", isBreach, bytes.Repeat([]byte{0xff}, 20)),
		inSession("another channel", isBreach, []byte{2, 1}),
		inSession("bye at once", isPart, on1('b', 0)),
		inSession("bye that lies", isBreach, on1('b', 7)),
		inSession("words after goodbye", []error{merge.ErrPeer, merge.ErrPartial}, on1('b', 0), on1(1)),
		inSession("empty session messages", isBreach, on1(vHello)),
		inSession("kind of nobody", isBreach, on1(31, 1, 2)),
		inSession("kind of no session", isBreach, on1(200)),
		inSession("presence of nothing", isBreach, on1('p')),
		inSession("presence of zeros", isBreach, on1(append([]byte{'p'}, make([]byte, 200)...)...)),
	}
}

// onHellos are scenarios about hellos.
func onHellos() []scenario {
	return []scenario{
		greeted("hello of another work", []error{merge.ErrForeign, merge.ErrPeer}, func(v *villain, g *greeting) { g.work = v.digest() }),
		greeted("hello of another version", isBreach, func(_ *villain, g *greeting) { g.version = 2 }),
		greeted("hello without a nonce", isBreach, func(_ *villain, g *greeting) { g.nonce = [16]byte{} }),
		greeted("hello with unknown flags", isBreach, func(_ *villain, g *greeting) { g.flags = 0x80 }),
		greeted("hello with 17 heads", isBreach, func(v *villain, g *greeting) { g.flags, g.heads = 2, make([][32]byte, 17) }),
		greeted("hello with a head twice", isBreach, func(v *villain, g *greeting) { g.flags, g.heads = 2, make([][32]byte, 2) }),
		greeted("hello with three tips", isBreach, func(v *villain, g *greeting) { g.tips = v.invented(3) }),
		greeted("hello with an offer of noise", isBreach, func(v *villain, g *greeting) { g.offer = v.noise(150) }),
		greeted("hello with an offer too long", isBreach, func(v *villain, g *greeting) { g.offer = v.noise(204) }),
		greeted("heads that nobody has, and silence", isLate, func(v *villain, g *greeting) {
			g.flags, g.heads = 2, [][32]byte{v.digest()}
		}),
		greeted("tips that nobody has, and silence", isLate, func(v *villain, g *greeting) { g.tips = v.invented(2) }),
		greeted("it claims to hold what the replica holds", isAny, func(v *villain, g *greeting) {
			copy(g.digest[:], v.real[1][0][1+67:])
		}),
		{name: "a thousand hellos", want: isLate, do: func(v *villain) {
			v.begin()
			for range 1000 {
				v.theirs = [16]byte{}
				v.hello(nil)
			}
		}},
		{name: "a thousand rounds that skip a message", want: isLate, do: func(v *villain) {
			v.meet(nil)
			for range 1000 {
				v.num++
				v.have(v.digest(), 0)
				v.theirs = [16]byte{}
				v.hello(nil)
			}
		}},
		{name: "its own hello comes back", want: isLate, do: func(v *villain) {
			v.begin()
			v.raw(on1(v.hear(vHello)...))
		}},
		{name: "the session of another day", want: isAny, do: func(v *villain) { v.begin(v.real[0]...) }},
		{name: "its own session comes back", want: isAny, do: func(v *villain) { v.begin(v.real[1]...) }},
	}
}

// onRanges are scenarios about where tips differ.
func onRanges() []scenario {
	lead := func(name string, want []error, do func(v *villain)) scenario {
		return scenario{name: name, want: want, do: func(v *villain) {
			v.meet(func(g *greeting) { g.offer = v.offer(50, g.nonce) })
			do(v)
		}}
	}
	return []scenario{
		lead("ranges before their turn", isBreach, func(v *villain) { v.say(vRanges, []byte{0}) }),
		lead("ranges of noise", isBreach, func(v *villain) {
			v.hear(vRanges)
			v.say(vRanges, []byte{9, 9}, v.noise(500))
		}),
		lead("ranges that nobody asked about", isBreach, func(v *villain) {
			v.hear(vRanges)
			v.say(vRanges, []byte{0xff, 0xff, 3, 3, 0, 0})
		}),
		lead("ranges that leave a list open", isBreach, func(v *villain) {
			v.hear(vRanges)
			v.say(vRanges, []byte{0})
		}),
		lead("a number of items of 2^31", isBreach, func(v *villain) {
			v.hear(vRanges)
			v.say(vRanges, []byte{1, 5, 0xff, 0xff, 0xff, 0xff, 7})
		}),
		lead("ranges, and then silence", isLate, func(v *villain) { v.hear(vRanges) }),
		paired("ranges of nobody", isAny, func(v *villain) { v.say(vRanges, []byte{1, 5, 0, 0, 0}) }),
		paired("empty ranges", isBreach, func(v *villain) { v.say(vRanges) }),
		paired("ranges without end", isAny, func(v *villain) {
			for range 200 {
				v.say(vRanges, v.noise(5000))
			}
		}),
	}
}

// onPacks are scenarios about changes.
func onPacks() []scenario {
	one := func(name string, want []error, change func(v *villain, b *bridge.Bundle)) scenario {
		return paired(name, want, func(v *villain) {
			b := v.mine(app("villainous"))
			change(v, &b)
			v.pack(b)
		})
	}
	return []scenario{
		paired("a pack of noise", isBreach, func(v *villain) { v.say(vPack, []byte{3}, v.noise(500)) }),
		paired("a pack that claims four gigabytes", isBreach, func(v *villain) {
			v.say(vPack, []byte{3}, []byte("CHB\x01b\x01\xff\xff\xff\xff"), v.noise(100))
		}),
		paired("an empty pack", isBreach, func(v *villain) { v.say(vPack, []byte{3}) }),
		paired("a pack with unknown flags", isBreach, func(v *villain) { v.say(vPack, []byte{0x83}, v.noise(9)) }),
		paired("a part without a first", isBreach, func(v *villain) { v.say(vPack, []byte{2}, v.noise(9)) }),
		paired("a first part twice", isBreach, func(v *villain) {
			v.say(vPack, []byte{1}, v.noise(9))
			v.say(vPack, []byte{1}, v.noise(9))
		}),
		paired("a bundle without end", isBreach, func(v *villain) {
			part := v.noise(60 << 10)
			v.say(vPack, []byte{1}, part)
			for range 36 << 20 / len(part) {
				v.say(vPack, []byte{0}, part)
			}
		}),
		paired("a bundle that is broken off", isLate, func(v *villain) { v.say(vPack, []byte{1}, v.noise(9000)) }),
		one("a signature of a bit less", isBreach, func(_ *villain, b *bridge.Bundle) { b.Sigs[0].Sig[5] ^= 1 }),
		one("no signature", isLate, func(_ *villain, b *bridge.Bundle) { b.Sigs = nil }),
		one("a change of a bit more", isBreach, func(_ *villain, b *bridge.Bundle) {
			c := bytes.Clone(b.Items[0].Change)
			c[len(c)/2] ^= 1
			b.Items[0].Change = c
		}),
		one("a change that is cut", isBreach, func(_ *villain, b *bridge.Bundle) {
			b.Items[0].Change = b.Items[0].Change[:70]
		}),
		one("changes of another work", isBreach, func(_ *villain, b *bridge.Bundle) { b.Work[3] ^= 1 }),
		{name: "words of another change", want: isBreach, fresh: true, do: func(v *villain) {
			b := v.mine(app("villainous"))
			b.Items[0].Words = []byte("something else")
			v.meet(nil)
			v.pack(b)
		}},
		paired("a change that names what is not there", isBreach, func(v *villain) { v.pack(v.broken(v.head())) }),
		paired("a change on one that nobody has", isLate, func(v *villain) { v.pack(v.broken(v.digest())) }),
		paired("five thousand changes that wait", isLate, func(v *villain) {
			all := bridge.Bundle{Work: v.work}
			for range 5000 {
				b := v.broken(v.digest())
				all.Items = append(all.Items, b.Items...)
			}
			v.pack(all)
		}),
		{name: "the same change a thousand times", want: isLate, fresh: true, do: func(v *villain) {
			b := v.mine(app("good"))
			v.meet(nil)
			for range 1000 {
				v.pack(b)
			}
		}},
		{name: "changes that nobody asked for", want: isLate, fresh: true, do: func(v *villain) {
			b := v.mine(app("good"))
			v.meet(nil)
			v.pack(b)
		}},
	}
}

// onWants are scenarios about what is asked for and acknowledged.
func onWants() []scenario {
	wants := func(v *villain, flags byte, n int) {
		b := []byte{flags}
		for range n {
			b = append(append(b, v.noise(64)...), 0)
		}
		v.say(vWant, b)
	}
	return []scenario{
		paired("wants of what nobody has", isLate, func(v *villain) { wants(v, 0, 256) }),
		paired("wants twice", isBreach, func(v *villain) { wants(v, 0, 1); wants(v, 0, 1) }),
		paired("wants without end", isBreach, func(v *villain) {
			for range 100 {
				wants(v, 1, 256)
			}
		}),
		paired("a want of nothing", isBreach, func(v *villain) { v.say(vWant, []byte{0}) }),
		paired("a locator that is cut", isBreach, func(v *villain) { v.say(vWant, []byte{0}, v.noise(64), []byte{60}, v.noise(32)) }),
		paired("lack of what was not wanted", isBreach, func(v *villain) { v.say(vLack, v.noise(32)) }),
		paired("have that has seen the future", isBreach, func(v *villain) { v.have(v.digest(), 1<<40) }),
		paired("have that unsees", isBreach, func(v *villain) { v.have(v.digest(), 1); v.have(v.digest(), 0) }),
		paired("have inside a bundle", isBreach, func(v *villain) {
			v.say(vPack, []byte{1}, v.noise(9))
			v.have(v.digest(), 0)
		}),
		paired("a thousand haves, each of another set", isLate, func(v *villain) {
			for range 1000 {
				v.have(v.digest(), 0)
			}
		}),
		paired("credit of nothing", isBreach, func(v *villain) { v.say(vCredit, u32(0)) }),
		paired("credit of four gigabytes", isLate, func(v *villain) {
			for range 500 {
				v.say(vCredit, u32(1<<32-1))
			}
		}),
		paired("a fail too long", isBreach, func(v *villain) {
			f := v.spell(vFail, v.noise(202))
			v.raw(append(f[:10:10], f[18:]...))
		}),
		paired("a fail", isBreach, func(v *villain) {
			f := v.spell(vFail, []byte{3}, []byte("you"))
			v.raw(append(f[:10:10], f[18:]...))
		}),
		paired("each message twice", isLate, func(v *villain) {
			for range 200 {
				f := v.spell(vCredit, u32(5))
				v.raw(f)
				v.raw(f)
			}
		}),
		paired("messages under another tag", isLate, func(v *villain) {
			for range 200 {
				v.raw(on1(append([]byte{byte(2 + v.rng.IntN(9))}, v.noise(300)...)...))
			}
		}),
		{name: "it says hello and hears nothing", want: isLate, do: func(v *villain) {
			v.begin()
			v.theirs = [16]byte(v.noise(16))
			v.hello(nil)
		}},
	}
}

// onWords are scenarios about words.
func onWords() []scenario {
	kept := func(name string, want []error, do func(v *villain, change []byte)) scenario {
		return scenario{name: name, want: want, fresh: true, do: func(v *villain) { do(v, v.lacking()) }}
	}
	return []scenario{
		kept("words that never come", isLate, func(*villain, []byte) {}),
		kept("words that are not there", isLate, func(v *villain, x []byte) { v.say(vWords, x, u32(1<<32-1)) }),
		kept("words that are others", isBreach, func(v *villain, x []byte) { v.say(vWords, x, u32(3), u32(0), []byte("abc")) }),
		kept("words that are too long", isBreach, func(v *villain, x []byte) { v.say(vWords, x, u32(1<<20+1), u32(0), []byte("abc")) }),
		kept("words longer than they say", isBreach, func(v *villain, x []byte) { v.say(vWords, x, u32(2), u32(0), []byte("abc")) }),
		kept("words from their end", isBreach, func(v *villain, x []byte) { v.say(vWords, x, u32(9), u32(3), []byte("abc")) }),
		kept("words with a gap", isBreach, func(v *villain, x []byte) {
			v.say(vWords, x, u32(9), u32(0), []byte("abc"))
			v.say(vWords, x, u32(9), u32(4), []byte("abc"))
		}),
		kept("words of nothing", isBreach, func(v *villain, x []byte) { v.say(vWords, x, u32(3), u32(0)) }),
		paired("words that were not asked for", isBreach, func(v *villain) {
			v.say(vWords, v.noise(32), u32(3), u32(0), []byte("abc"))
		}),
		paired("asks for words of nothing", isLate, func(v *villain) { v.say(vAsk, []byte{0}, v.noise(32*256)) }),
		paired("asks for words twice", isBreach, func(v *villain) {
			x := v.noise(32)
			v.say(vAsk, []byte{0}, x, x)
		}),
		paired("asks without end", isBreach, func(v *villain) {
			for range 300 {
				v.say(vAsk, []byte{1}, v.noise(32*256))
			}
		}),
		paired("asks that are cut", isBreach, func(v *villain) { v.say(vAsk, []byte{0}, v.noise(33)) }),
	}
}

// ofNoise are scenarios of random frames, and of real ones with a bit of damage.
func ofNoise(n int) (list []scenario) {
	for k := range n {
		list = append(list, scenario{name: named("noise", k), want: isAny, do: func(v *villain) {
			v.begin()
			for range 1 + v.rng.IntN(5) {
				m := v.noise(1 + v.rng.IntN(200))
				switch v.rng.IntN(4) {
				case 0:
					m = v.noise(transport.MaxFrame - 1)
				case 1:
					m = bytes.Clone(v.real[0][v.rng.IntN(len(v.real[0]))][1:])
					m[v.rng.IntN(len(m))] ^= 1 << v.rng.IntN(8)
				}
				m[0] %= 12
				v.raw(on1(m...))
			}
		}})
	}
	return list
}

// TestHostile lets peers of bad will speak to a replica over two transports: each time it
// ends with the typed error in good time, the document and its heads are as before, and
// what the replica has allocated and said stays within a bound for each byte received.
// In the end it is equal with an honest one.
func TestHostile(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	must(t, a.Update(ctx, app("words")))
	for _, name := range []string{"cid", "dan", "eve"} { // more tips than a hello names
		c := joined(t, name, a)
		meets(t, a, c)
		must(t, c.Update(ctx, app(name)))
		meets(t, a, c)
	}
	b := joined(t, "ben", a)
	real := overheard(t, a, b)
	list := slices.Concat(onConnection(attachTo(a)), onHellos(), onRanges(), onPacks(), onWants(), onWords())
	if len(list) < 60 {
		t.Fatalf("%d scenarios", len(list))
	}
	names := map[string]bool{}
	for _, s := range list {
		if names[s.name] {
			t.Errorf("two scenarios %q", s.name)
		}
		names[s.name] = true
	}
	var all costs
	baseline := runtime.NumGoroutine()
	for way, dial := range ways(t) {
		for k, s := range slices.Concat(list, ofNoise(30)) {
			of := a
			if s.fresh {
				of = joined(t, "zoe", a)
				meets(t, a, of)
			}
			v := &villain{t: t, of: of, work: bridge.Of(a.Doc()).Work(), rng: newRand(uint64(k)), real: real, all: &all}
			v.play(way+", "+s.name, dial, s)
		}
		settled(t, baseline)
		must(t, b.Update(ctx, app("honest")))
		meets(t, a, b)
	}
	t.Logf("%d scenarios, and 30 of noise, over 2 transports: %v", len(list), &all)
	if per := all.cpu / time.Duration(all.received); *long && per > 10*time.Microsecond {
		t.Errorf("%v a byte", per)
	}
}

// play carries out a scenario and judges it.
func (v *villain) play(name string, dial func() (transport.Conn, transport.Conn), s scenario) {
	t, a := v.t, v.of
	t.Helper()
	before, heads, segs := json(t, a), a.Doc().Heads(), since(t, a).Len()
	x, y := dial()
	var cancel context.CancelFunc
	v.ctx, cancel = context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	v.c, v.heard = y, make(chan []byte, 4096)
	var was, is runtime.MemStats
	runtime.ReadMemStats(&was)
	used, peak := cpu(), peakOf(*long)
	go v.listen()
	result := make(chan error, 1)
	short, stop := context.WithTimeout(v.ctx, 50*time.Second)
	defer stop()
	go func() {
		defer x.Close() // or the villain would wait for somebody to hear it
		result <- a.Sync(short, x)
	}()
	s.do(v)
	if slices.ContainsFunc(s.want, func(e error) bool { return errors.Is(e, context.DeadlineExceeded) }) {
		time.AfterFunc(20*time.Millisecond, stop)
	}
	err := <-result
	y.Close()
	for range v.heard { // until its goroutine has ended
	}
	runtime.ReadMemStats(&is)
	v.costs(name, cpu()-used, peak())
	if errors.Is(err, context.Canceled) {
		err = context.DeadlineExceeded
	}
	if !slices.ContainsFunc(s.want, func(e error) bool { return errors.Is(err, e) }) {
		t.Errorf("%s: %v, want one of %v", name, err, s.want)
	}
	if !s.fresh && (json(t, a) != before || a.Doc().Heads() != heads || since(t, a).Len() != segs) {
		t.Fatalf("%s: the work has changed", name)
	}
	// What the villain itself allocates is counted as well.
	if got, most := is.TotalAlloc-was.TotalAlloc, 1<<20+24*uint64(v.sent); got > most {
		t.Errorf("%s: %d bytes allocated for %d received, the bound is %d", name, got, v.sent, most)
	}
	if got, most := is.Mallocs-was.Mallocs, uint64(10_000+v.sent/4); got > most {
		t.Errorf("%s: %d allocations for %d bytes received, the bound is %d", name, got, v.sent, most)
	}
	if most := 64<<10 + 64*int64(v.sent); int64(v.got) > most { // the product is over 2^31
		t.Errorf("%s: %d bytes said for %d received", name, v.got, v.sent)
	}
}

// TestBlame: who brought an invalid change that had to wait is to blame for it, and not
// who brings what it waited for.
func TestBlame(t *testing.T) {
	ctx := context.Background()
	now := time.Unix(1_000_000, 0)
	_, a := found(t, store.Memory(), "ann")
	must(t, a.Update(ctx, app("words")))
	b := joined(t, "ben", a)
	meets(t, a, b)
	must(t, a.Update(ctx, app(" and more")))
	must(t, a.Save(ctx))
	v := &villain{t: t, of: a, work: bridge.Of(a.Doc()).Work()}
	bad := v.broken(v.head()) // on a change that ben has not got yet
	sessions := map[string]*merge.Session{}
	for _, name := range []string{"villain", "other", "honest"} {
		s, err := merge.NewSession(b.Doc(), merge.SessionSource(name))
		must(t, err)
		s.Next(now)
		sessions[name] = s
	}
	in := bridge.Of(b.Doc())
	for _, from := range []string{"villain", "other"} {
		if _, _, err := in.Arrive(bad, from); err != nil || in.Pending() != 1 {
			t.Fatalf("%v, %d wait", err, in.Pending())
		}
	}
	good, err := a.Doc().Since(b.Doc().Heads())
	must(t, err)
	res, err := b.Doc().Apply(good.From("honest"))
	if err != nil || len(res.Applied) != 1 || len(res.Rejected) != 0 {
		t.Fatalf("%v, %+v", err, res)
	}
	for name, s := range sessions {
		s.Next(now)
		st := s.Status()
		if name == "honest" && st.State == merge.Failed || name != "honest" && (st.State != merge.Failed || !errors.Is(st.Err, merge.ErrPeer) || !errors.Is(st.Err, crdt.ErrInvalid)) {
			t.Errorf("%s: %v, %v", name, st.State, st.Err)
		}
	}
	if json(t, a) != json(t, b) {
		t.Error("they differ")
	}
}
