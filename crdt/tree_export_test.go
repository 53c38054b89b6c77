package crdt

// TreeVisits counts the work of the root tree of a name.
func (d *Doc) TreeVisits(name string) uint64 {
	if r := d.s.Tree(d.root(6, name)); r != nil {
		return r.Visits()
	}
	return 0
}
