// Package charter is the engine of the rules "commons/v1": who is a person, what the
// members decided, and which changes of a work are effective. It is a pure function of
// the set of changes, kept up to date as changes arrive.
//
// [Start] gives a [Judge] for one closed set; [Judge.Add] takes in changes, links first,
// and yields the verdicts that are others now. Everything else asks: [Judge.Verdict],
// [Judge.Votes], [Judge.Amends], [Judge.Path], [Judge.Proposals], [Judge.Hidden],
// [Judge.Erased]. [Judge.Check] restates the invariants of all structs.
//
// # Words
//
// A root is the first change of a key on the prev path of a change. An epoch is the
// genesis or an amend that was ratified. The path is the chain of epochs in force; the
// last one is its tip. To settle a change is to have it in the past of a ratify of an
// epoch: later epochs ask nothing of it any more. A group is the change that proposes.
//
// # Where the rules leave a choice
//
//   - The past of a change is what is reached by its links, itself not included. So acc
//     of an epoch has not the changes that ratify it, and acts of one change do not see
//     each other.
//   - A change in an act that is not in the past of the act's change makes the act void:
//     it is no vote (Malformed), no amend, no hide, no revoke. Only the base of a vote gives
//     the reason BadBase then, and the amend it votes for BadProposal.
//   - Of two votes of one change on one matter the first is void (Replaced), provided that
//     the author may vote on that base and that both name only what they have seen.
//   - An accept that names a part of an Update and not its last is void (Malformed).
//   - An amend whose base is neither the genesis nor an amend in its past is void.
//   - The first amend in its form counts in a change.
//   - Of an Update in several changes, a part without a group of its own has that of the
//     part before it.
//   - A redaction needs the share of an accept and, where the base has two members or
//     more, two voters. It stands as an accept does.
//   - Remaining voters are those who are still members, of whatever chamber; they are
//     counted against the numbers of the base, in its chambers.
//   - Who is removed or cut is taken out of the moderators too; without a moderator left
//     every member is one.
//   - The heads of a revoke that are of another key keep nothing.
//   - The margin of a decision is the least on the way to it from the genesis.
//   - Hides and unhides are void while their change is cut and not accepted, as grants
//     are. Moderators may hide through their confirmed devices.
package charter
