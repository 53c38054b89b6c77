package block

// appendHead appends the head of an item of the given major type in its
// shortest form. It is the inverse of cursor.head.
func appendHead(dst []byte, major byte, arg uint64) []byte {
	m := major << 5
	switch {
	case arg < 24:
		return append(dst, m|byte(arg))
	case arg < 1<<8:
		return append(dst, m|24, byte(arg))
	case arg < 1<<16:
		return append(dst, m|25, byte(arg>>8), byte(arg))
	case arg < 1<<32:
		return append(dst, m|26, byte(arg>>24), byte(arg>>16), byte(arg>>8), byte(arg))
	}
	return append(dst, m|27, byte(arg>>56), byte(arg>>48), byte(arg>>40), byte(arg>>32),
		byte(arg>>24), byte(arg>>16), byte(arg>>8), byte(arg))
}

// appendUint appends an unsigned integer.
func appendUint(dst []byte, u uint64) []byte { return appendHead(dst, majorUint, u) }

// appendInt appends an integer. It is the inverse of cursor.int.
func appendInt(dst []byte, i int64) []byte {
	if i < 0 {
		return appendHead(dst, majorNeg, uint64(^i))
	}
	return appendHead(dst, majorUint, uint64(i))
}

// appendText appends a text string, which must be valid UTF-8.
func appendText(dst []byte, s string) []byte {
	return append(appendHead(dst, majorText, uint64(len(s))), s...)
}

// appendBool appends false or true.
func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, cborTrue)
	}
	return append(dst, cborFalse)
}

// appendLink appends a link with the given bytes before its digest. It is the
// inverse of cursor.link.
func appendLink(dst []byte, prefix string, id *ID) []byte {
	return append(append(dst, prefix...), id[:]...)
}

// appendLinkOrNull appends a link, or null for the zero ID.
func appendLinkOrNull(dst []byte, prefix string, id *ID) []byte {
	if id.IsZero() {
		return append(dst, cborNull)
	}
	return appendLink(dst, prefix, id)
}

// appendLinks appends an array of links to changes.
func appendLinks(dst []byte, ids []ID) []byte {
	dst = appendHead(dst, majorArray, uint64(len(ids)))
	for i := range ids {
		dst = appendLink(dst, changeLink, &ids[i])
	}
	return dst
}
