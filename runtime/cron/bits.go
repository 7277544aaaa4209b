package cron

import "math/bits"

// The fields are sets of small numbers, kept as bit masks.

func has(mask uint64, v int) bool { return mask>>v&1 != 0 }

func count(mask uint64) int { return bits.OnesCount64(mask) }

// lowest returns the smallest value of a set that is not empty.
func lowest(mask uint64) int { return bits.TrailingZeros64(mask) }

// highest returns the largest value of a set that is not empty.
func highest(mask uint64) int { return bits.Len64(mask) - 1 }

// atOrAbove returns the smallest value that is v or more, or -1.
func atOrAbove(mask uint64, v int) int {
	mask = mask >> v << v
	if mask == 0 {
		return -1
	}
	return lowest(mask)
}

// atOrBelow returns the largest value that is v or less, or -1.
func atOrBelow(mask uint64, v int) int {
	return highest(mask & (1<<(v+1) - 1))
}

// spread returns low, low+step, low+2*step, ... up to high.
func spread(low, high, step int) uint64 {
	var mask uint64
	for v := low; v <= high; v += step {
		mask |= 1 << v
	}
	return mask
}
