// Package scaletest measures what a store full of finished jobs costs. It has
// benchmarks only; JOBGEN_ROWS sets how many jobs are kept, 20,000 unless set.
package scaletest
