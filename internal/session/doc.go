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
// Both sides say hello: a fresh nonce, a digest of what they hold, its heads
// and its tips (changes without a successor on their author's chain). Equal
// digests: done, after half a round trip. A side that holds all heads of the
// peer knows exactly what the peer lacks; otherwise the tips tell it, chain by
// chain:
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
//	hello n1, digest, heads, tips ─────────▶
//	                              ◀───────── hello n2, digest, heads, tips
//	pack, pack, have ──────────────────────▶              what Ben lacks
//	                              ◀───────── pack, have   what Ann lacks
//	have ──────────────────────────────────▶              equal: Ben is in sync
//	                              ◀───────── have         and so is Ann
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
//	          tips 4 · the tips if at most 32
//	          flags: 1 the sender takes no changes, 2 these are all heads
//	2 tips    tag 8 · number 8 · n 4 · n tips
//	3 pack    tag 8 · number 8 · flags 1 · part of a bundle, 1 … 61,440 bytes
//	          flags: 1 first part, 2 last part, 4 more packs follow
//	4 want    tag 8 · number 8 · flags 1 · up to 256 ×
//	          (author 32 · tip 32 · n 1 (≤ 64) · n ids of 32)
//	          flags: 1 more wants follow
//	5 lack    tag 8 · number 8 · ids of 32: wanted, and not held
//	6 have    tag 8 · number 8 · digest 32 · changes 8 · deferred 8 · seen 8
//	7 credit  tag 8 · number 8 · bytes 4 of pack and tips taken in
//	8 fail    tag 8 · kind 1 · text of up to 200 bytes; the last word
//
// A tip is author 32 · seq 8 · id 32; tips ascend. The tag is the first eight
// bytes of SHA-256(nonce of the sender's hello ‖ nonce of the receiver's). A
// fail from before the first pairing has zeros there. The third message under a
// tag, a credit of 128 KiB:
//
//	07 0102030405060708 0000000000000002 00020000
//
// # Bounds
//
// Per session: a bundle of 34 MiB that is being put together, paid for by the
// peer byte for byte; 4,096 tips to want and 4,096 to lack; a bit and a number
// for each change of the work. Sending waits for credit after 256 KiB. A
// message costs time linear in its length, and what its changes cost the
// document. A round costs a walk over the changes of the work: the peer can
// cause 8 at once and then one every 2 s. A list of tips and a batch of wants
// are taken once a round.
package session
