//go:build invariants || race

package life

import "testing"

// TestCostlyChecks: what is too dear to look at in every build stops here.
func TestCostlyChecks(t *testing.T) {
	wantPanic(t, "10005 is targeted by a delete", func(l *Life) { l.Delete(17000, 10005, 1) })
	wantPanic(t, "13002, which is no delete number", func(l *Life) { l.Restore(12999, 10, true) })
	wantPanic(t, "10005 is targeted by a delete", func(l *Life) { l.DeleteAlive(17000, 10005, 1) })
	wantPanic(t, "not all alive", func(l *Life) { l.DeleteAlive(17000, 3099, 2) })
	wantPanic(t, "not all alive", func(l *Life) {
		l.Switch(17000, 1, false)
		l.DeleteAlive(17000, 99, 1)
	})
	wantPanic(t, "a flip is pending", func(l *Life) { l.DeleteAlive(17000, 100, 1) })
	wantPanic(t, "some do not count", func(l *Life) { l.Pair(16000, 5000, 1) })
	wantPanic(t, "some do not count", func(l *Life) {
		l.Restore(15003, 1, true)
		l.Unpair(15000, 152, 2)
	})
}
