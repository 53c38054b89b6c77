package crdt_test

import (
	"errors"
	"iter"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// errVoted is the verdict on a change that more acts "off" than "on" name.
var errVoted = errors.New("voted off")

// tally is rules for tests: a change is not effective while more acts "off" than
// acts "on" name it, each by the text of its CID. The verdict is a function of
// the set of acts alone: acts of changes that are off count too.
type tally struct{}

func (tally) Name() string { return "tally" }

func (tally) Start(h crdt.History, _ crdt.Value) (crdt.Judge, error) {
	return &tallyJudge{h: h, score: map[string]int{}, in: map[string]cid.Cid{}, wiped: map[string]int{}, told: map[string]bool{}}, nil
}

// tallyJudge counts the acts of one set.
type tallyJudge struct {
	h     crdt.History
	score map[string]int     // off less on, by the CID that is named
	in    map[string]cid.Cid // changes of the set
	wipe  []string           // changes whose words are to be erased, since Erase was asked last
	told  map[string]bool    // what Erase has yielded
	wiped map[string]int     // acts "erase" less acts "keep", by the CID that is named
}

func (j *tallyJudge) Before(*crdt.Tx) error { return nil }

func (j *tallyJudge) Add(c cid.Cid) iter.Seq2[cid.Cid, error] {
	was := map[string]bool{c.String(): false}
	for a := range j.h.Acts(c) {
		name, err := crdt.As[string](a.Body)
		if err != nil {
			continue
		}
		if _, ok := was[name]; !ok {
			was[name] = j.score[name] > 0
		}
		switch a.Kind {
		case "off":
			j.score[name]++
		case "on":
			j.score[name]--
		case "erase":
			j.wipe = append(j.wipe, name)
			j.wiped[name]++
		case "keep":
			j.wiped[name]--
		}
	}
	j.in[c.String()] = c
	return func(yield func(cid.Cid, error) bool) {
		for name, before := range was {
			x, ok := j.in[name]
			if now := j.score[name] > 0; !ok || now == before {
				continue
			} else if now && !yield(x, errVoted) || !now && !yield(x, nil) {
				return
			}
		}
	}
}
