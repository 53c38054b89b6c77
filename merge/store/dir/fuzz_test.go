package dir

import (
	"bytes"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
)

// FuzzFiles: whatever lies in a file, reading it ends with what was written there
// or an error, and takes no more memory than the file has.
func FuzzFiles(f *testing.F) {
	n, log, err := newLog(kindJournal)
	if err != nil {
		f.Fatal(err)
	}
	log = appendFrame(log, n, len(log), []byte("header"), []byte("record"))
	log = appendFrame(log, n, len(log), nil, []byte("another"))
	s := store.NewSegment([]byte("changes"), []byte("words"))
	s.Replaces = []string{s.ID}
	table, err := step{puts: []put{{selfName, [][]byte{log}}}, drops: []string{journalName}}.log()
	if err != nil {
		f.Fatal(err)
	}
	for _, b := range [][]byte{log, table, slices.Concat(segmentFile(s)...), slices.Concat(wordsFile(s.ID, s.Words)...), heldEntry('+', testWork, []byte("data"))} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := readLog(b, kindJournal); err == nil {
			again := append(slices.Clone(b[:8]), c.nonce[:]...)
			for at := logHead; at < c.end; {
				entries, size := readFrame(b, c.nonce, at)
				again = appendFrame(again, c.nonce, at, entries...)
				at += size
			}
			if !bytes.Equal(again, b[:c.end]) {
				t.Fatal("a log that is read is another when it is written")
			}
		}
		if c, err := readLog(b, kindCommit); err == nil {
			readStep(c.entries)
		}
		if got, _, err := readSegment(b, s.ID); err == nil && !bytes.Equal(got.Changes, s.Changes) {
			t.Fatal("another segment has the ID")
		}
		if words, err := readWords(b, s.ID); err == nil && !bytes.Equal(slices.Concat(wordsFile(s.ID, words)...), b) {
			t.Fatal("words that are read are others when they are written")
		}
		if sign, p, ok := readHeld(b); ok && !bytes.Equal(heldEntry(sign, p.ID, p.Data), b) {
			t.Fatal("an entry that is read is another when it is written")
		}
	})
}
