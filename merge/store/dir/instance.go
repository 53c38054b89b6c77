package dir

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/internal/place"
)

const (
	instanceName = "instance"
	namesName    = "names"
	instanceSize = 16 // bytes, before they are spelled in hex
)

// errNoStore is the answer to a folder in which other things lie.
var errNoStore = errors.New("not a store of Commonhold")

// instance is what the file of that name says: which store this is, how often it
// was opened, where it lay, and whether it was closed properly.
type instance struct {
	id    []byte
	epoch uint64
	where []byte
	clean bool
}

// spelled is the name of the instance.
func (m *instance) spelled() string { return hex.EncodeToString(m.id) }

// inspect refuses a folder that is no store and is not empty, and one of a later
// format. It writes nothing.
func inspect(d disk) error {
	names, err := d.List(".")
	if err != nil {
		return storeError(err)
	}
	for _, name := range names {
		if name == instanceName {
			_, _, err := readInstance(d)
			return err
		}
	}
	for _, name := range names {
		switch name {
		case lockName, heldName, namesName, instanceName + suffixNew, namesName + suffixNew:
		default:
			if _, ok := workOf(name); !ok {
				return damage("meta", fmt.Errorf("%q lies there: %w", name, errNoStore))
			}
		}
	}
	return nil
}

// readInstance reads the file, if there is one.
func readInstance(d disk) (m instance, found bool, err error) {
	e, missing, err := readTable(d, instanceName, "meta", kindInstance)
	if err != nil || missing {
		return m, false, err
	}
	if len(e) == 0 || len(e[0]) != 8 {
		return m, false, damage("meta", errLength)
	}
	if n := binary.BigEndian.Uint64(e[0]); n != format {
		return m, false, fmt.Errorf("the store has format %d, this program knows %d: %w", n, format, store.ErrVersion)
	}
	if len(e) != 5 || len(e[1]) != instanceSize || len(e[2]) != 8 || len(e[3]) != place.Size || len(e[4]) != 1 || e[4][0] > 1 {
		return m, false, damage("meta", errLength)
	}
	return instance{id: e[1], epoch: binary.BigEndian.Uint64(e[2]), where: e[3], clean: e[4][0] == 1}, true, nil
}

// next counts one more use of the store, which lies at where. What has been
// copied to another place is another instance.
func (m *instance) next(where []byte) error {
	if m.id == nil || !bytes.Equal(m.where, where) {
		m.id = make([]byte, instanceSize)
		if _, err := rand.Read(m.id); err != nil {
			return fmt.Errorf("drawing an instance: %w", storeError(err))
		}
	}
	m.epoch, m.where, m.clean = m.epoch+1, where, false
	return nil
}

// write makes the file say so.
func (m *instance) write(d disk) error {
	clean := byte(0)
	if m.clean {
		clean = 1
	}
	b, err := wholeLog(kindInstance, [][]byte{
		binary.BigEndian.AppendUint64(nil, format), m.id, binary.BigEndian.AppendUint64(nil, m.epoch), m.where, {clean},
	})
	if err != nil {
		return err
	}
	return storeError(replaceFile(d, instanceName, b))
}
