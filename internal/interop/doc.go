// Package interop lets the tools of others judge what this library writes for
// them. Its tests hand a work, written as a CAR, to Kubo; folder js hands the
// same CAR to the libraries of IPLD in JavaScript. Nothing here is linked by
// anybody: it is a module of its own, and README.md says how to run it.
package interop
