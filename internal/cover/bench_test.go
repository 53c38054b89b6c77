package cover

import "testing"

// BenchmarkReady passes one signed change on applied ones through a room.
func BenchmarkReady(b *testing.B) {
	applied := name(1, 0)
	p := New(func(id ID) bool { return id == applied }, func(ID, *change) error { return nil }, Limits{})
	data := &change{}
	it := Item[*change]{Prev: applied, Size: 300, Signed: true, Data: data}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		it.ID = ID{byte(i), byte(i >> 8), byte(i >> 16), 1}
		if p.Offer(&it, "a") != nil || len(p.Take().Ready) != 1 {
			b.Fatal("not ready")
		}
	}
}

// BenchmarkSegment passes 1,000 changes of one chain through a room, the last one signed. One op is one change.
func BenchmarkSegment(b *testing.B) {
	const n = 1000
	ids := make([]ID, n+1)
	for i := range ids {
		ids[i] = name(1, uint64(i))
	}
	p := New(func(id ID) bool { return id == ids[0] }, func(ID, *change) error { return nil }, Limits{})
	data := &change{}
	b.ReportAllocs()
	for done := 0; done < b.N; done += n {
		for i := 1; i <= n; i++ {
			it := Item[*change]{ID: ids[i], Prev: ids[i-1], Size: 300, Signed: i == n, Data: data}
			if p.Offer(&it, "a") != nil {
				b.Fatal("refused")
			}
		}
		if len(p.Take().Ready) != n {
			b.Fatal("not ready")
		}
	}
}
