package bolt_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// This file records what a program does to the file of a store, as strace would: bbolt
// writes by system calls of its own, past any file interface, so that only the system can
// say what was written and synced, and in which order.

// call is one call of the program: a write at a place, a new length, a sync; or what it
// has said to be durable.
type call struct {
	kind callKind
	at   int64  // of a write; the length; the number
	data []byte // of a write
}

// callKind is what a call does.
type callKind byte

const (
	callWrite callKind = iota
	callTruncate
	callSync
	callSaid
)

// Calls of the system by their numbers, which package syscall has for all but two.
const (
	pwritev2 = 328
	copyFile = 326
)

// errUntraced says that the system lets nobody be traced.
var errUntraced = errors.New("this system does not let a program be traced")

// recorder traces one program.
type recorder struct {
	t     *testing.T
	path  string
	mem   *os.File     // of the program
	files map[int]bool // descriptors of the store
	calls []call

	fail   int           // this call on a file of the store fails, 0 being the first; -1: none
	with   syscall.Errno // in this way
	seen   int           // such calls so far
	broken int           // the thread whose call fails, until it returns
}

// recorded runs this test once more with a variable set, and gives what that did to the
// file at path, and what it said.
func recorded(t *testing.T, path, setting string) ([]call, error) {
	r := &recorder{t: t, path: path, fail: -1}
	err := r.run(setting)
	return r.calls, err
}

// run runs this test once more with a variable set.
func (r *recorder) run(setting string) error {
	t := r.t
	runtime.LockOSThread() // who traces is a thread
	defer runtime.UnlockOSThread()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), setting)
	said, err := os.Create(filepath.Join(t.TempDir(), "said"))
	must(t, err)
	defer said.Close()
	child.Stdout, child.Stderr = said, said
	child.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	if err := child.Start(); err != nil {
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENOSYS) {
			return fmt.Errorf("%w: %w", errUntraced, err)
		}
		return err
	}
	pid := child.Process.Pid
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	must(t, err)
	defer mem.Close()
	r.mem, r.files = mem, map[int]bool{}
	status := r.follow(pid)
	_ = child.Process.Release() // follow has waited for it
	if !status.Exited() || status.ExitStatus() != 0 {
		return fmt.Errorf("the program ended with %#x: %s", status, fileOf(t, said.Name()))
	}
	return nil
}

// follow lets a program run from call to call, all its threads, until it ends.
func (r *recorder) follow(pid int) (end syscall.WaitStatus) {
	const (
		all        = 0x40000000 // threads too
		goodSys    = 0x1        // stops at calls are told from signals
		traceClone = 0x8
		exitKill   = 0x100000
		atCall     = syscall.SIGTRAP | 0x80
	)
	first, met := true, map[int]bool{pid: true}
	for {
		var ws syscall.WaitStatus
		tid, err := syscall.Wait4(-pid, &ws, all, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.ECHILD):
			return end
		}
		must(r.t, err)
		if !ws.Stopped() {
			if tid == pid {
				end = ws
			}
			continue
		}
		pass := 0
		switch sig := ws.StopSignal(); {
		case first:
			first = false
			must(r.t, syscall.PtraceSetOptions(pid, goodSys|traceClone|exitKill))
		case sig == atCall:
			r.call(tid)
		case sig == syscall.SIGSTOP && !met[tid]: // a thread begins
			met[tid] = true
		case sig != syscall.SIGTRAP:
			pass = int(sig)
		}
		if err := syscall.PtraceSyscall(tid, pass); err != nil && !errors.Is(err, syscall.ESRCH) {
			must(r.t, err)
		}
	}
}

// call looks at a call that begins or has returned.
func (r *recorder) call(tid int) {
	var regs syscall.PtraceRegs
	if syscall.PtraceGetRegs(tid, &regs) != nil {
		return // it has ended
	}
	switch begins := int64(regs.Rax) == -int64(syscall.ENOSYS); {
	case r.broken == tid:
		r.broken = 0
		regs.Rax = uint64(-int64(r.with))
		must(r.t, syscall.PtraceSetRegs(tid, &regs))
		return
	case begins && r.files[int(regs.Rdi)] && changes(regs.Orig_rax):
		if r.seen++; r.seen-1 == r.fail {
			r.broken = tid
			regs.Orig_rax = ^uint64(0) // no call at all
			must(r.t, syscall.PtraceSetRegs(tid, &regs))
		}
		return
	case int64(regs.Rax) < 0: // it has begun, or failed
		return
	}
	fd, ours := int(regs.Rdi), r.files[int(regs.Rdi)]
	switch nr := regs.Orig_rax; {
	case nr == syscall.SYS_OPENAT:
		if r.name(regs.Rsi) == r.path {
			r.files[int(regs.Rax)] = true
		}
	case nr == syscall.SYS_CLOSE:
		delete(r.files, fd)
	case nr == syscall.SYS_WRITE && fd == 1:
		n := 0
		if _, err := fmt.Sscanf(string(r.bytes(regs.Rsi, regs.Rax)), "durable %d\n", &n); err == nil {
			r.calls = append(r.calls, call{kind: callSaid, at: int64(n)})
		}
	case nr == syscall.SYS_MMAP && r.files[int(regs.R8)] && regs.Rdx&syscall.PROT_WRITE != 0:
		r.t.Error("the file is mapped for writing: this is not recorded")
	case !ours:
	case nr == syscall.SYS_PWRITE64:
		r.calls = append(r.calls, call{callWrite, int64(regs.R10), r.bytes(regs.Rsi, regs.Rax)})
	case nr == syscall.SYS_FTRUNCATE:
		r.calls = append(r.calls, call{kind: callTruncate, at: int64(regs.Rsi)})
	case nr == syscall.SYS_FSYNC, nr == syscall.SYS_FDATASYNC:
		r.calls = append(r.calls, call{kind: callSync})
	case nr == syscall.SYS_WRITE, nr == syscall.SYS_WRITEV, nr == syscall.SYS_PWRITEV, nr == pwritev2, nr == syscall.SYS_FALLOCATE, nr == copyFile:
		r.t.Errorf("call %d writes to the file: this is not recorded", nr)
	}
}

// changes tells whether a call is one of those that change a file or sync it.
func changes(nr uint64) bool {
	switch nr {
	case syscall.SYS_PWRITE64, syscall.SYS_FTRUNCATE, syscall.SYS_FSYNC, syscall.SYS_FDATASYNC:
		return true
	}
	return false
}

// bytes are n bytes of the program.
func (r *recorder) bytes(at, n uint64) []byte {
	b := make([]byte, n)
	_, err := r.mem.ReadAt(b, int64(at))
	must(r.t, err)
	return b
}

// name is a path that the program has passed.
func (r *recorder) name(at uint64) string {
	b := make([]byte, len(r.path)+1)
	n, _ := r.mem.ReadAt(b, int64(at)) // the page may end before
	name, _, _ := strings.Cut(string(b[:n]), "\x00")
	if n == len(b) && len(name) == len(b) {
		return "" // longer
	}
	return name
}
