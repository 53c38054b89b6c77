// Package sim runs replicas of one work through everything that can go wrong, in
// one thread, from one seed, in a time of its own: it is how the promises of merge
// are tested where tests of single parts cannot reach.
//
// # What to call
//
// [Generate] makes a [Plan] from a seed: who takes part, how bad the network is, and
// a list of steps. [Run] carries it out and returns a [Report]; the same plan gives
// the same run, frame by frame, and Report.Digest says so. A plan that fails is made
// short with [Shrink] and kept as text ([Plan.String], [Parse]), which stays what it
// is when Generate changes.
//
//	r := sim.Run(sim.Generate(17))
//	if r.Failure != nil { fmt.Println(r.Failure, sim.Shrink(…)) }
//
// # What is simulated
//
// Honest peers are replicas of package merge over a store, with a session for each
// neighbour: the code that is shipped, save the goroutines of merge that carry frames.
// As there, what is offered was made durable before. Around them everything is made up:
//
//   - the network loses, doubles, delays and swaps frames, cuts them short and flips
//     bits, brings frames of earlier connections, breaks connections and parts the
//     peers, in both directions or in one;
//   - the store loses what was not acknowledged, tears the end of a journal, fails and
//     then refuses all writes, rots, and is put back from a backup;
//   - programs end, between calls and in the middle of a write, and begin again;
//   - clocks are wrong, and one peer's connections may be very slow;
//   - hostile peers lie about what they hold, forge changes and signatures, splice what
//     was signed apart, write as of long ago, write two branches with one key, begin anew
//     with a key that has written, keep words back, or send garbage.
//     What they send is their own frames, not those of a session, where a session
//     would not say it.
//
// A plan ends with peace: faults end, who was down starts, everybody edits once more.
//
// # Who judges
//
// A ledger, which is no document, notes each edit before it is made and whether it was
// acknowledged: every character is typed once in a run, by one key. From it follow what
// must be shown, what must not, and whose it is. The union of what the honest hold,
// applied in another order to an empty document, must show the same as each of them.
// Heads and JSON are equal, both sides of each connection in sync and silent, and no
// honest key has contradicted itself. An honest peer never refuses what another says.
//
// # Why it lies here
//
// It needs package crdt and package merge, which no package below /internal may
// import; nobody but tests needs it, so it is internal to merge.
package sim
