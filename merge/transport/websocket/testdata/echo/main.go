//go:build js

// Command echo, in a browser or in node, dials the address it is given, sends
// messages and demands them back, and ends with a word.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/commonhold/commonhold/merge/transport"
	"github.com/commonhold/commonhold/merge/transport/websocket"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("echoed")
}

func run(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, err := websocket.Dialer(address, http.Header{"X": {"y"}})(ctx); err == nil {
		return fmt.Errorf("a header was sent")
	}
	c, err := websocket.Dialer(address, nil)(ctx)
	if err != nil {
		return err
	}
	for n := 1; n <= transport.MaxFrame; n *= 4 {
		msg := bytes.Repeat([]byte{byte(n)}, n)
		if err := c.Send(ctx, msg); err != nil {
			return err
		}
		got, err := c.Receive(ctx)
		if err != nil || !bytes.Equal(got, msg) {
			return fmt.Errorf("%d bytes came back as %d: %v", n, len(got), err)
		}
	}
	if err := c.Send(ctx, []byte("end")); err != nil {
		return err
	}
	if _, err := c.Receive(ctx); err != io.EOF {
		return fmt.Errorf("at the end: %v", err)
	}
	return c.Close()
}
