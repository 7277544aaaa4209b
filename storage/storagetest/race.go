//go:build race

package storagetest

// defaultRows is small under the race detector, which is about ten times slower.
const defaultRows = 200
