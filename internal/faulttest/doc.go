// Package faulttest is the fault suite: real worker processes on real stores, killed,
// frozen, cut off and starved, while what their handlers did is kept in ledgers and
// reconciled with what Enqueue acknowledged. Nothing may be lost, no job may have two
// recorded outcomes, and each continuation, batch callback and occurrence has to happen
// exactly as promised. It has tests only: a short form runs with all tests, the full
// one with `make soak`. Each run prints its seed; JOBGEN_SEED repeats its choices.
package faulttest
