//go:build !race

package storagetest

// defaultRows is how many jobs the larger tests use when the harness does not say.
const defaultRows = 1000
