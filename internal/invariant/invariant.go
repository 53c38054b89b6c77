// Package invariant says whether costly checks are compiled in.
//
// Write a check that is too dear for every call as
//
//	if invariant.Enabled {
//		x.mustHold()
//	}
//
// Enabled is a constant, so in an ordinary build the compiler drops the whole
// block. It is true under the build tag "invariants" and under the race
// detector, so that `go test -race` and `go test -tags invariants` run with
// every check. A check may only look and panic: it never changes which path
// the code takes, so that what is tested is what is shipped.
package invariant
