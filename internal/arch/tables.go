package arch

// layers says which top folders a top folder's packages may import besides
// their own.
var layers = map[string][]string{
	"examples":   {"authorship", "merge", "crdt", "internal"},
	"authorship": {"crdt", "internal"},
	"merge":      {"crdt", "internal"},
	"crdt":       {"internal"},
	"internal":   {},
}

// top is what may lie at the top besides the folders of layers and names that
// begin with a dot.
var top = []string{
	"go.mod", "go.sum", "go.work", "go.work.sum",
	"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "NOTICE",
}

// impure are packages that nothing which crdt is made of may import: a replica
// has no files, sockets or log of its own.
var impure = []string{
	"net", "os", "syscall", "io/ioutil", "path/filepath", "log", "plugin",
	"github.com/klauspost/compress", "go.etcd.io/bbolt",
}

// owner says who may import a library, and why so few.
type owner struct {
	path string   // the module, or a folder of it
	dirs []string // folders that may import it; nil: any
	why  string
}

// owners lists all libraries that the root module uses. Tests may import any.
var owners = []owner{
	{"github.com/ipfs/go-cid", nil, "the name of a change is part of the public surface"},
	{"github.com/multiformats/go-multihash", []string{"internal/block", "merge/store/storetest"}, "one place makes names from digests"},
	{"github.com/multiformats/go-multibase", []string{"internal/block"}, "one place spells keys"},
	{"github.com/multiformats/go-varint", []string{"internal", "merge"}, "codecs"},
	{"github.com/fxamacker/cbor/v2", []string{"internal/block", "merge/pack", "examples/replay"},
		"one place knows how bytes are spelled; replay measures the library itself as a floor"},
	{"github.com/klauspost/compress", []string{"internal/bundle", "merge"}, "what leaves a replica is compressed, never what it is made of"},
	{"go.etcd.io/bbolt", []string{"merge/store/bolt"}, "it does not build for js/wasm, and is one store of several"},
	{"github.com/coder/websocket", []string{"merge/transport/websocket"}, "one transport of several"},
	{"github.com/github/go-spdx/v2", []string{"authorship"}, "terms are read where they are written, never to decide state"},
	{"github.com/clipperhouse/uax29/v2", []string{"crdt"}, "graphemes matter only to views and whole-text edits"},
	{"github.com/aymanbagabas/go-udiff", []string{"crdt"}, "diffs of whole texts"},
}

// suites is how the folders of packages end that serve tests: they may link
// package testing, start goroutines and look at the clock, nobody else may.
const suites = "test"

// goroutines names the files outside examples that start goroutines or
// timers, each with the reason. They must end before the call that started
// them returns.
var goroutines = map[string]string{
	"merge/meet.go":                        "Meet is both sides of a connection at once",
	"merge/link.go":                        "a connection is read and written at once, so that two sides with much to say do not wait for each other",
	"merge/follow.go":                      "Follow waits before it dials again, in the caller's goroutine",
	"merge/replica.go":                     "Autosave waits for its ticker, in the caller's goroutine",
	"merge/transport/websocket/dial_js.go": "a browser waits for the server's consent to a close, and nobody else does",
}

// clocks names the files that read the machine's clock, each with the reason.
var clocks = map[string]string{
	"crdt/doc.go":                  "the default of WithClock: claimed times, which no rule reads",
	"merge/link.go":                "deadlines of a live connection",
	"merge/follow.go":              "how long a connection has lasted, and when a work is asked for again",
	"merge/serve.go":               "when a policy is asked again",
	"merge/sync.go":                "how far two reports of progress are apart",
	"merge/presence.go":            "presence ends",
	"examples/server/load.go":      "the trial measures how long an edit takes to another client",
	"examples/replay/cpu_other.go": "stands in for the CPU time of a process where the system does not tell it",
}

// Lengths past which a reader gets lost.
const (
	maxFile = 700 // lines of a file that is no test
	maxFunc = 100 // lines of a function that is no test
)
