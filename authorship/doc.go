// Package authorship says who: it makes and keeps the keys that sign changes,
// tells who wrote which words, counts what everybody contributed, holds the
// terms of a work and writes its notice.
//
// # What to call
//
// A program without files makes a [Key] by [NewKey]; one with a store opens a
// [Keyring] and hands it to merge.Open. Found a work with [Commons], join one with
// [Agree], read one with [Rules]. Then, of any view, at any version: [Blame] for a
// text, [Credits] ([CreditsOf] for a part), [Notice], [Verify], [Name]. To take words
// over from another text or work with their author, [Quote]; to show somebody who has
// neither work that they are the author's, [ProveQuote] and [VerifyQuote].
//
//	ann := authorship.NewKey("Ann")
//	doc, err := crdt.New(ann, authorship.Commons("Bread", "CC-BY-SA-4.0"))
//	err = doc.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil })
//	for span := range authorship.Blame(doc.View().Text("body")) {
//		fmt.Printf("%s wrote %q\n", span.Author, span.Text)
//	}
//
// More numbers are [Measures], which tell how long work has been let stand, and
// [ContributorsOf], [PortfolioOf], [Heat], [Biographies], [Deleted] and [Withheld], each
// plain values with a JSON form. In an Update, [ImportText] and [Derive] say that what is
// written came from a file, or is a translation; [Review] that somebody has read it.
// [Outbound] and [Terms] say what a view may be used under; [Fork] makes another work of it.
//
// A work is governed in Updates, too: [Propose], [Accept], [Amend], [Endorse], [Hide],
// [Redact] and [Revoke]. [CharterOf], [Members], [Proposals], [Decisions] and [Hidden]
// tell how things stand, [Explain] why a change counts or does not.
//
// # Persons, devices, agents
//
// A person is a key. Another store, device or draft of the person writes with a
// key of its own, bound to the person from both sides ([Key.BoundTo], or [Key.Claim]
// and [Bind]); its work counts as the person's. An agent, a program that writes by
// itself, is bound the same way and never credited as the person. A binding from
// one side alone counts for nothing, so nobody claims a stranger's work.
//
// # Quotes
//
// Text that is cut and pasted or copied with crdt's TextTx.Move, Quote and Paste stays
// its first author's: each quote names the change and the characters it comes from. In
// the same work the words are compared, as a whole: where they differ the quote is its
// writer's own text, with the flag [Mismatch]. Cut and paste counts for the author as
// if the text had stayed; copies have a column of their own. Quotes from other works
// are in nobody's characters; they are [Proven] by the author's signature, which [Quote]
// records, or else [Claimed]. An author who has said no name here is shown by the name that
// the quote says, as Hearsay ([Person]): the signature proves the key, not the name.
//
// # Terms
//
// The genesis of a work names its terms. Everybody who writes grants them, once,
// in the first change; work of somebody who has not waits, visibly
// ([TermsError]), and becomes effective when the grant arrives, in whatever order
// things arrive. Grants only grow. Terms are read as SPDX licence expressions by
// their grammar; whether a licence exists, or fits another, decides nothing here.
// This is no legal advice.
//
// [Outbound] is what a view may be used under: what everybody has granted of whom
// something is shown, and what every quote states; [Terms] names who blocks, where, and
// what waits, [FreedBy] the grant that freed a change. [Quote] refuses what the terms do
// not allow ([WithException] writes down why it is quoted all the same); the facts it asks
// decide only what is written, never state. [Fork] makes another work under a part of what
// is outbound, which comes back by [Quote]. [Notice] has it all, and writes it as text,
// Markdown, HTML, REUSE.toml, CITATION.cff, snippet tags and PROV
// ([Attribution.WriteFiles]).
//
// # Governing
//
// A work carries its charter: whose changes count unasked, who the members are, and how
// many of them decide. Everything about it is acts in signed changes, judged by what their
// author had seen, so every replica comes to the same answers, also one without a key.
// [Propose], [Accept], [Amend] and [Endorse], [Hide] and [Redact], [Revoke] write;
// [CharterOf] and [Epochs], [Proposals], [Decisions], [Hidden], [Members] and [RoleOf]
// read any view, and [Explain] says of any change whether it counts, why, and what it
// lacks, [Ineffective] of all that do not; [Asked] and [Late] are what a member's program offers to vote on. There is no majority of those who happen to be there: shares count all members.
// A decision stands from the vote on that had seen enough others; only members who fork
// their keys can shake it, [Decision] says how many.
//
// Found with three members, each with a key of their own: what a lone founder decides, the
// holder of that one key can contest for ever, and a lost key ends all decisions.
//
// # What to be careful with
//
//   - A name is a claim: anybody can call themselves Ann. Where two do, their keys
//     are shown too; show keys where it matters.
//   - A signature proves that a key made a change, not who holds the key, nor when.
//     There is no word "verified": [Level] says how far the proof goes. Times are
//     claims.
//   - What was copied before its change had a name (crdt's Commit), by its own author,
//     goes as new text and counts again. A quote of single letters is a quote.
//   - A proof of a quote has all words of the change in it.
//   - Credits are facts about text, not a measure of people. Whoever has many keys can
//     inflate them, and the other measures, with text of their own, and let it stand.
//   - Who shows a newcomer the work for the first time can show an old state of it: it is
//     signed and whole, and what came later is not missed until somebody else is met.
//   - The keyring's folder is a secret. It is not encrypted; it is refused when
//     others may read it. Keep it apart from the store, so that restoring one does
//     not restore the other.
//   - Another process of the same user can read the keyring and write into the store.
//     Nothing here defends against it: what it signs is the user's.
//   - [Agree] grants a licence. Call it after the person has agreed.
//
// # Format
//
// Acts are values in changes. A key stands as the 34 bytes ed 01 and the public
// key, as in did:key. An act that is not exactly of this form is void:
//
//	kind     value                        words
//	boundTo  {agent, person, sig?}                in the first change of a key
//	bind     {agent, key}                         by the person
//	grant    {terms: [expression, …]}
//	name     null                         the name
//	confirm  {change}                             by a co-author of that change
//	quote    {by, change, proof?, source?, terms?, title, within?, work}  the author's name
//	except   {change, work}                       why it is quoted against its terms; beside a
//	          derive both are its work, and it is why that is made against its terms
//	fork     {heads, source?, title, work}        by the founder
//	taken    {by, work}                           their name; by the founder
//	carried  null                                 by the founder
//	review   {heads: [change, …]}
//	import   {claimed?: [name, …], source?}       names 1 to 256, source 1 to 1,024 bytes
//	derive   {authors: [key, …], heads: [change, …], kind: "translation" or "adaptation",
//	          path?, range?: [from, to], title, work}  the authors' names, a line each
//	anchor   {heads: [change, …], kind, token}    heads 1 to 64, of its past; token at most 32 KiB
//	propose  null                                 the title
//	amend    {base, mode?, terms?, admit?: {chamber: [key, …]}, remove?: [key, …], moderators?: [key, …],
//	          accept?: [n, d], amend?: [n, d], cut?: [{heads: [change, …], key}, …]}      why
//	endorse  {base, no?: true} and one of amend: change, accept: [change, …], redact: [change, …]
//	hide     {changes: [change, …], off?: true}
//	revoke   {heads: [change, …], key}
//	object   {change}                             why
//
// Lists of keys and of changes ascend by their bytes, each once, cuts by key; they are not
// empty, but for heads, and for moderators, which is then every member. base is the epoch
// whose members decide: the genesis, or the change of the amend that it began with; an
// endorse of an amend that names the base says to leave the charter as it is. What an act
// of propose, amend, endorse, hide or revoke names must be in the past of its change; acts of one change
// are not in each other's. Of a change the first amend counts, and of its votes on one
// matter the last.
//
// quote says of a change of another work whose it is (by), and of that work its title,
// where it is and its terms, and within the terms of this work under which it may be used;
// proof is {change, later: [block, …], signature, words}: the
// blocks and the signature of crdt's Proof. A proof is good when the blocks follow on
// one chain, the signature is the author's on the last of them, and the words are those
// that the change names; it speaks of characters that the change typed, not quoted.
// sig is the person's signature over "commonhold/bind/v1\0" ‖ 24 ‖ CID of the
// work ‖ 22 ‖ key ‖ "device" or "agent", where 24 and 22 (hex) are the lengths. The
// rules are called "commons/v1"; their data in the genesis is {mode: "direct" or "propose",
// terms: [expression, …], source?, members?: {chamber: [key, …]}, moderators?: [key, …], accept?: [n, d],
// amend?: [n, d]}; absent are the founder as the one member of a chamber "members", every
// member, [0, 1] and [1, 2].
//
// # Backwards compatibility
//
// Works, acts and bindings that this version writes stay readable and keep their
// meaning: what the rules "commons/v1" decide never changes, and other rules get
// another name. testdata/vectors has works under them, byte for byte, with what they
// decide of each change. A keyring that this version wrote opens in later ones. Wording of
// notices may improve.
package authorship
