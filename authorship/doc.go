// Package authorship says who: it makes and keeps the keys that sign changes,
// tells who wrote which words, counts what everybody contributed, holds the
// terms of a work and writes its notice.
//
// # What to call
//
// A program without files makes a [Key] by [NewKey]; one with a store opens a
// [Keyring] and hands it to merge.Open. Found a work with [Commons], join one with
// [Agree], read one with [Rules]. Then, of any view, at any version: [Blame] for a
// text, [Credits], [Notice], [Verify], [Name].
//
//	ann := authorship.NewKey("Ann")
//	doc, err := crdt.New(ann, authorship.Commons("Bread", "CC-BY-SA-4.0"))
//	err = doc.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil })
//	for span := range authorship.Blame(doc.View().Text("body")) {
//		fmt.Printf("%s wrote %q\n", span.Author, span.Text)
//	}
//
// # Persons, devices, agents
//
// A person is a key. Another store, device or draft of the person writes with a
// key of its own, bound to the person from both sides ([Key.BoundTo], or [Key.Claim]
// and [Bind]); its work counts as the person's. An agent, a program that writes by
// itself, is bound the same way and never credited as the person. A binding from
// one side alone counts for nothing, so nobody claims a stranger's work.
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
// # What to be careful with
//
//   - A name is a claim: anybody can call themselves Ann. Where two do, their keys
//     are shown too; show keys where it matters.
//   - A signature proves that a key made a change, not who holds the key, nor when.
//     There is no word "verified": [Level] says how far the proof goes. Times are
//     claims.
//   - Credits are facts about text, not a measure of people: they can be inflated by
//     anybody with many keys.
//   - The keyring's folder is a secret. It is not encrypted; it is refused when
//     others may read it. Keep it apart from the store, so that restoring one does
//     not restore the other.
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
//
// sig is the person's signature over "commonhold/bind/v1\0" ‖ 24 ‖ CID of the
// work ‖ 22 ‖ key ‖ "device" or "agent", where 24 and 22 (hex) are the lengths. The
// rules are called "commons/v1"; their data in the genesis is {mode: "direct",
// source?, terms: [expression, …]}.
//
// # Backwards compatibility
//
// Works, acts and bindings that this version writes stay readable and keep their
// meaning: what the rules "commons/v1" decide never changes, and other rules get
// another name. A keyring that this version wrote opens in later ones. Wording of
// notices may improve.
package authorship
