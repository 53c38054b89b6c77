package dir_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"syscall"

	"github.com/commonhold/commonhold/merge/store/dir"
)

// memDisk is a file system in memory that knows what a power cut would leave of
// it: bytes are durable once their file is synced, names once their folder is. It
// fails when it is told to.
type memDisk struct {
	nodes   map[int]*node
	next    int
	folders map[string]bool
	names   map[string]int // as programs see them, by path
	durable map[string]int // as the disk has them, folders as 0
	pending map[string][]naming

	calls int // of every kind
	fault func(call int, what string) error
	after func() // runs after every call that changes something
}

// node is the bytes of a file.
type node struct {
	data   []byte // as programs see them
	synced []byte // as the disk has them
	lost   bool   // a sync failed: what is not on the disk stays so, though later syncs succeed
}

// naming is one change of names in a folder, which happens whole or not at all.
type naming map[string]int // path → node, 0 folder, -1 gone

// newDisk is an empty disk.
func newDisk() *memDisk {
	return &memDisk{
		nodes: map[int]*node{}, folders: map[string]bool{".": true},
		names: map[string]int{}, durable: map[string]int{}, pending: map[string][]naming{},
	}
}

// call counts a call and lets it fail.
func (d *memDisk) call(what string) error {
	d.calls++
	if d.fault != nil {
		return d.fault(d.calls, what)
	}
	return nil
}

// changed runs after a change.
func (d *memDisk) changed() {
	if d.after != nil {
		d.after()
	}
}

// rename notes a change of names.
func (d *memDisk) rename(folder string, n naming) {
	for p, to := range n {
		if to < 0 {
			delete(d.names, p)
		} else {
			d.names[p] = to
		}
	}
	d.pending[folder] = append(d.pending[folder], n)
}

// List implements Disk.
func (d *memDisk) List(folder string) ([]string, error) {
	if err := d.call("list " + folder); err != nil {
		return nil, err
	}
	if !d.folders[folder] {
		return nil, fs.ErrNotExist
	}
	var out []string
	for p := range d.names {
		if path.Dir(p) == folder {
			out = append(out, path.Base(p))
		}
	}
	slices.Sort(out)
	return out, nil
}

// Read implements Disk.
func (d *memDisk) Read(name string, limit int64) ([]byte, error) {
	if err := d.call("read " + name); err != nil {
		return nil, err
	}
	i, ok := d.names[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return slices.Clone(d.nodes[i].data), nil
}

// Create implements Disk.
func (d *memDisk) Create(name string) (dir.File, error) {
	if err := d.call("create " + name); err != nil {
		return nil, err
	}
	if !d.folders[path.Dir(name)] {
		return nil, fs.ErrNotExist
	}
	i, ok := d.names[name]
	if !ok {
		d.next++
		i = d.next
		d.nodes[i] = &node{}
		d.rename(path.Dir(name), naming{name: i})
	}
	d.nodes[i].data, d.nodes[i].lost = nil, false
	d.changed()
	return &memFile{d, d.nodes[i], name}, nil
}

// Append implements Disk.
func (d *memDisk) Append(name string) (dir.File, error) {
	if err := d.call("append " + name); err != nil {
		return nil, err
	}
	i, ok := d.names[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &memFile{d, d.nodes[i], name}, nil
}

// Rename implements Disk.
func (d *memDisk) Rename(from, to string) error {
	if err := d.call("rename " + from); err != nil {
		return err
	}
	i, ok := d.names[from]
	if !ok {
		return fs.ErrNotExist
	}
	d.rename(path.Dir(from), naming{from: -1, to: i})
	d.changed()
	return nil
}

// Remove implements Disk.
func (d *memDisk) Remove(name string) error {
	if err := d.call("remove " + name); err != nil {
		return err
	}
	if _, ok := d.names[name]; !ok {
		return fs.ErrNotExist
	}
	d.rename(path.Dir(name), naming{name: -1})
	d.changed()
	return nil
}

// Mkdir implements Disk.
func (d *memDisk) Mkdir(name string) error {
	if err := d.call("mkdir " + name); err != nil {
		return err
	}
	if !d.folders[name] {
		d.folders[name] = true
		d.rename(path.Dir(name), naming{name: 0})
	}
	d.changed()
	return nil
}

// Sync implements Disk.
func (d *memDisk) Sync(folder string) error {
	if err := d.call("sync " + folder); err != nil {
		return err
	}
	for _, n := range d.pending[folder] {
		apply(d.durable, n)
	}
	delete(d.pending, folder)
	d.changed()
	return nil
}

// apply changes names.
func apply(names map[string]int, n naming) {
	for p, to := range n {
		if to < 0 {
			delete(names, p)
		} else {
			names[p] = to
		}
	}
}

// memFile is an open file of a memDisk.
type memFile struct {
	d    *memDisk
	n    *node
	name string
}

// errShort makes a write stop in the middle.
var errShort = errors.New("short write")

// Write implements File.
func (f *memFile) Write(b []byte) (int, error) {
	if err := f.d.call("write " + f.name); err != nil {
		f.n.data = append(slices.Clip(f.n.data), b[:len(b)/2]...) // as much as there was room for
		f.d.changed()
		if errors.Is(err, errShort) {
			return len(b) / 2, nil
		}
		return len(b) / 2, err
	}
	f.n.data = append(slices.Clip(f.n.data), b...)
	f.d.changed()
	return len(b), nil
}

// Sync implements File. A system whose sync has failed takes the pages for clean,
// so the next sync succeeds and does nothing.
func (f *memFile) Sync() error {
	if err := f.d.call("fsync " + f.name); err != nil {
		f.n.lost = true
		return err
	}
	if !f.n.lost {
		f.n.synced = slices.Clone(f.n.data)
	}
	f.d.changed()
	return nil
}

// Close implements File.
func (f *memFile) Close() error { return f.d.call("close " + f.name) }

// cut is what a power cut leaves of the disk: a new disk. keep says of each change
// of names that was not synced whether it is there, and of each sector of 512
// bytes that was not.
func (d *memDisk) cut(keep func() bool) *memDisk {
	names := maps.Clone(d.durable)
	for _, folder := range slices.Sorted(maps.Keys(d.pending)) {
		for _, n := range d.pending[folder] {
			if keep() {
				apply(names, n)
			}
		}
	}
	c := newDisk()
	c.next = d.next
	for _, p := range slices.Sorted(maps.Keys(names)) {
		i := names[p]
		if i == 0 {
			c.folders[p] = true
		} else if folder := path.Dir(p); folder == "." || hasFolder(names, folder) {
			c.nodes[i] = d.nodes[i].torn(keep)
		} else {
			continue
		}
		c.names[p], c.durable[p] = i, i
	}
	return c
}

// hasFolder tells whether a folder is among the names.
func hasFolder(names map[string]int, folder string) bool {
	i, ok := names[folder]
	return ok && i == 0
}

// torn is what a cut leaves of a file.
func (n *node) torn(keep func() bool) *node {
	b := slices.Clone(n.synced)
	if !slices.Equal(n.synced, n.data) && keep() { // the length
		b = append(b[:min(len(b), len(n.data))], make([]byte, max(0, len(n.data)-len(b)))...)
	}
	for at := 0; at < len(b); at += 512 {
		end := min(at+512, len(b))
		if at < len(n.data) && !slices.Equal(b[at:end], n.data[at:min(end, len(n.data))]) && keep() {
			copy(b[at:end], n.data[at:])
		}
	}
	return &node{data: b, synced: slices.Clone(b)}
}

// all, none and some are ways of keeping.
func all() bool  { return true }
func none() bool { return false }
func some(r *rand.Rand) func() bool {
	return func() bool { return r.IntN(2) == 0 }
}

// faults are the ways in which a call fails.
var faults = map[string]error{
	"EIO": syscall.EIO, "ENOSPC": syscall.ENOSPC, "EACCES": syscall.EACCES, "EMFILE": syscall.EMFILE, "short": errShort,
}

// failAt makes the n-th call fail in some way, if that call can. It returns what
// failed.
func (d *memDisk) failAt(n int, kind string) *string {
	what := new(string)
	first := d.calls
	d.fault = func(call int, name string) error {
		if call != first+n {
			return nil
		}
		if kind == "short" && name[:5] != "write" {
			return nil
		}
		*what = fmt.Sprintf("%s: %s", kind, name)
		return faults[kind]
	}
	return what
}
