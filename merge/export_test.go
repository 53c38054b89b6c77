package merge

// CheckFetches restates the invariants of what a replica wants of its peers.
func (rep *Replica) CheckFetches() error { return rep.fetches.check() }
