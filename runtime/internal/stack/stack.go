// Package stack makes room on the stack of a new goroutine.
package stack

// size is what a store's driver and a handler need, about: with what is in use it makes a
// stack of 16 kB, the largest that the scheduler keeps ready for each processor.
const size = 10 << 10

// Grow makes room for the calls to come. A new goroutine that goes down into a store's
// driver, or into a handler, otherwise grows its stack several times on the way, and each
// time all frames down to there are moved: where little is to be done, that costs more
// than the work itself.
//
//go:noinline
func Grow() {
	if full { // never: that the frame has room for it is enough
		var room [size]byte
		fill(&room)
	}
}

var full bool

//go:noinline
func fill(room *[size]byte) { room[0] = 1 }
