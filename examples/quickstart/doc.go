// Quickstart shows the whole journey: two people, each with a folder of their
// own, write one work, offline, in the same sentence and under the same key, and
// meet over a TCP connection on this machine. It prints the merged work, who
// wrote which words, the credits and the notice.
//
//	go run ./examples/quickstart
//
// Run it again and it opens the same folders and goes on.
package main
