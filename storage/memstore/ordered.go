package memstore

import "slices"

// blockSize is how many elements a block of an ordered list holds at most.
const blockSize = 256

// ordered is a sorted list without duplicates: short sorted blocks in a row, so that
// adding at the end and taking the first are cheap, and any other change moves one
// block only. Elements must not change what they are compared by while they are in it.
type ordered[T any] struct {
	cmp    func(a, b T) int
	blocks [][]T
	n      int
}

func newOrdered[T any](cmp func(a, b T) int) ordered[T] { return ordered[T]{cmp: cmp} }

func (o *ordered[T]) len() int { return o.n }

// search finds the first element that is not below x: its block and place in it.
// Behind the last element the block is len(o.blocks).
func (o *ordered[T]) search(x T) (block, at int, found bool) {
	block, _ = slices.BinarySearchFunc(o.blocks, x, func(b []T, x T) int { return o.cmp(b[len(b)-1], x) })
	if block == len(o.blocks) {
		return block, 0, false
	}
	at, found = slices.BinarySearchFunc(o.blocks[block], x, o.cmp)
	return block, at, found
}

// add puts x in its place; it does nothing when x is there.
func (o *ordered[T]) add(x T) {
	b, at, found := o.search(x)
	if found {
		return
	}
	o.n++
	if b == len(o.blocks) {
		if b == 0 || len(o.blocks[b-1]) >= blockSize {
			o.blocks = append(o.blocks, append(make([]T, 0, 8), x))
			return
		}
		o.blocks[b-1] = append(o.blocks[b-1], x)
		return
	}
	block := slices.Insert(o.blocks[b], at, x)
	o.blocks[b] = block
	if len(block) > blockSize {
		half := len(block) / 2
		o.blocks = slices.Insert(o.blocks, b+1, slices.Clone(block[half:]))
		clear(block[half:])
		o.blocks[b] = block[:half]
	}
}

// remove takes x out and reports whether it was there.
func (o *ordered[T]) remove(x T) bool {
	b, at, found := o.search(x)
	if !found {
		return false
	}
	o.n--
	block := o.blocks[b]
	switch {
	case len(block) == 1:
		o.blocks = slices.Delete(o.blocks, b, b+1)
	case at == 0:
		var none T
		block[0] = none
		o.blocks[b] = block[1:]
	default:
		o.blocks[b] = slices.Delete(block, at, at+1)
	}
	return true
}

// at is the element at a place that search found.
func (o *ordered[T]) at(block, at int) (x T, ok bool) {
	if block >= len(o.blocks) {
		return x, false
	}
	return o.blocks[block][at], true
}

// min is the first element.
func (o *ordered[T]) min() (T, bool) { return o.at(0, 0) }

// max is the last element.
func (o *ordered[T]) max() (x T, ok bool) {
	if len(o.blocks) == 0 {
		return x, false
	}
	last := o.blocks[len(o.blocks)-1]
	return last[len(last)-1], true
}

// from is the first element that is not below x.
func (o *ordered[T]) from(x T) (T, bool) {
	b, at, _ := o.search(x)
	return o.at(b, at)
}

// after is the first element above x.
func (o *ordered[T]) after(x T) (T, bool) {
	b, at, found := o.search(x)
	if found {
		if at++; at == len(o.blocks[b]) {
			b, at = b+1, 0
		}
	}
	return o.at(b, at)
}

// before is the last element below x.
func (o *ordered[T]) before(x T) (none T, ok bool) {
	b, at, _ := o.search(x)
	if at == 0 {
		if b == 0 {
			return none, false
		}
		last := o.blocks[b-1]
		return last[len(last)-1], true
	}
	return o.blocks[b][at-1], true
}

// all lists the elements in order; the list must not change meanwhile.
func (o *ordered[T]) all(yield func(T) bool) {
	for _, block := range o.blocks {
		for _, x := range block {
			if !yield(x) {
				return
			}
		}
	}
}
