// Package faultproxy is a small TCP proxy for tests that puts network faults between a
// client and a server: delay, silence (a half-open connection), cuts at a chosen byte
// and refusal, each for one direction or both. A fault begins when its method returns
// and ends with Heal; nothing happens by chance.
package faultproxy
