// Package scaletest measures what a store full of finished jobs costs, and what a server
// with nothing to do sends. JOBGEN_ROWS sets how many jobs the benchmarks keep, 20,000
// unless set.
package scaletest
