package store

// Check lets the suite run the invariants after every step.
func (m *memory) Check() error { return m.check() }
