//go:build invariants || race

package invariant

// Enabled is true in this build: costly checks run.
const Enabled = true
