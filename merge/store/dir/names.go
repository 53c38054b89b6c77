package dir

import (
	"context"
	"maps"
	"slices"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// This file has local names: a log of two entries each, name and CID, which is
// small and written anew whenever a name changes.

// Names implements store.Naming.
func (d *dir) Names(ctx context.Context) (map[string]cid.Cid, error) {
	if err := d.enter(ctx); err != nil {
		return nil, err
	}
	defer d.leave()
	d.naming.Lock()
	defer d.naming.Unlock()
	return d.readNames()
}

// readNames reads the names. Beside a CorruptError stand those that can be read.
func (d *dir) readNames() (map[string]cid.Cid, error) {
	e, _, err := readTable(d.home, namesName, "names", kindNames)
	if err != nil && !isCorrupt(err) {
		return nil, err
	}
	names := map[string]cid.Cid{}
	for ; len(e) >= 2; e = e[2:] {
		id, bad := cid.Cast(e[1])
		if bad != nil || store.CheckName(string(e[0])) != nil {
			err = join(err, damage("names", errOther))
			continue
		}
		names[string(e[0])] = id
	}
	return names, err
}

// SetName implements store.Naming. While names are damaged none can be given: the
// damaged ones would be gone.
func (d *dir) SetName(ctx context.Context, name string, work cid.Cid) error {
	if err := store.CheckName(name); err != nil {
		return err
	}
	if work.Defined() {
		if err := store.CheckID(work); err != nil {
			return err
		}
	}
	if err := d.enter(ctx); err != nil {
		return err
	}
	defer d.leave()
	d.naming.Lock()
	defer d.naming.Unlock()
	return d.write(func() error {
		names, err := d.readNames()
		if err != nil {
			return err
		}
		if names[name] == work {
			return nil
		}
		if work.Defined() {
			names[name] = work
		} else {
			delete(names, name)
		}
		return d.writeNames(names)
	})
}

// writeNames writes all names.
func (d *dir) writeNames(names map[string]cid.Cid) error {
	var groups [][][]byte
	for _, name := range slices.Sorted(maps.Keys(names)) {
		groups = append(groups, [][]byte{[]byte(name), names[name].Bytes()})
	}
	b, err := wholeLog(kindNames, groups...)
	if err != nil {
		return err
	}
	if err := tooLong(len(b), 0); err != nil {
		return err
	}
	return storeError(replaceFile(d.home, namesName, b))
}
