//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge/store/postgres"
	"github.com/jackc/pgx/v5"
)

// server is a PostgreSQL that the tests have started, on a socket in its own folder.
type server struct {
	dir     string
	options []string
	cmd     *exec.Cmd
	done    chan struct{} // closed when the process has ended
}

// shared is the server that most tests use. It does not sync: what a killed process has
// written is there all the same, since the machine goes on.
var shared *server

// missing is what a machine without PostgreSQL needs.
const missing = "no initdb and postgres in PATH or /usr/lib/postgresql: install Debian's package postgresql"

// TestMain starts the server that the tests share.
func TestMain(m *testing.M) {
	runtime.LockOSThread()                                // the server ends with the thread that has started it
	if err := flag.Set("rapid.checks", "8"); err != nil { // each step of the suite's model is a round trip, each check a schema
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var err error
	if os.Getenv(childVariable) != "" { // a child that writes until it is killed
		shared = &server{dir: os.Getenv(childVariable)}
	} else if shared, err = start("fsync=off"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	} else if err := os.Setenv(childVariable, shared.dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	shared.remove()
	os.Exit(code)
}

// childVariable hands the folder of the server to the children of a test.
const childVariable = "COMMONHOLD_POSTGRES_DIR"

// binary finds a program of PostgreSQL, the newest one.
func binary(name string) (string, error) {
	all, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil {
		return "", err
	}
	slices.SortFunc(all, func(a, b string) int { return major(a) - major(b) })
	if len(all) > 0 {
		return all[len(all)-1], nil
	}
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	return "", errors.New(missing)
}

// major is the version in the path of a Debian binary.
func major(p string) int {
	n, _ := strconv.Atoi(strings.Split(strings.TrimPrefix(p, "/usr/lib/postgresql/"), "/")[0])
	return n
}

// owner is who runs the server: PostgreSQL refuses to be root.
func owner() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uerr, gerr)
	}
	return nil, errors.New("root runs the tests and there is no user postgres or nobody to run PostgreSQL")
}

// start makes a database in a new folder and starts the server on it.
func start(options ...string) (*server, error) {
	dir, err := os.MkdirTemp("", "commonhold-pg")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, options: options}
	who, err := owner()
	if err == nil && who != nil {
		err = os.Chown(dir, int(who.Uid), int(who.Gid))
	}
	var initdb string
	if err == nil {
		initdb, err = binary("initdb")
	}
	if err == nil {
		cmd := exec.Command(initdb, "-D", filepath.Join(dir, "data"), "-U", "tests", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
		cmd.Dir, cmd.SysProcAttr = dir, attributes(who)
		var out []byte
		if out, err = cmd.CombinedOutput(); err != nil {
			err = fmt.Errorf("initdb: %w: %s", err, out)
		}
	}
	if err == nil {
		err = s.run()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// run starts the server, and returns when it answers. After a kill the memory of the last
// one may be in use for a moment, and the new one ends at once.
func (s *server) run() (err error) {
	for range 20 {
		if err = s.runOnce(); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// runOnce starts the server.
func (s *server) runOnce() error {
	who, err := owner()
	if err != nil {
		return err
	}
	postgres, err := binary("postgres")
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{"-D", filepath.Join(s.dir, "data"), "-c", "listen_addresses=", "-c", "unix_socket_directories=" + s.dir, "-c", "deadlock_timeout=100ms"}
	for _, o := range s.options {
		args = append(args, "-c", o)
	}
	s.cmd = exec.Command(postgres, args...)
	s.cmd.Dir, s.cmd.SysProcAttr, s.cmd.Stdout, s.cmd.Stderr = s.dir, attributes(who), log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	s.done = done
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait()
		close(done)
	}(s.cmd)
	for limit := time.After(time.Minute); ; {
		if s.answers() {
			return nil
		}
		select {
		case <-limit:
			s.kill()
			return errors.New("postgres does not answer")
		case <-done:
			said, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("postgres has ended: %s", said)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// answers tells whether a query is answered.
func (s *server) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url())
	if err != nil {
		return false
	}
	defer conn.Close(ctx)
	return conn.Ping(ctx) == nil
}

// url is where to connect to.
func (s *server) url() string {
	return "host=" + s.dir + " user=tests dbname=postgres sslmode=disable"
}

// kill ends the server and all its processes, each by its number, without a warning.
func (s *server) kill() {
	_ = s.cmd.Process.Signal(syscall.SIGSTOP) // so that it has no more children than these
	list, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", s.cmd.Process.Pid, s.cmd.Process.Pid))
	_ = s.cmd.Process.Kill()
	for _, f := range strings.Fields(string(list)) {
		if pid, err := strconv.Atoi(f); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	<-s.done
}

// remove ends the server, if this process has started it, and takes its folder away.
func (s *server) remove() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	<-s.done
	_ = os.RemoveAll(s.dir)
}

// schemas counts those that were made.
var schemas atomic.Int64

// schema is a new name.
func schema() string { return fmt.Sprint("s", schemas.Add(1)) }

// sharing is a store of the server named, in a schema. It does not poll.
func (s *server) sharing(t testing.TB, schema, name string) *postgres.Store {
	return s.polling(t, schema, name, time.Hour)
}

// polling is a store that looks every so often.
func (s *server) polling(t testing.TB, schema, name string, poll time.Duration) *postgres.Store {
	t.Helper()
	st, err := postgres.New(s.url()+" pool_max_conns=4", postgres.Options{Server: name, Schema: schema, Pause: 20 * time.Millisecond, Poll: poll})
	must(t, err)
	return st
}

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
