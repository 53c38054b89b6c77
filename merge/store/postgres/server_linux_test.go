package postgres_test

import "syscall"

// attributes are those of a process that another user runs, and that ends with the
// tests, however these end.
func attributes(who *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: who, Pdeathsig: syscall.SIGQUIT}
}
