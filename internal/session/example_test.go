package session

import "fmt"

// Two replicas exchange messages until neither has anything to say.
func Example() {
	ann, ben := history(3), newFake()
	a, _ := New(ann, Options{})
	b, _ := New(ben, Options{})

	for quiet := 0; quiet < 2; a, b = b, a {
		quiet++
		for {
			msg, _ := a.Next(epoch)
			if msg == nil {
				break
			}
			quiet = 0
			if err := b.Receive(epoch, msg); err != nil {
				fmt.Println(err)
			}
		}
	}
	fmt.Println(ben.Count(), a.InSync(), b.InSync(), b.Status().State)
	// Output: 3 true true in sync
}
