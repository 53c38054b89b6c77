//go:build !js

package websocket_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"net/http/httptest"
)

// browser has the other end of a connection run where there is no socket:
//
//	go test ./merge/transport/websocket -browser
var browser = flag.Bool("browser", false, "run the client in node, as in a browser; needs node 20.10")

// TestBrowser: a program compiled to js/wasm talks to a server.
func TestBrowser(t *testing.T) {
	if !*browser {
		return
	}
	s, accepted := server(t, httptest.NewServer)
	program := filepath.Join(t.TempDir(), "echo.wasm")
	build := exec.Command("go", "build", "-o", program, "./testdata/echo")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	go func() {
		c := <-accepted
		defer c.Close()
		for {
			msg, err := c.Receive(ctx)
			if err != nil || string(msg) == "end" || c.Send(ctx, msg) != nil {
				return
			}
		}
	}()
	node := exec.CommandContext(ctx, "node", "--experimental-websocket", filepath.Join(runtime.GOROOT(), "lib", "wasm", "wasm_exec_node.js"), program, s.URL)
	out, err := node.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "echoed" {
		t.Fatalf("%v: %s", err, out)
	}
}
