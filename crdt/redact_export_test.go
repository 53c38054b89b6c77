package crdt

import "bytes"

// Arena is the words that a doc has in memory.
func Arena(d *Doc) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.words)
}
