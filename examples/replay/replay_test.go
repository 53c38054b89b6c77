package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/internal/trace"
)

// testdata is where the committed traces lie.
const testdata = "../../internal/trace/testdata/"

// write puts a trace into a file and returns its path.
func write(t *testing.T, tr *trace.Trace) string {
	t.Helper()
	var b bytes.Buffer
	if err := tr.Write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "synthetic.json")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestReplay: real and synthetic traces of both formats pass every route, and
// each line has the fixed keys first and in their order.
func TestReplay(t *testing.T) {
	paths := []string{
		testdata + "friendsforever.json.gz",
		testdata + "json-crdt-patch.json.gz",
		write(t, trace.Sequential(1, 500)),
		write(t, trace.Concurrent(1, 3, 500)),
	}
	var out, errs bytes.Buffer
	if status := replay(append([]string{"-runs", "1"}, paths...), &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, errs.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) < 2*len(paths) {
		t.Fatalf("%d lines for %d traces:\n%s", len(lines), len(paths), out.String())
	}
	for _, l := range lines {
		dec := json.NewDecoder(strings.NewReader(l))
		dec.Token()
		for _, want := range []string{"trace", "measure", "ms", "floor_ms", "ratio", "limit", "edits"} {
			key, _ := dec.Token()
			if _, err := dec.Token(); key != want || err != nil {
				t.Fatalf("key %v where %s belongs (%v): %s", key, want, err, l)
			}
		}
		if !json.Valid([]byte(l)) {
			t.Errorf("not JSON: %s", l)
		}
	}
}

// TestStatus: the exit status for wrong ends, broken files and wrong arguments.
func TestStatus(t *testing.T) {
	wrong := trace.Sequential(2, 100)
	wrong.End += "x"
	right := write(t, trace.Sequential(2, 100))
	for _, c := range []struct {
		name string
		args []string
		want int
		says string
	}{
		{"wrong end", []string{write(t, wrong)}, 1, "wrong end text"},
		{"no file", []string{"/does/not/exist.json"}, 1, "exist"},
		{"no trace", []string{"main.go"}, 1, "malformed"},
		{"no argument", nil, 2, "usage"},
		{"unknown flag", []string{"-x"}, 2, "usage"},
		{"unknown route", []string{"-routes", "floors,x", right}, 2, `no route "x"`},
		{"no runs", []string{"-runs", "0", right}, 2, "usage"},
		{"help", []string{"-h"}, 0, "floors"},
		{"one route", []string{"-routes", "floors", "-runs", "1", right}, 0, ""},
	} {
		var out, errs bytes.Buffer
		if got := replay(c.args, &out, &errs); got != c.want || !strings.Contains(errs.String(), c.says) {
			t.Errorf("%s: status %d, want %d; says %q", c.name, got, c.want, errs.String())
		}
	}
}

// TestGate: a ratio over its limit is reported, and ends with status 1 only
// when asked.
func TestGate(t *testing.T) {
	saved := routes
	defer func() { routes = saved }()
	routes = []route{{"slow", "", func(r *run) error {
		return r.measure(measure{name: "slow", limit: 1e-9, edits: 1, floorName: "nothing",
			floor: func() {}, do: func() error { applyGap(r.flat.Bytes); applyRope(r.flat.Bytes); return nil }, times: 50,
			extra: func() map[string]any { return map[string]any{"bytes": 7} }})
	}}}
	path := write(t, trace.Sequential(3, 2000))
	for _, c := range []struct {
		args []string
		want int
	}{{[]string{path}, 0}, {[]string{"-gate", path}, 1}} {
		var out, errs bytes.Buffer
		if got := replay(c.args, &out, &errs); got != c.want {
			t.Errorf("%v: status %d, want %d", c.args[:len(c.args)-1], got, c.want)
		}
		if !strings.Contains(errs.String(), "over its limit: slow") {
			t.Errorf("not reported: %q", errs.String())
		}
		if !strings.HasSuffix(out.String(), `,"bytes":7,"floor":"nothing"}`+"\n") {
			t.Errorf("line without its extra keys: %s", out.String())
		}
	}
}

// TestMeasure: prepare, do and check run in turn for the warm-up and each
// timed run, and an error of any of them ends the measure without a line.
func TestMeasure(t *testing.T) {
	tr := trace.Sequential(4, 10)
	flat, err := tr.Flatten()
	if err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	for fail := range 4 {
		var out bytes.Buffer
		var log strings.Builder
		step := func(name string, i int) func() error {
			return func() error {
				log.WriteString(name)
				if i == fail {
					return boom
				}
				return nil
			}
		}
		r := &run{name: "x", trace: tr, flat: flat, out: &out, runs: 2}
		err := r.measure(measure{name: "m", times: 2,
			prepare: step("p", 0), do: step("d", 1), check: step("c", 2)})
		want := []string{"p", "pd", "pddc", "pddcpddcpddc"}[fail]
		if log.String() != want || errors.Is(err, boom) != (fail < 3) || (out.Len() > 0) != (fail == 3) {
			t.Errorf("failing at %d: ran %s, error %v, line %q", fail, log.String(), err, out.String())
		}
	}
}

// TestVerify: one wrong byte is named.
func TestVerify(t *testing.T) {
	r := &run{trace: &trace.Trace{End: "abc"}}
	if err := r.verify("x", "abc"); err != nil {
		t.Error(err)
	}
	for text, at := range map[string]string{"abd": "byte 2", "ab": "byte 2", "abcd": "byte 3", "": "byte 0"} {
		if err := r.verify("x", text); err == nil || !strings.Contains(err.Error(), at) {
			t.Errorf("%q: %v, want %s", text, err, at)
		}
	}
}
