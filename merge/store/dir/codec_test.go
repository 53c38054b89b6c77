package dir

import (
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
)

// testWork is the CID of some work.
var testWork = cid.MustParse("bafyreiensq5ualnwibk7ztr47frjbwlddmye543oqp37chbnkuxuwbvpdi")

// TestFolders: folders are spelled as the CIDs usually are, of old CIDs too, and
// nothing else is the folder of a work.
func TestFolders(t *testing.T) {
	if got := folderOf(testWork); got != testWork.String() {
		t.Fatalf("folder %s", got)
	}
	old := cid.MustParse("QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn")
	for _, id := range []cid.Cid{testWork, old} {
		if got, ok := workOf(folderOf(id)); !ok || got != id {
			t.Fatalf("%s is read as %s, %v", folderOf(id), got, ok)
		}
	}
	name := folderOf(testWork)
	for _, bad := range []string{"", "b", "instance", name[1:], name + "a", name[:20], strings.ToUpper(name), old.String(), "b0189", name + "/x"} {
		if id, ok := workOf(bad); ok {
			t.Fatalf("%q is the folder of %s", bad, id)
		}
	}
}

// TestNamesOfFiles: order and ID are told by the name, which has one spelling.
func TestNamesOfFiles(t *testing.T) {
	id := strings.Repeat("0a", idSize)
	for _, order := range []uint64{0, 1, 1<<64 - 1} {
		if o, i, ok := splitName(segmentName(order, id)); !ok || o != order || i != id {
			t.Fatalf("order %d is read as %d, %s, %v", order, o, i, ok)
		}
	}
	name := segmentName(10, id)
	for _, bad := range []string{"", "-", name[1:], name + "0", strings.ToUpper(name), strings.Replace(name, "-", "_", 1), strings.Replace(name, "0", "g", 1), "+" + name[1:]} {
		if _, _, ok := splitName(bad); ok {
			t.Fatalf("%q is the name of a segment", bad)
		}
	}
	for _, bad := range []string{"", "commit", "x.seg", name, "../" + name + ".seg", name + ".seg.new"} {
		if ours(bad) {
			t.Fatalf("%q is one of our files", bad)
		}
	}
}
