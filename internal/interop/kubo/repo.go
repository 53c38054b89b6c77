package kubo

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// patience bounds one command, each of which takes a fraction of a second.
const patience = 2 * time.Minute

// Repo is a repository of Kubo's: the program and a folder.
type Repo struct {
	binary string
	dir    string
}

// Init makes an empty repository in a folder, which exists.
func Init(binary, dir string) (Repo, error) {
	r := Repo{binary, dir}
	_, err := r.Run(nil, "init", "--profile=test", "--empty-repo")
	return r, err
}

// Run runs a command with what it reads, and returns what it printed. Where it
// refuses, the error has its words.
func (r Repo) Run(stdin []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, r.binary, append([]string{"--offline"}, args...)...)
	c.Env = append(os.Environ(), "IPFS_PATH="+r.dir, "HOME="+r.dir, "IPFS_TELEMETRY=off")
	c.Stdin = bytes.NewReader(stdin)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return out, fmt.Errorf("ipfs %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(said.Bytes()))
	}
	return out, nil
}
