package merge

import (
	"bytes"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/session"
	"github.com/commonhold/commonhold/merge/transport"
)

// someWork is the CID of some work.
var someWork = cid.MustParse("bafyreiensq5ualnwibk7ztr47frjbwlddmye543oqp37chbnkuxuwbvpdi")

// TestFrames: what is written is read, the longest message of a session fits, and
// every number has one spelling.
func TestFrames(t *testing.T) {
	for _, channel := range []uint64{0, 1, 127, 128, 1 << 20, maxChannel} {
		f := frame{channel, bytes.Repeat([]byte{1}, session.MaxMessage)}
		msg := f.encode()
		if len(msg) > transport.MaxFrame {
			t.Fatalf("channel %d: %d bytes", channel, len(msg))
		}
		got, err := readFrame(msg)
		if err != nil || got.channel != channel || !bytes.Equal(got.body, f.body) {
			t.Fatalf("channel %d is read as %d, %v", channel, got.channel, err)
		}
	}
	for _, bad := range [][]byte{{}, {0}, {1}, {0x80}, {0x80, 0, 1}, {0x81, 0x80, 0, 1}, frame{maxChannel + 1, []byte{1}}.encode(), bytes.Repeat([]byte{0xff}, 12)} {
		if f, err := readFrame(bad); err == nil {
			t.Errorf("%x is a frame of channel %d", bad, f.channel)
		}
	}
	if channel, work, err := readAttach(attachBody(300, someWork)); err != nil || channel != 300 || work != someWork {
		t.Errorf("attach is read as %d, %v, %v", channel, work, err)
	}
	if channel, err := readDeny(denyBody(300)); err != nil || channel != 300 {
		t.Errorf("deny is read as %d, %v", channel, err)
	}
	later := opening{low: 1, high: 2, nonce: [32]byte{3}, author: [32]byte{4}}
	o, err := readOpen(append(later.body(), "and more"...))
	if err != nil || o != later {
		t.Errorf("an open of a later version is read as %+v, %v", o, err)
	}
}

// FuzzFrames: whatever arrives, reading it ends, and what is read is written the same.
func FuzzFrames(f *testing.F) {
	o := opening{low: 1, high: 1, nonce: [32]byte{1}}
	for _, body := range [][]byte{o.body(), attachBody(1, someWork), denyBody(2), {msgPing}, {msgProof}, append([]byte{msgPresence}, make([]byte, 200)...)} {
		f.Add(frame{0, body}.encode())
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		fr, err := readFrame(msg)
		if err != nil {
			return
		}
		if !bytes.Equal(fr.encode(), msg) {
			t.Fatal("a frame that is read is another when it is written")
		}
		switch fr.body[0] {
		case msgOpen:
			if o, err := readOpen(fr.body); err == nil && o.high == 1 && !bytes.Equal(o.body(), fr.body) {
				t.Fatal("an open that is read is another when it is written")
			}
		case msgAttach:
			if channel, work, err := readAttach(fr.body); err == nil && !bytes.Equal(attachBody(channel, work), fr.body) {
				t.Fatal("an attach that is read is another when it is written")
			}
		case msgDeny:
			if channel, err := readDeny(fr.body); err == nil && !bytes.Equal(denyBody(channel), fr.body) {
				t.Fatal("a deny that is read is another when it is written")
			}
		case msgPresence:
			if l, seconds, err := readLight(fr.body); err == nil && (seconds > ttl || len(l.value()) > MaxPresence) {
				t.Fatal("presence over the limits")
			}
		}
	})
}

// TestRetry: pauses stay within their bounds whatever chance gives, and however often
// it was tried.
func TestRetry(t *testing.T) {
	for _, chance := range [][]byte{bytes.Repeat([]byte{0}, 8), bytes.Repeat([]byte{0xff}, 8)} {
		for tries := range 100 {
			o := followOptions{rand: bytes.NewReader(chance)}
			d, err := o.retry(tries)
			longest := lastRetry
			if tries < 7 {
				longest = firstRetry << tries
			}
			if err != nil || d > longest || d < longest/2 {
				t.Fatalf("try %d: %v, %v", tries, d, err)
			}
		}
	}
}

// TestSpread: of a thousand pauses none is far from its share of the range.
func TestSpread(t *testing.T) {
	seen := map[int]int{}
	for k := range 1000 {
		o := followOptions{rand: bytes.NewReader([]byte{byte(k * 37), byte(k), byte(k * 11), byte(k * 101), byte(k * 7), byte(k * 3), byte(k * 13), byte(k * 29)})}
		d, err := o.retry(20)
		if err != nil {
			t.Fatal(err)
		}
		seen[int((d-lastRetry/2)/(3*time.Second))]++
	}
	for part, n := range seen {
		if part < 10 && (n < 50 || n > 200) {
			t.Errorf("%d pauses of a thousand in part %d of ten", n, part)
		}
	}
}

// TestClasses: the classes of segments begin at 1 KiB, four times as large each.
func TestClasses(t *testing.T) {
	for size, want := range map[int]int{0: 0, 1: 0, 1023: 0, 1024: 1, 4095: 1, 4096: 2, 16383: 2, 16384: 3, 1 << 20: 6} {
		if got := class(size); got != want {
			t.Errorf("%d bytes are of class %d, want %d", size, got, want)
		}
	}
}

// TestLanterns: what has gone over a channel is not said again, and what is remembered
// of that is bounded.
func TestLanterns(t *testing.T) {
	var n lanterns
	for k := range 10_000 {
		n.note(&light{author: crdt.Author{byte(k), byte(k >> 8)}, count: uint64(k)})
		if len(n.gone) > 2*maxPresent+1 {
			t.Fatalf("%d keys are remembered", len(n.gone))
		}
	}
	now := time.Unix(1_700_000_000, 0)
	l := light{author: crdt.Author{1}, count: 5, until: now.Add(time.Second), msg: make([]byte, lightHead+64)}
	l.msg[lightHead-1] = 1
	n = lanterns{}
	if !n.lacks(&l, now) || n.lacks(&l, now.Add(time.Second)) {
		t.Error("a light is lacked while it shines")
	}
	n.note(&l)
	if n.lacks(&l, now) {
		t.Error("a light that has gone over is lacked")
	}
	l.count++
	l.msg[lightHead-1] = 0
	if !n.lacks(&l, now.Add(5*time.Second)) || n.lacks(&l, now.Add(20*time.Second)) {
		t.Error("that a light was put out is passed on for ten seconds")
	}
}
