// Package faulttest kills, freezes and starves real worker processes on a real
// store and reconciles what their handlers did with what the store says. It has
// tests only: a short form runs with all tests, the full one with `make soak`.
package faulttest
