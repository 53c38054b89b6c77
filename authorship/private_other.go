//go:build !unix

package authorship

// checkPrivate does nothing where files have no modes that keep others out.
func checkPrivate(string, bool) error { return nil }

// syncFolder does nothing where folders cannot be synced.
func syncFolder(string) error { return nil }
