package bundle

import (
	"testing"
)

// FuzzDecode: any bytes are a bundle or a typed error, through all three doors;
// what is accepted encodes to a frame that gives it back.
func FuzzDecode(f *testing.F) {
	for _, form := range forms {
		for _, pack := range []bool{false, true} {
			frame, err := form.encode(sample(5, 80), pack)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(frame)
			f.Add(frame[:len(frame)-1])
		}
	}
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, form := range forms {
			b := &Bundle{Items: make([]Item, 5)}
			fuzzOne(t, form.name, form.decode(data, b), b)
		}
	})
}

// FuzzBody gets past the checksum: the bytes are the body of a right frame,
// plain or as the packed form of claimed bytes.
func FuzzBody(f *testing.F) {
	for i, form := range forms {
		for _, pack := range []bool{false, true} {
			frame, err := form.encode(sample(5, 80), pack)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(byte(i), pack, frame[headerSize:], uint32(frame[8])<<8|uint32(frame[9]))
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, pack bool, body []byte, claim uint32) {
		form := forms[int(kind)%len(forms)]
		data := frameOf([]byte{kindBoth, kindChanges, kindWords}[int(kind)%len(forms)], body)
		if pack {
			data = packedOf(data[4], body, int(claim%(4<<20)))
		}
		b := &Bundle{Items: make([]Item, 5)}
		fuzzOne(t, form.name, form.decode(data, b), b)
	})
}

// fuzzOne judges what a decoder answered.
func fuzzOne(t *testing.T, form string, err error, b *Bundle) {
	if err != nil {
		if !typed(err) {
			t.Fatalf("%s: %v is none of the sentinels", form, err)
		}
		for i := range b.Items {
			if b.Items[i].Change != nil || b.Items[i].Words != nil {
				t.Fatalf("%s: refused, but item %d is filled", form, i)
			}
		}
		return
	}
	if form == "words" {
		for i := range b.Items {
			b.Items[i].Change = make([]byte, MinChange)
		}
	}
	for _, pack := range []bool{false, true} {
		frame, err := Encode(b, pack)
		if err != nil {
			t.Fatalf("%s: accepted, but it does not encode: %v", form, err)
		}
		var again Bundle
		if err := Decode(frame, &again); err != nil || !equal(b, &again) {
			t.Fatalf("%s: accepted, encoded, and now different (%v)", form, err)
		}
	}
}
