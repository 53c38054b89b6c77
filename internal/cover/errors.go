package cover

import (
	"errors"
	"fmt"
)

// ErrPoisoned is what every [Refusal] is: the change, or one it builds on, was found invalid.
var ErrPoisoned = errors.New("cover: refused change")

// Refusal says why a change cannot ever be applied. It matches [ErrPoisoned], and whatever Err matches.
type Refusal struct {
	ID    ID    // the refused change
	Cause ID    // the invalid change it builds on; ID itself if that one is invalid
	Err   error // what is wrong with Cause
}

// Error names both changes.
func (r *Refusal) Error() string {
	if r.ID == r.Cause {
		return fmt.Sprintf("cover: refused change %x: %v", r.ID, r.Err)
	}
	return fmt.Sprintf("cover: change %x builds on refused change %x: %v", r.ID, r.Cause, r.Err)
}

// Unwrap gives ErrPoisoned and the finding.
func (r *Refusal) Unwrap() []error { return []error{ErrPoisoned, r.Err} }
