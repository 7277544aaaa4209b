package memstore

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// The list says the same as a sorted slice, whatever is done to it.
func TestOrdered(t *testing.T) {
	o := newOrdered(cmp.Compare[int])
	var want []int
	random := rand.New(rand.NewPCG(1, 2))
	for step := range 20_000 {
		x := random.IntN(2000)
		if step%4000 < 3000 && step%3 > 0 || step < 600 {
			o.add(x)
			if i, found := slices.BinarySearch(want, x); !found {
				want = slices.Insert(want, i, x)
			}
		} else {
			i, found := slices.BinarySearch(want, x)
			if o.remove(x) != found {
				t.Fatalf("remove %d: want %v", x, found)
			}
			if found {
				want = slices.Delete(want, i, i+1)
			}
		}
		checkOrdered(t, &o, want, random.IntN(2000))
	}
	var got []int
	for x := range o.all {
		if got = append(got, x); len(got) == 3 {
			break
		}
	}
	if !slices.Equal(got, want[:3]) {
		t.Errorf("all: %v, want %v", got, want[:3])
	}
}

func checkOrdered(t *testing.T, o *ordered[int], want []int, x int) {
	t.Helper()
	at := func(i int) (int, bool) {
		if i < 0 || i >= len(want) {
			return 0, false
		}
		return want[i], true
	}
	i, found := slices.BinarySearch(want, x)
	next := i
	if found {
		next++
	}
	for name, c := range map[string]struct {
		get  func() (int, bool)
		want int
	}{
		"min":    {o.min, 0},
		"max":    {o.max, len(want) - 1},
		"from":   {func() (int, bool) { return o.from(x) }, i},
		"after":  {func() (int, bool) { return o.after(x) }, next},
		"before": {func() (int, bool) { return o.before(x) }, i - 1},
	} {
		got, ok := c.get()
		if w, wok := at(c.want); got != w || ok != wok {
			t.Fatalf("%s of %d: %d %v, want %d %v", name, x, got, ok, w, wok)
		}
	}
	if o.len() != len(want) {
		t.Fatalf("len %d, want %d", o.len(), len(want))
	}
}
