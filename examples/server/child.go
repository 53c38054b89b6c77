//go:build !js

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// child is a server in a process of its own.
type child struct {
	cmd  *exec.Cmd
	over bool // it was waited for
}

// start starts a server and notes its address.
func (l *load) start(ctx context.Context) (*child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(program, "-folder", l.folder, "-listen", "127.0.0.1:0")}
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	// It says its address, or ends.
	defer context.AfterFunc(ctx, func() { _ = c.cmd.Process.Kill() })()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server does not begin: %w", err), c.kill())
	}
	address := strings.TrimSpace(line)
	l.address.Store(&address)
	return c, nil
}

// kill kills the server, unless it has been.
func (c *child) kill() error {
	if c.over {
		return nil
	}
	c.over = true
	_ = c.cmd.Process.Kill() // fails when it has ended
	if err := c.cmd.Wait(); c.cmd.ProcessState.Exited() {
		return fmt.Errorf("the server ended by itself: %v", err)
	}
	return nil
}

// end has the server end by itself, unless it was killed.
func (c *child) end() error {
	if c.over {
		return nil
	}
	c.over = true
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return errors.Join(err, c.cmd.Process.Kill(), c.cmd.Wait())
	}
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("the server: %w", err)
	}
	return nil
}
