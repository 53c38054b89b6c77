package dir

import (
	"encoding/binary"
	"path"
	"slices"
	"strings"

	"github.com/commonhold/commonhold/merge/store"
)

// step is files that come, or are replaced, and files that go, at one moment.
type step struct {
	puts  []put
	drops []string
}

// put is a file that comes.
type put struct {
	name  string
	parts [][]byte
}

// commit makes a step durable, all of it or nothing, and calls stored when the
// folder says so: from then on the files may lie under their names or under those
// that end in .new. The caller has the turn and may write.
func (w *work) commit(s step, stored func()) error {
	if len(s.puts)+len(s.drops) == 0 {
		stored()
		return nil
	}
	d := w.dir.home
	if err := w.makeFolder(); err != nil {
		return storeError(err)
	}
	for _, p := range s.puts {
		if err := writeFile(d, path.Join(w.folder, p.name+suffixNew), p.parts...); err != nil {
			return storeError(err)
		}
	}
	if len(s.puts)+len(s.drops) == 1 {
		return storeError(w.commitOne(s, stored))
	}
	b, err := s.log()
	if err != nil {
		return err
	}
	if err := replaceFile(d, path.Join(w.folder, commitName), b); err != nil {
		return storeError(err)
	}
	var names []string
	for _, p := range s.puts {
		names = append(names, p.name)
		w.under[p.name] = true
	}
	stored()
	return storeError(w.follow(names, s.drops))
}

// makeFolder makes the folder of the work, if there is none, and its name durable.
func (w *work) makeFolder() error {
	if w.exists {
		return nil
	}
	if err := w.dir.home.Mkdir(w.folder); err != nil {
		return err
	}
	if err := w.dir.home.Sync("."); err != nil {
		return err
	}
	w.exists = true
	return nil
}

// commitOne is commit of a single file, which needs nothing that says what else is
// to be done.
func (w *work) commitOne(s step, stored func()) error {
	d := w.dir.home
	if len(s.puts) == 1 {
		name := path.Join(w.folder, s.puts[0].name)
		if err := d.Rename(name+suffixNew, name); err != nil {
			return err
		}
	} else if err := d.Remove(path.Join(w.folder, s.drops[0])); err != nil {
		return err
	}
	stored() // by what the folder says; if the sync fails nobody knows what the disk says
	return d.Sync(w.folder)
}

// follow does what a commit says: the files get their names, what is replaced
// goes, and then the commit. It may be done again from the beginning.
func (w *work) follow(puts, drops []string) error {
	d := w.dir.home
	for _, name := range puts {
		if !w.under[name] {
			continue
		}
		to := path.Join(w.folder, name)
		if err := d.Rename(to+suffixNew, to); err != nil {
			return err
		}
		delete(w.under, name)
	}
	for _, name := range drops {
		if err := d.Remove(path.Join(w.folder, name)); err != nil && !isMissing(err) {
			return err
		}
	}
	if err := d.Sync(w.folder); err != nil {
		return err
	}
	return d.Remove(path.Join(w.folder, commitName))
}

// log spells what a commit has to do: an entry for each file that comes (length,
// checksum and name) and for each that goes. readStep is its inverse.
func (s step) log() ([]byte, error) {
	var entries [][]byte
	for _, p := range s.puts {
		size := 0
		for _, b := range p.parts {
			size += len(b)
		}
		e := binary.BigEndian.AppendUint64([]byte{'p'}, uint64(size))
		e = binary.BigEndian.AppendUint32(e, sum(p.parts...))
		entries = append(entries, append(e, p.name...))
	}
	for _, name := range s.drops {
		entries = append(entries, append([]byte{'d'}, name...))
	}
	return wholeLog(kindCommit, entries)
}

// expected is a file that a commit says is coming.
type expected struct {
	name string
	size uint64
	sum  uint32
}

// readStep reads what log wrote; ok tells that it makes sense.
func readStep(entries [][]byte) (puts []expected, drops []string, ok bool) {
	for _, e := range entries {
		name := ""
		switch {
		case len(e) > 13 && e[0] == 'p':
			name = string(e[13:])
			puts = append(puts, expected{name, binary.BigEndian.Uint64(e[1:]), binary.BigEndian.Uint32(e[9:])})
		case len(e) > 1 && e[0] == 'd':
			name = string(e[1:])
			drops = append(drops, name)
		}
		if !ours(name) {
			return nil, nil, false
		}
	}
	return puts, drops, len(entries) > 0
}

// ours tells whether a name is one that this package gives to a file of a work.
func ours(name string) bool {
	switch name {
	case journalName, heldLogName, goneName, selfName:
		return true
	}
	base, ok := strings.CutSuffix(name, suffixSeg)
	if !ok {
		base, ok = strings.CutSuffix(name, suffixWords)
	}
	_, _, valid := splitName(base)
	return ok && valid
}

// unfinished is a commit that was found in a folder.
type unfinished struct {
	redo  bool // it was stored: puts and drops are to be followed
	undo  bool // it was not, and goes
	puts  []string
	drops []string
}

// unfinished looks for a commit. All files that it names are there, under the one
// or the other name, or it was cut before it was stored: the sync that stores it
// stores their names too. A commit that makes no sense, or a file that is not what
// it says, is damage, and is left as it is.
func (w *work) unfinished(names []string) (u unfinished, err error) {
	w.broken = nil
	if !slices.Contains(names, commitName) {
		return u, nil
	}
	entries, _, err := readTable(w.dir.home, path.Join(w.folder, commitName), "changes", kindCommit)
	if err != nil && !isCorrupt(err) {
		return u, err
	}
	puts, drops, ok := readStep(entries)
	if err != nil || !ok {
		w.broken = store.OfWork(damage("changes", errUnfinished), w.id)
		return u, nil
	}
	u.redo = true
	for _, p := range puts {
		u.puts = append(u.puts, p.name)
		there, good, err := w.arrived(p, names)
		if err != nil {
			return u, err
		}
		switch {
		case good:
		case there: // written, synced, and something else by now
			w.broken = store.OfWork(damage("changes", errUnfinished), w.id)
			return unfinished{}, nil
		default:
			u.redo = false
		}
	}
	if !u.redo {
		return unfinished{undo: true}, nil
	}
	u.drops = drops
	return u, nil
}

// arrived tells whether a file that a commit names is there under the name that
// ends in .new, and whether it is, under either name, as it should be.
func (w *work) arrived(p expected, names []string) (there, good bool, err error) {
	for _, name := range []string{p.name + suffixNew, p.name} {
		if !slices.Contains(names, name) {
			continue
		}
		there = there || name != p.name
		b, err := w.dir.home.Read(path.Join(w.folder, name), maxLog)
		if err != nil {
			if err = readError("changes", err); isCorrupt(err) {
				continue
			}
			return there, false, err
		}
		if uint64(len(b)) == p.size && sum(b) == p.sum {
			return there, true, nil
		}
	}
	return there, false, nil
}
