//go:build unix && !linux

package postgres_test

import "syscall"

// attributes are those of a process that another user runs.
func attributes(who *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: who}
}
