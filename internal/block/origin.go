package block

// Origin says where the words of a quote come from: the numbers N, N+1, … of
// the change Change, counted from the change's first as 0, one for each code
// point. It is a claim: nothing of it is looked up to judge a change, and its
// links are not among those of the header.
type Origin struct {
	Work   ID // zero: this work
	Change ID
	N      uint64
}

// appendOrigin appends work, change and number.
func appendOrigin(dst []byte, o *Origin) []byte {
	dst = appendLinkOrNull(dst, changeLink, &o.Work)
	return appendUint(appendLink(dst, changeLink, &o.Change), o.N)
}

// origin reads work, change and number of a quote, whose runes are read.
func (r *Reader) origin(op *Op) {
	op.From.Work = r.linkOrNull(changeLink)
	op.From.Change = r.link(changeLink)
	n := r.head(majorUint)
	if n > MaxNumbers-uint64(op.Runes) { // runes are far below 2^53
		r.fail(ErrLimit, "quote of %d numbers from %d, over 2^53", op.Runes, n)
		return
	}
	op.From.N = n
}
