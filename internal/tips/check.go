package tips

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Check restates the invariants of all nodes.
func (t Tree) Check() error {
	if t.root == nil {
		return nil
	}
	_, err := t.root.check()
	return err
}

// check checks what lies below and returns the number of leaves.
func (n *node) check() (leaves int32, err error) {
	if n.kids == nil {
		if n.depth != nibbles || n.bitmap != 0 || n.count != 1 {
			return 0, fmt.Errorf("tips: invariant 1: leaf %x of depth %d with bits %016b, count %d", n.key, n.depth, n.bitmap, n.count)
		}
		if n.hash != sha256.Sum256(append([]byte{0}, n.key[:]...)) {
			return 0, fmt.Errorf("tips: invariant 3: hash of leaf %x", n.key)
		}
		return 1, nil
	}
	at := 0
	b := binary.BigEndian.AppendUint16([]byte{1}, n.bitmap)
	for x := range byte(16) {
		if n.bitmap>>x&1 == 0 {
			continue
		}
		if at == len(n.kids) {
			return 0, fmt.Errorf("tips: invariant 1: bits %016b, %d kids", n.bitmap, len(n.kids))
		}
		k := n.kids[at]
		if int(k.depth) <= int(n.depth) || k.key.common(&n.key, int(n.depth)) < int(n.depth) || k.key.at(int(n.depth)) != x {
			return 0, fmt.Errorf("tips: invariant 2: kid %d of %x at %d is %x", x, n.key, n.depth, k.key)
		}
		c, err := k.check()
		if err != nil {
			return 0, err
		}
		leaves += c
		b = append(b, k.hash[:]...)
		at++
	}
	switch {
	case at != len(n.kids) || at < 2:
		return 0, fmt.Errorf("tips: invariant 1: bits %016b, %d kids", n.bitmap, len(n.kids))
	case leaves != n.count:
		return 0, fmt.Errorf("tips: invariant 3: count %d, %d leaves", n.count, leaves)
	case n.hash != sha256.Sum256(b):
		return 0, fmt.Errorf("tips: invariant 3: hash of the node of %x at %d", n.key, n.depth)
	}
	return leaves, nil
}

// check restates the invariants of a talk that can be seen at one moment.
func (k *Talk) check() error {
	if k.ask > len(k.asks) || k.ask < len(k.asks) && (k.at < k.base || k.at-k.base >= k.asks[k.ask].width) {
		return fmt.Errorf("tips: talk, invariant 1: place %d of entry %d of %d, which begins at %d", k.at, k.ask, len(k.asks), k.base)
	}
	for i := range k.todo {
		if a := &k.todo[i]; a.at >= k.places || i > 0 && a.at <= k.todo[i-1].at {
			return fmt.Errorf("tips: talk, invariant 2: place %d at %d of %d, %d places", a.at, i, len(k.todo), k.places)
		}
	}
	return nil
}
