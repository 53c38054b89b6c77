// Package cover decides which held changes are applied: the greatest set that is closed under links and in which every
// change is signed, or has a later change of its own chain in the set. It also keeps, within bounds, what cannot be
// applied yet.
//
// # What to call
//
// A document makes one [Pending] with [New], hands each decoded change to [Pending.Offer] and each verified signature to
// [Pending.Sign], in any order, and after each batch calls [Pending.Take]: it returns the changes that are now applied
// (links first), those that had to go because of a bound, and those that were refused. Inside stands a [Set], which
// knows only changes whose links are all complete; it can be used alone.
//
//	offered ─ a link is neither applied nor complete ─→ waiting ─┐ its last link became complete: Complete is asked
//	   └───── every link is applied or complete ────────────────→ blocked ─ covered, and its links too ─→ ready ─→ taken
//
// # What to be careful with
//
//   - Only a verified signature may be reported. Signatures of changes that are not here yet cannot be verified; they
//     wait in [Pending.Keep] and come back from [Pending.Early].
//   - After Take, and before the next call, the taken changes must count as applied for the function given to New.
//   - Nothing here is safe for concurrent use, calls back into the document other than through the two given functions,
//     or starts a goroutine. Nothing recurses, however deep a hostile graph is.
//
// # Cost
//
// An unsigned change costs its links. A signature costs at most the changes that wait for it, through whatever chain of
// reasons, and their links; [Work] counts both, and Pending lets a source spend at most [WorkPerByte] of it for each byte
// it brought. So all work is linear in what was received.
package cover
