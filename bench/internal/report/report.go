// Package report turns samples into medians, ratios, JSON lines and tables.
package report

import (
	"cmp"
	"slices"

	"github.com/gojobgen/jobgen/bench/internal/scenario"
)

// Row is one comparison.
type Row struct {
	Store    string // redis, postgres, sqlite, mysql
	Scenario string
	Peer     string
	Ours     Figure
	Theirs   Figure
	Ratio    float64 // above 1: ours is better, for times too; 0: there is nothing to compare
}

// Figure is the median of several runs.
type Figure struct {
	scenario.Sample
	Runs     int
	Min, Max float64
}

// Book collects samples.
type Book struct {
	order   []key
	samples map[key][]scenario.Sample
}

type key struct{ store, scenario, contender string }

// NewBook makes an empty book.
func NewBook() *Book { return &Book{samples: make(map[key][]scenario.Sample)} }

// Add notes the samples of one run.
func (b *Book) Add(store, contender string, samples ...scenario.Sample) {
	for _, s := range samples {
		k := key{store, s.Name, contender}
		if b.samples[k] == nil {
			b.order = append(b.order, k)
		}
		b.samples[k] = append(b.samples[k], s)
	}
}

// Rows compares ours with every peer, in the order in which they were measured. A
// figure that no peer has makes a row without one.
func (b *Book) Rows(ours string) []Row {
	var rows []Row
	for _, k := range b.order {
		if k.contender != ours {
			continue
		}
		mine, found := median(b.samples[k]), false
		for _, p := range b.order {
			if p.store == k.store && p.scenario == k.scenario && p.contender != ours {
				theirs := median(b.samples[p])
				rows = append(rows, Row{k.store, k.scenario, p.contender, mine, theirs, ratio(mine, theirs)})
				found = true
			}
		}
		if !found {
			rows = append(rows, Row{Store: k.store, Scenario: k.scenario, Ours: mine})
		}
	}
	return rows
}

// median is the run whose value is in the middle, with its costs; between two runs in
// the middle the value is their mean.
func median(samples []scenario.Sample) Figure {
	sorted := slices.SortedFunc(slices.Values(samples), func(a, b scenario.Sample) int { return cmp.Compare(a.Value, b.Value) })
	n := len(sorted)
	f := Figure{Sample: sorted[n/2], Runs: n, Min: sorted[0].Value, Max: sorted[n-1].Value}
	f.Value = (sorted[(n-1)/2].Value + sorted[n/2].Value) / 2
	return f
}

func ratio(ours, theirs Figure) float64 {
	a, b := ours.Value, theirs.Value
	if ours.Lower {
		a, b = b, a
	}
	if b == 0 {
		return 0
	}
	return a / b
}

// Best replaces the rows of several peers by the strongest of each scenario, under a
// name of its own.
func Best(rows []Row, name string, of ...string) []Row {
	best := make(map[[2]string]Row)
	for _, r := range rows {
		k := [2]string{r.Store, r.Scenario}
		if old, ok := best[k]; slices.Contains(of, r.Peer) && (!ok || r.Ratio < old.Ratio) {
			best[k] = r
		}
	}
	var out []Row
	for _, r := range rows {
		if !slices.Contains(of, r.Peer) {
			out = append(out, r)
			continue
		}
		k := [2]string{r.Store, r.Scenario}
		if b, ok := best[k]; ok {
			b.Theirs.Note = b.Peer + " " + b.Theirs.Note
			b.Peer = name
			out = append(out, b)
			delete(best, k)
		}
	}
	return out
}
