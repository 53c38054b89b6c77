package transport_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge/transport"
	"github.com/commonhold/commonhold/merge/transport/transporttest"
)

// over makes a transporttest pair of a maker of two stream ends.
func over(make func(t *testing.T) (a, b io.ReadWriteCloser)) transporttest.Pair {
	return func(t *testing.T) (transport.Conn, transport.Conn) {
		a, b := make(t)
		return transport.Stream(a), transport.Stream(b)
	}
}

// tcp makes a connection over the loopback interface.
func tcp(t *testing.T) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return a, b
}

func TestStreamTCP(t *testing.T) {
	transporttest.Run(t, over(func(t *testing.T) (a, b io.ReadWriteCloser) { return tcp(t) }))
}

func TestStreamNetPipe(t *testing.T) {
	transporttest.Run(t, over(func(t *testing.T) (a, b io.ReadWriteCloser) { return net.Pipe() }))
}

// TLS over TCP: deadlines work, and a write that was cut breaks the connection.
func TestStreamTLS(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	server := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: private}}}
	client := &tls.Config{InsecureSkipVerify: true} // the test is about framing
	transporttest.Run(t, over(func(t *testing.T) (io.ReadWriteCloser, io.ReadWriteCloser) {
		a, b := tcp(t)
		ta, tb := tls.Client(a, client), tls.Server(b, server)
		done := make(chan error, 1)
		go func() { done <- tb.Handshake() }()
		if err := ta.Handshake(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		return ta, tb
	}))
}

// duplex is two one-way pipes as one stream.
type duplex struct {
	io.Reader
	io.Writer
	close func()
}

func (d duplex) Close() error { d.close(); return nil }

// ioPipes makes a stream that knows no deadlines: cancelling closes it.
func ioPipes(*testing.T) (a, b io.ReadWriteCloser) {
	ar, bw := io.Pipe()
	br, aw := io.Pipe()
	return duplex{ar, aw, func() { ar.Close(); aw.Close() }}, duplex{br, bw, func() { br.Close(); bw.Close() }}
}

func TestStreamWithoutDeadlines(t *testing.T) { transporttest.Run(t, over(ioPipes)) }

// refusing has deadline methods that do not work, like some files.
type refusing struct{ io.ReadWriteCloser }

func (refusing) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (refusing) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

func TestStreamRefusingDeadlines(t *testing.T) {
	transporttest.Run(t, over(func(t *testing.T) (io.ReadWriteCloser, io.ReadWriteCloser) {
		a, b := ioPipes(t)
		return refusing{a}, refusing{b}
	}))
}

// chopped reads one byte at a time.
type chopped struct{ net.Conn }

func (c chopped) Read(p []byte) (int, error) { return c.Conn.Read(p[:min(len(p), 1)]) }

// Where a stream is split is invisible.
func TestStreamChopped(t *testing.T) {
	a, b := net.Pipe()
	sa, sb := transport.Stream(a), transport.Stream(chopped{b})
	defer sa.Close()
	defer sb.Close()
	ctx := context.Background()
	go func() {
		for n := 1; n < 3000; n *= 3 {
			sa.Send(ctx, bytes.Repeat([]byte{byte(n)}, n))
		}
	}()
	for n := 1; n < 3000; n *= 3 {
		m, err := sb.Receive(ctx)
		if err != nil || !bytes.Equal(m, bytes.Repeat([]byte{byte(n)}, n)) {
			t.Fatalf("message of %d bytes: got %d, %v", n, len(m), err)
		}
	}
}

// wire is a stream that reads from a byte string and keeps what is written.
type wire struct {
	in     io.Reader
	out    bytes.Buffer
	closed bool
}

func (w *wire) Read(p []byte) (int, error)  { return w.in.Read(p) }
func (w *wire) Write(p []byte) (int, error) { return w.out.Write(p) }
func (w *wire) Close() error                { w.closed = true; return nil }

// The bytes on the wire are those of the package comment.
func TestStreamFormat(t *testing.T) {
	w := &wire{}
	if err := transport.Stream(w).Send(context.Background(), []byte("hi")); err != nil {
		t.Fatal(err)
	}
	if got := w.out.String(); got != "\x00\x00\x00\x02hi" {
		t.Fatalf("frame of \"hi\": %q", got)
	}
}

// Every prefix of two frames: whole ones are received, then io.EOF at a
// boundary and a CutError with the right numbers elsewhere.
func TestStreamEveryPrefix(t *testing.T) {
	all := []byte("\x00\x00\x00\x03abc\x00\x00\x00\x01d")
	for n := range len(all) + 1 {
		s := transport.Stream(&wire{in: bytes.NewReader(all[:n])})
		var err error
		whole := -1
		for err == nil {
			_, err = s.Receive(context.Background())
			whole++
		}
		want := map[bool]int{n >= 7: 1}[true]
		if n == len(all) {
			want = 2
		}
		if whole != want {
			t.Fatalf("%d frames in a prefix of %d bytes, want %d", whole, n, want)
		}
		if n == 0 || n == 7 || n == len(all) {
			if err != io.EOF {
				t.Fatalf("prefix of %d bytes: %v, want io.EOF", n, err)
			}
			continue
		}
		var cut *transport.CutError
		if !errors.As(err, &cut) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("prefix of %d bytes: %v, want a CutError", n, err)
		}
		got := n
		length := 7
		if n > 7 {
			got, length = n-7, 5
		}
		if got < 4 {
			length = 4
		}
		if cut.Got != got || cut.Want != length {
			t.Fatalf("prefix of %d bytes: %+v, want %d of %d", n, *cut, got, length)
		}
	}
}

// Lengths that no frame may have: refused before anything is allocated for
// them, and for ever.
func TestStreamBadLengths(t *testing.T) {
	for _, n := range []uint32{0, transport.MaxFrame + 1, 1 << 17, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
		head := binary.BigEndian.AppendUint32(nil, n)
		s := transport.Stream(&wire{in: io.MultiReader(bytes.NewReader(head), bytes.NewReader(make([]byte, 1000)))})
		for range 3 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := s.Receive(context.Background())
			runtime.ReadMemStats(&after)
			if !errors.Is(err, transport.ErrFrame) {
				t.Fatalf("length %d: %v, want ErrFrame", n, err)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 4096 {
				t.Fatalf("length %d: %d bytes allocated", n, got)
			}
		}
	}
}

// A reader that returns nothing for ever is an error, not a hang.
func TestStreamNoProgress(t *testing.T) {
	s := transport.Stream(&wire{in: readerFunc(func([]byte) (int, error) { return 0, nil })})
	if _, err := s.Receive(context.Background()); !errors.Is(err, io.ErrNoProgress) {
		t.Fatalf("%v, want io.ErrNoProgress", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Cancelling Receive at every byte of a frame loses nothing of it when the
// stream has deadlines.
func TestStreamCancelInsideFrame(t *testing.T) {
	a, b := tcp(t)
	s := transport.Stream(b)
	defer a.Close()
	defer s.Close()
	frame := []byte("\x00\x00\x00\x05hello")
	for i, c := range frame {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			m, err := s.Receive(ctx)
			if err == nil && string(m) != "hello" {
				err = errors.New("wrong message")
			}
			done <- err
		}()
		time.Sleep(time.Millisecond)
		if i < len(frame)-1 {
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Fatalf("byte %d: %v, want context.Canceled", i, err)
			}
		}
		if _, err := a.Write([]byte{c}); err != nil {
			t.Fatal(err)
		}
		if i == len(frame)-1 {
			if err := <-done; err != nil {
				t.Fatalf("the whole frame after %d cancelled calls: %v", i, err)
			}
		}
		cancel()
	}
}

// A Send that was cut in the middle of a frame ends the connection: the peer
// gets a CutError and never a frame made of two messages.
func TestStreamCutSend(t *testing.T) {
	a, b := net.Pipe()
	s := transport.Stream(a)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Send(ctx, make([]byte, 1000)) }()
	if _, err := io.ReadFull(b, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatalf("cut Send: %v, want context.Canceled", err)
	}
	if err := s.Send(context.Background(), []byte("x")); !errors.Is(err, transport.ErrClosed) {
		t.Fatalf("Send after a cut frame: %v, want ErrClosed", err)
	}
	if n, err := b.Read(make([]byte, 10)); n != 0 || err != io.EOF {
		t.Fatalf("the peer reads %d bytes, %v, want the end", n, err)
	}
}

// short writes less than it is given and says nothing.
type short struct{ wire }

func (s *short) Write(p []byte) (int, error) { return len(p) - 1, nil }

// A writer that breaks its contract does not tear frames in silence.
func TestStreamShortWrite(t *testing.T) {
	w := &short{}
	s := transport.Stream(w)
	if err := s.Send(context.Background(), []byte("abc")); err == nil {
		t.Fatal("a short write passed")
	}
	if !w.closed {
		t.Fatal("the connection with a torn frame was not closed")
	}
}

// FuzzStream cuts arbitrary bytes into arbitrary reads: the frames received and
// the last error are those of a plain parser.
func FuzzStream(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x02hi\x00\x00\x00\x01x"), uint64(1))
	f.Add([]byte("\x00\x00\x00\x00"), uint64(2))
	f.Add([]byte("\x00\x01\x00\x01"), uint64(3))
	f.Add([]byte("\x00\x00\x00\x05abc"), uint64(4))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		rng := mathrand.New(mathrand.NewPCG(seed, 1))
		rest := data
		s := transport.Stream(&wire{in: readerFunc(func(p []byte) (int, error) {
			if len(rest) == 0 {
				return 0, io.EOF
			}
			n := copy(p[:1+rng.IntN(len(p))], rest)
			rest = rest[n:]
			return n, nil
		})})
		for parse := data; ; {
			m, err := s.Receive(context.Background())
			switch {
			case len(parse) == 0:
				if err != io.EOF {
					t.Fatalf("at the end: %v", err)
				}
				return
			case len(parse) < 4:
				if !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("cut length: %v", err)
				}
				return
			}
			n := binary.BigEndian.Uint32(parse)
			switch {
			case n == 0 || n > transport.MaxFrame:
				if !errors.Is(err, transport.ErrFrame) {
					t.Fatalf("length %d: %v", n, err)
				}
				return
			case int(n) > len(parse)-4:
				if !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("cut frame: %v", err)
				}
				return
			}
			if err != nil || !bytes.Equal(m, parse[4:4+n]) {
				t.Fatalf("frame of %d bytes: got %d, %v", n, len(m), err)
			}
			parse = parse[4+n:]
		}
	})
}

// After Close nothing is read or written any more, even if what lies below
// would still let us.
func TestStreamClosedIsClosed(t *testing.T) {
	for range 20 { // closed and free are both ready: either may be looked at first
		w := &wire{in: bytes.NewReader([]byte("\x00\x00\x00\x01x"))}
		s := transport.Stream(w)
		s.Close()
		if _, err := s.Receive(context.Background()); !errors.Is(err, transport.ErrClosed) {
			t.Fatalf("Receive: %v, want ErrClosed", err)
		}
		if err := s.Send(context.Background(), []byte("x")); !errors.Is(err, transport.ErrClosed) || w.out.Len() > 0 {
			t.Fatalf("Send: %v and %d bytes written, want ErrClosed", err, w.out.Len())
		}
	}
}
