// Command replay replays editing histories and measures what they cost.
//
//	go run ./examples/replay internal/trace/testdata/sveltecomponent.json.gz
//
// It reads each trace named by its arguments, in the two formats of
// josephg/editing-traces, takes it through the routes of the table in main.go,
// compares every end text exactly, and prints one line of JSON a measure:
//
//	{"trace":"sveltecomponent","measure":"rope","ms":0.61,"floor_ms":0.27,"ratio":2.26,"limit":3,"edits":19749,"floor":"gap buffer"}
//
// ms is process CPU time, the median of five runs after a warm-up; floor_ms is
// the same of the floor, which runs in turns with it: a rope of 1 KiB chunks
// fed the same edits, unless the line names another floor. limit is the ratio
// that the measure must not pass, null where there is none.
//
// The exit status is 1 if a text ends wrong or a route fails, with -gate also
// if a ratio is over its limit, and 2 if the arguments are wrong.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"

	"github.com/commonhold/commonhold/internal/trace"
)

// route is one way to take a history from its first edit to its end text.
type route struct {
	name string
	doc  string
	run  func(*run) error
}

// routes are all routes, in the order in which they run.
var routes = []route{
	{"floors", "gap buffer and rope, plain texts that the others are compared with", floors},
	{"local", "one author, one document, edit by edit and 100 at a time", local},
	{"turns", "20 authors who take turns every 100 edits and merge first; reading", turns},
	{"remote", "a second replica gets what the first one wrote", remote},
	{"orders", "the same in one batch, change by change, shuffled, reversed", orders},
	{"bound", "the same backwards, one edit a change, beyond what may wait", bound},
	{"pack", "what the history takes as a file, and opening it", packed},
	{"session", "concurrent traces with one replica an agent", session},
}

func main() { os.Exit(replay(os.Args[1:], os.Stdout, os.Stderr)) }

// replay is the program without its process: it returns the exit status.
func replay(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("replay", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("routes", "", "comma-separated routes to take, default all")
	runs := flags.Int("runs", 5, "timed runs of each measure, whose median counts")
	gate := flags.Bool("gate", false, "exit with status 1 if a ratio is over its limit")
	profile := flags.String("cpuprofile", "", "write a CPU profile of everything to this file")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: replay [flags] trace.json.gz …")
		flags.PrintDefaults()
		fmt.Fprintln(stderr, "routes:")
		for _, r := range routes {
			fmt.Fprintf(stderr, "  %s: %s\n", r.name, r.doc)
		}
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	chosen, err := choose(*only)
	if err != nil || flags.NArg() == 0 || *runs < 1 {
		if err != nil {
			fmt.Fprintln(stderr, "replay:", err)
		}
		flags.Usage()
		return 2
	}
	if *profile != "" {
		stop, err := startProfile(*profile)
		if err != nil {
			fmt.Fprintln(stderr, "replay:", err)
			return 2
		}
		defer stop()
	}
	status := 0
	for _, path := range flags.Args() {
		r, err := open(path)
		if err != nil {
			fmt.Fprintf(stderr, "replay: %s: %v\n", path, err)
			status = 1
			continue
		}
		r.out, r.runs = stdout, *runs
		for _, way := range chosen {
			if err := way.run(r); err != nil {
				fmt.Fprintf(stderr, "replay: %s: route %s: %v\n", r.name, way.name, err)
				status = 1
			}
		}
		for _, over := range r.over {
			fmt.Fprintf(stderr, "replay: %s: over its limit: %s\n", r.name, over)
			if *gate {
				status = 1
			}
		}
	}
	return status
}

// startProfile begins a CPU profile and returns what ends it.
func startProfile(path string) (stop func(), err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}

// choose returns the routes of a comma-separated list, all if it is empty.
func choose(list string) ([]route, error) {
	if list == "" {
		return routes, nil
	}
	var out []route
	for _, name := range strings.Split(list, ",") {
		i := slices.IndexFunc(routes, func(r route) bool { return r.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no route %q", name)
		}
		out = append(out, routes[i])
	}
	return out, nil
}

// run is one trace on its way through the routes.
type run struct {
	name  string       // of the trace
	trace *trace.Trace // the history
	flat  *trace.Flat  // the same as edits of one text, and who wrote what
	out   io.Writer    // where measures go
	runs  int          // timed runs of each measure
	over  []string     // measures over their limits so far
}

// open reads a trace and replays it once with plain lists, which is the
// independent record that routes are compared with.
func open(path string) (*run, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := trace.Read(f)
	if err != nil {
		return nil, err
	}
	flat, err := t.Flatten()
	if err != nil {
		return nil, err
	}
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return &run{name: name, trace: t, flat: flat}, nil
}

// verify compares an end text with that of the trace.
func (r *run) verify(what, text string) error {
	if text == r.trace.End {
		return nil
	}
	at := 0
	for at < min(len(text), len(r.trace.End)) && text[at] == r.trace.End[at] {
		at++
	}
	return fmt.Errorf("%s ends wrong: %d bytes where %d belong, different from byte %d on",
		what, len(text), len(r.trace.End), at)
}
