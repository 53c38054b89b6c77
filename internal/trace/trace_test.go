package trace

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// traces are the committed histories with what is known about them.
var traces = []struct {
	name       string
	concurrent bool
	agents     int
	txns       int
	edits      int
	ascii      bool
}{
	{"friendsforever", true, 2, 26078, 26078, true},
	{"friendsforever_flat", false, 1, 26078, 26078, true},
	{"sveltecomponent", false, 1, 18335, 19749, true},
	{"seph-blog1", false, 1, 137154, 137993, false},
	{"json-crdt-patch", false, 1, 18639, 18723, false},
}

// load reads a committed trace.
func load(t testing.TB, name string) *Trace {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tr, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// apply is the slow obvious application of edits to one text, whose positions
// count elements of E: runes or bytes.
func apply[E rune | byte](t testing.TB, edits []Edit, split func(string) []E) []E {
	t.Helper()
	var text []E
	for i, e := range edits {
		if int(e.Pos)+int(e.Del) > len(text) {
			t.Fatalf("edit %d reaches to %d in a text of %d", i, e.Pos+e.Del, len(text))
		}
		text = slices.Replace(text, int(e.Pos), int(e.Pos+e.Del), split(e.Ins)...)
	}
	return text
}

// checkFlat compares a Flat with slow applications of both its edit lists.
func checkFlat(t testing.TB, tr *Trace, f *Flat) {
	t.Helper()
	if got := string(apply(t, f.Edits, func(s string) []rune { return []rune(s) })); got != tr.End {
		t.Errorf("edits in code points end at %d bytes, want %d", len(got), len(tr.End))
	}
	if got := string(apply(t, f.Bytes, func(s string) []byte { return []byte(s) })); got != tr.End {
		t.Errorf("edits in bytes end at %d bytes, want %d", len(got), len(tr.End))
	}
	if len(f.Writers) != utf8.RuneCountInString(tr.End) {
		t.Errorf("%d writers of %d characters", len(f.Writers), utf8.RuneCountInString(tr.End))
	}
	for i, r := range []rune(tr.End) {
		if !strings.ContainsRune(tr.Edits[f.Writers[i]].Ins, r) {
			t.Fatalf("character %d (%q) is not in edit %d", i, r, f.Writers[i])
		}
	}
}

// TestTraces: every committed trace reads as described beside it and ends at
// its end text by plain application, in code points and in bytes.
func TestTraces(t *testing.T) {
	for _, want := range traces {
		t.Run(want.name, func(t *testing.T) {
			tr := load(t, want.name)
			if tr.Concurrent != want.concurrent || tr.Agents != want.agents || len(tr.Txns) != want.txns ||
				len(tr.Edits) != want.edits || tr.ASCII() != want.ascii {
				t.Errorf("concurrent %v, %d agents, %d transactions, %d edits, ASCII %v",
					tr.Concurrent, tr.Agents, len(tr.Txns), len(tr.Edits), tr.ASCII())
			}
			f, err := tr.Flatten()
			if err != nil {
				t.Fatal(err)
			}
			checkFlat(t, tr, f)
			if !tr.Concurrent && !reflect.DeepEqual(f.Edits, tr.Edits) {
				t.Error("flat edits of a sequential trace are not its own")
			}
			if tr.ASCII() && !reflect.DeepEqual(f.Edits, f.Bytes) {
				t.Error("bytes and code points differ in an ASCII trace")
			}
		})
	}
}

// TestWriters: in a sequential trace the writers agree with a slice of edit
// numbers that is spliced along with the text.
func TestWriters(t *testing.T) {
	for _, tr := range []*Trace{load(t, "json-crdt-patch"), Sequential(7, 3000)} {
		f, err := tr.Flatten()
		if err != nil {
			t.Fatal(err)
		}
		var by []uint32
		for i, e := range tr.Edits {
			mine := slices.Repeat([]uint32{uint32(i)}, utf8.RuneCountInString(e.Ins))
			by = slices.Replace(by, int(e.Pos), int(e.Pos+e.Del), mine...)
		}
		if !reflect.DeepEqual(by, f.Writers) {
			t.Error("writers differ from the spliced slice")
		}
	}
}

// TestMerges: friendsforever has the merges that its description names, and a
// past by Seen is what walking the parents finds.
func TestMerges(t *testing.T) {
	tr, merges := load(t, "friendsforever"), 0
	for i := range tr.Txns {
		if len(tr.ParentsOf(i)) > 1 {
			merges++
		}
	}
	if merges != 2258 {
		t.Errorf("%d merges, want 2258", merges)
	}
	small := Concurrent(3, 4, 300)
	for i := range small.Txns {
		counts := make([]uint32, small.Agents)
		for j := range i {
			if small.inPast(uint32(j), uint32(i)) {
				counts[small.Txns[j].Agent]++
			}
		}
		if !reflect.DeepEqual(counts, append([]uint32{}, small.Seen(i)...)) {
			t.Fatalf("transaction %d sees %v, Seen says %v", i, counts, small.Seen(i))
		}
	}
}

// TestGenerated: synthetic traces are right, repeat by seed, survive writing
// and reading, plain and compressed, and their last sections of words overlap
// nowhere.
func TestGenerated(t *testing.T) {
	for seed := range uint64(20) {
		for _, tr := range []*Trace{
			Sequential(seed, 1+int(seed)*40),
			Concurrent(seed, 1+int(seed)%5, 200+int(seed)*20),
		} {
			f, err := tr.Flatten()
			if err != nil {
				t.Fatalf("seed %d, %d agents: %v", seed, tr.Agents, err)
			}
			checkFlat(t, tr, f)
			var plain, packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			if err := tr.Write(io.MultiWriter(&plain, z)); err != nil {
				t.Fatal(err)
			}
			z.Close()
			for _, b := range []*bytes.Buffer{&plain, &packed} {
				back, err := Read(b)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(back, tr) {
					t.Fatalf("seed %d, %d agents: read back differs", seed, tr.Agents)
				}
			}
		}
		if !reflect.DeepEqual(Sequential(seed, 50), Sequential(seed, 50)) {
			t.Error("a seed gives two traces")
		}
	}
}

// TestStart: a start text becomes the first transaction.
func TestStart(t *testing.T) {
	tr, err := Read(strings.NewReader(
		`{"startContent":"añb","endContent":"axb","txns":[{"time":"t","patches":[[1,1,"x"]]},{"patches":[]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.Txns) != 3 || tr.EditsOf(0)[0].Ins != "añb" || len(tr.EditsOf(2)) != 0 || tr.ParentsOf(1)[0] != 0 {
		t.Errorf("%+v", tr)
	}
	f, err := tr.Flatten()
	if err != nil {
		t.Fatal(err)
	}
	checkFlat(t, tr, f)
	if f.Bytes[1] != (Edit{1, 2, "x"}) {
		t.Errorf("in bytes: %v", f.Bytes[1])
	}
}

// TestRefused: what breaks the format is a typed error.
func TestRefused(t *testing.T) {
	seq := func(txns string) string { return `{"startContent":"","endContent":"","txns":[` + txns + `]}` }
	con := func(agents int, txns string) string {
		return fmt.Sprintf(`{"kind":"concurrent","endContent":"","numAgents":%d,"txns":[%s]}`, agents, txns)
	}
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"empty":             {"", ErrMalformed},
		"not JSON":          {"{]", ErrMalformed},
		"array":             {"[]", ErrMalformed},
		"broken gzip":       {"\x1f\x8b\x08\x00", ErrMalformed},
		"cut":               {seq("")[:20], ErrMalformed},
		"more after it":     {seq("") + "{}", ErrMalformed},
		"junk after it":     {seq("") + "}", ErrMalformed},
		"no end":            {`{"txns":[]}`, ErrMalformed},
		"no transactions":   {`{"endContent":""}`, ErrMalformed},
		"key twice":         {`{"endContent":"","endContent":"","txns":[]}`, ErrMalformed},
		"other kind":        {`{"kind":"x","endContent":"","txns":[]}`, ErrMalformed},
		"kind of number":    {`{"kind":1,"endContent":"","txns":[]}`, ErrMalformed},
		"null transaction":  {seq("null"), ErrMalformed},
		"no patches":        {seq(`{"time":""}`), ErrMalformed},
		"null patch":        {seq(`{"patches":[null]}`), ErrMalformed},
		"short patch":       {seq(`{"patches":[[0,0]]}`), ErrMalformed},
		"long patch":        {seq(`{"patches":[[0,0,"a","b"]]}`), ErrMalformed},
		"patch of strings":  {seq(`{"patches":[["0",0,"a"]]}`), ErrMalformed},
		"negative position": {seq(`{"patches":[[-1,0,"a"]]}`), ErrMalformed},
		"negative delete":   {seq(`{"patches":[[0,-1,"a"]]}`), ErrMalformed},
		"fraction":          {seq(`{"patches":[[0.5,0,"a"]]}`), ErrMalformed},
		"position outside":  {seq(`{"patches":[[1,0,"a"]]}`), ErrMalformed},
		"delete outside":    {seq(`{"patches":[[0,0,"a"],[0,2,""]]}`), ErrMalformed},
		"wide sum":          {seq(`{"patches":[[4294967295,4294967295,""]]}`), ErrMalformed},
		"number inserted":   {seq(`{"patches":[[0,0,1]]}`), ErrMalformed},
		"start concurrent":  {`{"kind":"concurrent","startContent":"a","endContent":"","txns":[]}`, ErrMalformed},
		"unknown agent":     {con(1, `{"parents":[],"agent":1,"patches":[]}`), ErrMalformed},
		"own parent":        {con(1, `{"parents":[0],"agent":0,"patches":[]}`), ErrMalformed},
		"parent twice": {con(1, `{"parents":[],"agent":0,"patches":[]},{"parents":[0,0],"agent":0,"patches":[]}`),
			ErrMalformed},
		"broken chain": {con(1, `{"parents":[],"agent":0,"patches":[]},{"parents":[],"agent":0,"patches":[]}`),
			ErrMalformed},
		"agents":  {con(MaxAgents+1, ""), ErrLimit},
		"parents": {con(1, `{"parents":[0`+strings.Repeat(",0", MaxParents)+`],"agent":0,"patches":[]}`), ErrLimit},
	} {
		if _, err := Read(strings.NewReader(c.in)); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
	boom := errors.New("boom")
	if _, err := Read(io.MultiReader(strings.NewReader(seq("")[:9]), errReader{boom})); !errors.Is(err, boom) || errors.Is(err, ErrMalformed) {
		t.Errorf("the reader's own error came back as %v", err)
	}
}

// errReader fails at once.
type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// TestBomb: what unpacks to more than the limit is refused after that many
// bytes, packed or plain; exactly as many pass.
func TestBomb(t *testing.T) {
	const limit = 1 << 16
	endless := func() io.Reader {
		return io.MultiReader(blanks(limit/2), blanks(limit/2), blanks(1), errReader{errors.New("read on")})
	}
	packed := func(n int) io.Reader {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.Copy(z, blanks(n))
		z.Close()
		return &b
	}
	for name, c := range map[string]struct {
		in   io.Reader
		want error
	}{
		"plain":            {endless(), ErrLimit},
		"packed":           {packed(limit + 1), ErrLimit},
		"packed, far more": {packed(100 * limit), ErrLimit},
		"plain, exactly":   {blanks(limit), nil},
		"packed, exactly":  {packed(limit), nil},
	} {
		got, err := unpack(bufio.NewReader(c.in), limit)
		if !errors.Is(err, c.want) || len(got) > limit+1 {
			t.Errorf("%s: %d bytes, error %v", name, len(got), err)
		}
	}
}

// blanks reads as n spaces.
func blanks(n int) io.Reader { return strings.NewReader(strings.Repeat(" ", n)) }

// TestFlattenRefuses: a concurrent trace whose positions do not exist, and any
// trace with another end text.
func TestFlattenRefuses(t *testing.T) {
	for in, want := range map[string]error{
		`{"endContent":"x","txns":[{"patches":[[0,0,"a"]]}]}`:                                                         ErrEnd,
		`{"kind":"concurrent","numAgents":1,"endContent":"","txns":[{"parents":[],"agent":0,"patches":[[1,0,"a"]]}]}`: ErrMalformed,
		`{"kind":"concurrent","numAgents":1,"endContent":"","txns":[{"parents":[],"agent":0,"patches":[[0,1,""]]}]}`:  ErrMalformed,
	} {
		tr, err := Read(strings.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.Flatten(); !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", in, err, want)
		}
	}
}

// TestFlattenGaps: a deletion that another agent's unseen words split becomes
// two flat edits, behind the words that replace it, and what both deleted goes
// once.
func TestFlattenGaps(t *testing.T) {
	tr, err := Read(strings.NewReader(`{"kind":"concurrent","numAgents":3,"endContent":"aXé>","txns":[
		{"parents":[],"agent":0,"patches":[[0,0,"abñd>"]]},
		{"parents":[0],"agent":1,"patches":[[2,0,"é"]]},
		{"parents":[0],"agent":2,"patches":[[3,1,""]]},
		{"parents":[0],"agent":0,"patches":[[1,3,"X"]]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	f, err := tr.Flatten()
	if err != nil {
		t.Fatal(err)
	}
	checkFlat(t, tr, f)
	if want := []Edit{{0, 0, "abñd>"}, {2, 0, "é"}, {4, 1, ""}, {1, 1, "X"}, {3, 1, ""}}; !reflect.DeepEqual(f.Edits, want) {
		t.Errorf("flat edits %v, want %v", f.Edits, want)
	}
}

// FuzzRead: whatever the bytes, Read returns a trace that can be written and
// read back equal, or a typed error.
func FuzzRead(f *testing.F) {
	for _, tr := range []*Trace{Sequential(1, 12), Concurrent(1, 3, 12)} {
		var b bytes.Buffer
		if err := tr.Write(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte(`{"startContent":"a","endContent":"","txns":[{"patches":[[0,1,""]]}]}`))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		tr, err := Read(bytes.NewReader(in))
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrLimit) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		var b bytes.Buffer
		if err := tr.Write(&b); err != nil {
			t.Fatal(err)
		}
		back, err := Read(&b)
		if err != nil {
			t.Fatal(err)
		}
		if len(back.Txns) != len(tr.Txns) || len(back.Edits) != len(tr.Edits) || back.End != tr.End {
			t.Fatal("read back differs")
		}
		if len(tr.Edits) < 1000 {
			if _, err := tr.Flatten(); err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrEnd) {
				t.Fatalf("untyped error %v", err)
			}
		}
	})
}

// BenchmarkRead reads the largest committed trace.
func BenchmarkRead(b *testing.B) {
	raw, err := os.ReadFile("testdata/seph-blog1.json.gz")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Read(bytes.NewReader(raw)); err != nil {
			b.Fatal(err)
		}
	}
}
