//go:build (!unix || solaris || illumos || aix) && !js

package bolt

import "os"

// unlock does nothing: on these systems a lock goes when the file is closed.
func unlock(*os.File) error { return nil }
