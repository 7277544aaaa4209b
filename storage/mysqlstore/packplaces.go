package mysqlstore

import (
	"slices"
	"strconv"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// To open a pack takes a round trip, and many jobs may leave their lines in one transaction.
// So a transaction gathers the places where packs are to be opened as it gathers what it
// writes, and opens them before that: what it writes is about the rows which that makes, or
// about rows that are none of a pack.

var _ sqlcore.Packer = (*buffered)(nil)

// maxPlaces is how many are gathered at most.
const maxPlaces = 500

// OpenFirst opens packs behind what is gathered for the line, which it counts.
func (b *buffered) OpenFirst(queue int, behind int64, n int) error {
	if err := b.settle([]string{"jg_ready"}); err != nil {
		return err
	}
	return b.link.OpenFirst(queue, behind, n)
}

// OpenAt has a pack opened before rows of the line are written.
func (b *buffered) OpenAt(queue int, rank int64) error {
	if b.places == nil {
		b.places = make(map[int][]int64)
	}
	b.places[queue] = append(b.places[queue], rank)
	if len(b.places[queue]) < maxPlaces {
		return nil
	}
	return b.openPlaces()
}

// openPlaces opens the packs at the places that are gathered.
func (b *buffered) openPlaces() error {
	for queue, ranks := range b.places {
		if err := b.openAt(queue, ranks); err != nil {
			return err
		}
	}
	b.places = nil
	return nil
}

// openAt opens the packs in which places of a main line lie.
func (l *link) openAt(queue int, ranks []int64) error {
	slices.Sort(ranks)
	found, err := l.query(l.openAtText(queue, ranks))
	if err != nil {
		return err
	}
	packs := packsOf(queue, found)
	packs = slices.DeleteFunc(packs, func(p pack) bool {
		i, _ := slices.BinarySearch(ranks, p.head()) // the first place that is not before it
		return i == len(ranks) || ranks[i] >= p.head()+int64(p.left())
	})
	sizes := make([]int, len(packs))
	for i := range packs {
		sizes[i] = packs[i].left()
	}
	return l.openPacks(packs, sizes)
}

// openAtText asks for all packs that may reach to places, which are in order: those near to
// each other are one range.
func (l *link) openAtText(queue int, ranks []int64) string {
	b := []byte("SELECT " + packColumns + " FROM jg_pack p FORCE INDEX (PRIMARY) WHERE p.queue = " + strconv.Itoa(queue) + " AND (")
	for i := 0; i < len(ranks); {
		from, to := ranks[i], ranks[i]
		for ; i < len(ranks) && ranks[i]-to <= sqlcore.PackMax; i++ {
			to = ranks[i]
		}
		b = append(b, "p.`rank` > "+strconv.FormatInt(from-sqlcore.PackMax, 10)+" AND p.`rank` <= "+strconv.FormatInt(to, 10)...)
		if i < len(ranks) {
			b = append(b, " OR "...)
		}
	}
	return l.texts.Named(string(append(b, ')')))
}
