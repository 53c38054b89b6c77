package sequence

import "fmt"

// chains answers one question for one side: what lies at the end of the chain
// that begins at an element? On the left the chain goes from an element to its
// smallest left child, and so on, and ends at the leftmost element of its
// subtree. On the right it goes from a piece to the greatest right child of its
// last element, and so on; its end holds the rightmost element.
//
// The obvious way is to walk. Then m siblings that land before one with a chain m
// deep cost m*m. To remember, for each sibling asked about, what the walk found
// is not enough either: one new smallest left child anywhere on the way makes all
// that wrong, and a hostile author can send one each time.
//
// So chains are remembered as a whole. A node that was walked over has a link: the
// number of its chain and its neighbours in it; the number leads to the last node.
// Little can happen to a chain. It grows, at the end. A piece in it is parted, and
// the second part is linked in after the first. And it is cut: a node in it gets a
// child nearer the outside, and the nodes below are now a chain of their own.
// Chains never join, since one is asked about only from its very beginning: an
// element that was just overtaken by a new outermost sibling, or never was the
// outermost.
//
// A cut numbers the shorter part anew, and finds out which that is by walking up
// and down from the cut in step. Any history, hostile or not, therefore costs
// O(log n) visits an element, amortised:
//
//	Let a remembered chain of k nodes hold k log k credits. The first visit of a
//	node lengthens its chain by one, for at most 2 + log n credits, and happens
//	once in its life: its insert pays. A cut into parts of x and y nodes frees
//	(x+y)log(x+y) - x log x - y log y, which is at least min(x,y), and visits
//	4 min(x,y) nodes. A question visits what is new at the end, and one node more.
//
// At all times: the nodes of a chain bear its number, up and down of neighbours
// agree, down is the true next node or None, the one without a node below is the
// last of its number, and the one without a node above begins a true chain.
// A history without concurrent edits at one place has no links.
type chains struct {
	links map[LV]link
	last  []LV // by number: the deepest node that has a link
}

// link is a node's place in its chain; up and down are None at the ends.
type link struct {
	chain    uint32
	up, down LV
}

// of returns the chain of x, a new one if x has none.
func (c *chains) of(x LV) uint32 {
	if k, ok := c.links[x]; ok {
		return k.chain
	}
	c.links[x] = link{chain: uint32(len(c.last)), up: None, down: None}
	c.last = append(c.last, x)
	return uint32(len(c.last) - 1)
}

// setUp writes what is above x.
func (c *chains) setUp(x, up LV) {
	k := c.links[x]
	k.up = up
	c.links[x] = k
}

// setDown writes what is below x.
func (c *chains) setDown(x, down LV) {
	k := c.links[x]
	k.down = down
	c.links[x] = k
}

// insert links y in below x, if x has a link: a piece that begins at x has been
// parted at y.
func (c *chains) insert(x, y LV) {
	k, ok := c.links[x]
	if !ok {
		return
	}
	c.links[y] = link{chain: k.chain, up: x, down: k.down}
	if k.down == None {
		c.last[k.chain] = y
	} else {
		c.setUp(k.down, y)
	}
	c.setDown(x, y)
}

// extend links y in below the last node of chain n.
func (c *chains) extend(n uint32, y LV) {
	if k, ok := c.links[y]; ok {
		panic(fmt.Sprintf("sequence: rule 10: LV %d ends chain %d, and below it LV %d is in chain %d", c.last[n], n, y, k.chain))
	}
	c.links[y] = link{chain: n, up: c.last[n], down: None}
	c.setDown(c.last[n], y)
	c.last[n] = y
}

// cut parts the chain of x below x and returns the visits it took. It does
// nothing if nothing is remembered below x.
func (c *chains) cut(x LV) (visits int) {
	k, ok := c.links[x]
	if !ok || k.down == None {
		return 0
	}
	y := k.down
	a, b := x, y // as many nodes up from the cut as down
	count := 1
	for {
		visits += 2
		up, down := c.links[a].up, c.links[b].down
		if up == None || down == None {
			break
		}
		a, b = up, down
		count++
	}
	n := uint32(len(c.last))
	if c.links[a].up == None {
		c.last = append(c.last, x)
		visits += c.renumber(a, n, count)
	} else {
		c.last = append(c.last, c.last[k.chain])
		c.last[k.chain] = x
		visits += c.renumber(y, n, count)
	}
	c.setDown(x, None)
	c.setUp(y, None)
	return visits
}

// renumber gives count nodes from x on downwards the number n.
func (c *chains) renumber(x LV, n uint32, count int) int {
	for range count {
		k := c.links[x]
		k.chain = n
		c.links[x] = k
		x = k.down
	}
	return count
}
