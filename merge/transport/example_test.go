package transport_test

import (
	"context"
	"fmt"
	"net"

	"github.com/commonhold/commonhold/merge/transport"
)

// Two replicas in one program.
func ExamplePipe() {
	ann, ben := transport.Pipe()
	defer ann.Close()
	defer ben.Close()
	ctx := context.Background()

	ann.Send(ctx, []byte("hello"))
	msg, err := ben.Receive(ctx)
	fmt.Printf("%s %v\n", msg, err)
	// Output: hello <nil>
}

// Any byte stream carries messages.
func ExampleStream() {
	left, right := net.Pipe()
	ann, ben := transport.Stream(left), transport.Stream(right)
	defer ben.Close()
	ctx := context.Background()

	go func() {
		ann.Send(ctx, []byte("hello"))
		ann.Close()
	}()
	msg, err := ben.Receive(ctx)
	fmt.Printf("%s %v\n", msg, err)
	_, err = ben.Receive(ctx)
	fmt.Println(err)
	// Output:
	// hello <nil>
	// EOF
}

// A Dialer opens a connection each time it is called.
func ExampleDialer() {
	var dial transport.Dialer = func(ctx context.Context) (transport.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:1")
		if err != nil {
			return nil, err
		}
		return transport.Stream(c), nil
	}
	_, err := dial(context.Background())
	fmt.Println(err != nil)
	// Output: true
}
