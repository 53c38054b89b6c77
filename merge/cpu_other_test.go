//go:build !unix

package merge_test

import "time"

// cpu is how much of a processor this program has used, which is not asked here.
func cpu() time.Duration { return 0 }
