package block

import "crypto/ed25519"

// signingContext separates signatures on changes from every other signature
// that a key may ever make.
const signingContext = "commonhold/change/v1\x00"

// SigningMessage returns what the author of a change signs:
//
//	"commonhold/change/v1\0" ‖ len ‖ CID of the work ‖ len ‖ CID of the change
//
// where len is the uvarint of the bytes of the CID, always 36. The work is
// named so that a change cannot be carried into another work.
func SigningMessage(work, change ID) []byte {
	return appendSigningMessage(make([]byte, 0, signingSize), work, change)
}

// signingSize is the length of a signing message in bytes.
const signingSize = len(signingContext) + 2*(1+cidSize)

// appendSigningMessage appends the signing message to dst and returns it.
func appendSigningMessage(dst []byte, work, change ID) []byte {
	dst = append(dst, signingContext...)
	for _, id := range [2]ID{work, change} {
		dst = append(dst, byte(cidSize))
		dst = append(dst, changePrefix...)
		dst = append(dst, id[:]...)
	}
	return dst
}

// Verify tells whether sig is the signature of the key by on the change in the
// work. A wrong length and an unacceptable key are false. The verdict is that
// of crypto/ed25519 and of no other verifier: they disagree on odd keys.
func Verify(work, change ID, by Key, sig []byte) bool {
	if len(sig) != ed25519.SignatureSize || by.Check() != nil {
		return false
	}
	var buf [signingSize]byte
	return ed25519.Verify(by[:], appendSigningMessage(buf[:0], work, change), sig)
}
