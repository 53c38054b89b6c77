// Package session is how two replicas of one work come to hold the same
// changes: a pure state machine that is given messages and the time, and gives
// messages and the time at which it wants to be asked again. It has no
// goroutine, socket, timer or clock.
//
// # What to call
//
// Make a [Session] over a [Work] with [New]. Then, in a loop: send what
// [Session.Next] returns until it returns nothing, wait for a message, for the
// deadline it returned, or for the document to grow, hand a message to
// [Session.Receive], and ask Next again. [Session.InSync] and [Session.Status]
// say how it stands. It goes on for as long as the connection does: what is
// added to the document later is sent at the next Next.
//
// # What to be careful with
//
// A Session is not safe for concurrent use; its Work may change at any time. An
// error of Receive ends the session, and the document is as it was. The
// connection may lose, double and swap messages; it must not join or split
// them. In sync means that the peer said it holds the same set: a liar that
// says so only keeps us from sending.
//
// # How it goes
//
// Both sides say hello: a fresh nonce, a digest of what they hold, its heads, and its
// tips (changes without a successor on their author's chain), if there are two at most,
// else fingerprints of the ranges in which they lie. Equal digests: done, after half a
// round trip. A side that holds all heads of the peer knows exactly what the peer lacks,
// and so does one that has all its tips. Otherwise the two find out range by range which
// tips differ, as package tips has it, beginning with the fingerprints of the side with
// fewer changes, which the other may be able to push to at once, or else with the greater
// nonce; that costs what the difference is, whatever the number of chains. Then the tips
// tell what to push, chain by chain:
//
//	the peer's tips of author A       what I push of A
//	all held by me                    what is not below them
//	none                              everything
//	one that I do not hold            nothing: either I am behind, or the
//	                                  chain has forked and the peer will want
//
// Pushing is packs and then have, which says "nothing more to push, and this is
// my digest now". Who then still lacks a tip that the peer has named wants it
// and adds a locator, ids on its own chain at doubling distance, from which the
// peer sees where the chain forked. When all is said and the digests still
// differ there is one more round, and if that brings nothing the session rests
// as Partial until either side changes.
//
//	Ann                                        Ben
//	hello n1, digest, heads, ranges ───────▶
//	                              ◀─────── hello n2, digest, heads, ranges
//	ranges ────────────────────────────────▶              if neither holds
//	                              ◀─────── ranges         the other's heads
//	pack, pack, have ──────────────────────▶              what Ben lacks
//	                              ◀─────── pack, have     what Ann lacks
//	have ──────────────────────────────────▶              equal: Ben is in sync
//	                              ◀─────── have           and so is Ann
//
// A lost connection loses the bundle that was under way; the next hello begins from
// what was applied, so nothing else is sent twice.
//
// # Words
//
// A change may come without its words: its words were erased, or who passed it on has
// not got them, or keeps them back. Whoever lacks words that were not erased asks for
// them, each peer once in a round, by the changes that name them; who has them gives
// them, and they are tested against the change. Who has them not says so, and gives them
// unasked if they come to it later. A hello says beforehand that its sender is
// going to ask, so that nobody parts who has something to give ([Session.Busy]).
//
// # Pairings
//
// Two hellos make a pairing. Every later message carries its tag, made of both
// nonces, so messages of older pairings and sessions are ignored. Within a
// pairing messages are numbered. A number that is repeated is ignored; one that
// is skipped means that the connection lost something, and a new hello begins a
// new pairing. So each side knows what of its words was taken in (seen, in
// have), a round never ends because something was lost unnoticed, and repeats
// cost nothing.
//
// A hello is answered by a hello unless the two crossed: it carries the nonce
// that it answers, or zeros, and one that answers is never answered.
//
// # Messages
//
// The first byte is the kind. Numbers are big endian. Nothing may follow the
// last field. [MaxMessage] bytes at most.
//
//	1 hello   version 1 · flags 1 · work 32 · nonce 16 · echo 16 · digest 32 ·
//	          changes 8 · n 1 (≤ 16) · n heads of 32, ascending ·
//	          m 1 (≤ 2) · all m tips, or 255 · an offer of more than two
//	          flags: 1 the sender takes no changes, 2 these are all heads,
//	          4 the sender is going to ask for words
//	2 ranges  tag 8 · number 8 · a part of a step of package tips
//	3 pack    tag 8 · number 8 · flags 1 · part of a bundle, 1 … 61,440 bytes
//	          flags: 1 first part, 2 last part, 4 more packs follow
//	4 want    tag 8 · number 8 · flags 1 · up to 256 ×
//	          (author 32 · tip 32 · n 1 (≤ 64) · n ids of 32)
//	          flags: 1 more wants follow
//	5 lack    tag 8 · number 8 · ids of 32: wanted, and not held
//	6 have    tag 8 · number 8 · digest 32 · changes 8 · deferred 8 · seen 8
//	7 credit  tag 8 · number 8 · bytes 4 of pack, ranges and words taken in
//	8 fail    tag 8 · kind 1 · text of up to 200 bytes; the last word
//	9 ask     tag 8 · number 8 · flags 1 · up to 256 ids of 32: changes whose words
//	          are lacking; flags: 1 more asks follow
//	10 words  tag 8 · number 8 · change 32 · length 4 (≤ 2²⁰) · place 4 ·
//	          the words from that place on, up to 61,440 bytes
//	          or change 32 · 2³²−1: they are not here
//
// A tip is author 32 · seq 8 · id 32; tips ascend. The digest is SHA-256 of
// "commonhold/tips/v1", a zero byte, the id of the work and the root of the tree of
// tips. An offer is the first step of package tips, salted with the nonce of its hello.
// The tag is the first eight bytes of SHA-256(nonce of the sender's hello ‖ nonce of the
// receiver's). A fail from before the first pairing has zeros there. The third message
// under a tag, a credit of 128 KiB:
//
//	07 0102030405060708 0000000000000002 00020000
//
// A hello that lists all tips is answered, by who has more than two, with a diff
// alone, which names only tips of the authors listed. Who holds all heads of
// the peer does not answer ranges: its have says that there is nothing to find.
// Answers to asks come in the order of asking, one after another.
//
// # Bounds
//
// Per session: a bundle of 34 MiB that is being put together, paid for by the
// peer byte for byte; the words of one change; 4,096 tips to want and 4,096 to lack,
// 1,024 changes whose words were asked for in vain; a bit and a number
// for each change of the work. Sending waits for credit after 256 KiB. A
// message costs time linear in its length, and what its changes cost the
// document. A round costs a walk over the changes of the work, its ranges a walk
// over the tips: the peer can cause 8 at once and then one every 2 s. Each range,
// a batch of wants and the words of a change (65,536 of them) are taken once a round.
package session
