// Package kubo runs Kubo, the IPFS program that is written in Go: without a
// daemon, without a network, in a repository of its own.
//
// [Binary] is the program. It is built the first time, which takes minutes and
// the network of the Go module proxy, and kept in a folder outside the checkout;
// afterwards it is just found. [Init] makes a repository, [Repo.Run] runs one
// command in it.
//
// What Kubo is built of stands in kubo.mod and kubo.sum. They are not a module of
// this repository, since the 250 modules that it requires would then choose the
// versions that other modules are tested with.
package kubo
