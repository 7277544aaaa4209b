package mysqlstore

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// Each statement is a round trip. So what a transaction writes is gathered as long as
// nobody asks about it: inserts of the same statement become one with many rows, and
// MariaDB takes what was gathered as one statement. Statements about different tables may
// change places, since no table knows of another.

// A shape says how a statement may be joined with others of it.
type shape struct {
	tables []string // all that it names, without the prefix
	table  string   // the one that it changes
	head   string   // before the part that is repeated
	tail   string   // after it
	pieces []string // of that part, cut where arguments belong
	most   int      // of the parts that are joined, by commas
}

var (
	manyRows  = regexp.MustCompile(`(?s)^(INSERT INTO (\w+) \([^()]*\)\s*VALUES )(.*?)(\s+ON DUPLICATE KEY UPDATE.*)?$`)
	tableName = regexp.MustCompile(`\bjg_\w+`)
	whole     = regexp.MustCompile(`(?s)\bSELECT\b|\bLIMIT\b|\bORDER BY\b`)
)

// shapes are those of all statements, with names of tables that have no prefix yet.
var shapes = sync.OnceValue(func() (all []shape) {
	plain := sqlcore.NewTexts(sqlcore.MySQL, "jg_")
	for _, s := range sqlcore.Statements() {
		all = append(all, shapeOf(plain.Of(s)))
	}
	return all
})

func shapeOf(text string) (sh shape) {
	for _, name := range tableName.FindAllString(text, -1) {
		if !slices.Contains(sh.tables, name) {
			sh.tables = append(sh.tables, name)
		}
	}
	if len(sh.tables) == 1 {
		sh.table = sh.tables[0]
	}
	sh.pieces, sh.most = strings.Split(text, "?"), 1
	if whole.MatchString(text) {
		return sh
	}
	if m := manyRows.FindStringSubmatch(text); m != nil {
		sh.head, sh.tail, sh.most = m[1], m[4], maxRows
		sh.pieces = strings.Split(m[3], "?")
	}
	return sh
}

// named is the shape with the names of a namespace's tables in what is sent.
func (sh shape) named(t *texts) shape {
	sh.head, sh.tail = t.Named(sh.head), t.Named(sh.tail)
	sh.pieces = slices.Clone(sh.pieces)
	for i, piece := range sh.pieces {
		sh.pieces[i] = t.Named(piece)
	}
	return sh
}

// gathered is a statement that grows.
type gathered struct {
	s     *sqlcore.Stmt
	shape *shape
	text  []byte
	parts int
}

// The most that one statement gathers.
const (
	maxText = 256 << 10
	maxRows = 1000
)

// buffered is a link that gathers. Its errors come late.
type buffered struct {
	*link
	open []*gathered // those about one table in their order
	size int

	places map[int][]int64 // where packs are to be opened first, by queue
}

// maxOpen is how many bytes are gathered at most.
const maxOpen = 1 << 20

// Exec gathers a statement, or runs it behind those that it must not overtake.
func (b *buffered) Exec(s *sqlcore.Stmt, args ...any) (int64, error) {
	sh := &b.texts.shapes[s.Number()]
	if s.Counted() || len(sh.tables) != 1 {
		if err := b.settle(sh.tables); err != nil {
			return 0, err
		}
		return b.link.Exec(s, args...)
	}
	var g *gathered
	for _, o := range b.open {
		if o.shape.table == sh.table {
			g = o
		}
	}
	if g == nil || g.s != s || g.parts >= sh.most || len(g.text) > maxText {
		g = &gathered{s: s, shape: sh, text: append([]byte(nil), sh.head...)}
		b.open = append(b.open, g)
	}
	before := len(g.text)
	err := g.add(b.texts.Args(s, args))
	if b.size += len(g.text) - before; err == nil && b.size > maxOpen {
		err = b.flush()
	}
	return 1, err
}

// add adds one more part.
func (g *gathered) add(args []any) (err error) {
	b := g.text
	if g.parts > 0 {
		b = append(b, ", "...)
	}
	for i, piece := range g.shape.pieces {
		b = append(b, piece...)
		if i == len(args) {
			break
		}
		if b, err = appendLiteral(b, args[i]); err != nil {
			return g.s.Fault(err)
		}
	}
	g.text = b
	g.parts++
	return nil
}

// Query runs a statement behind those that write what it reads.
func (b *buffered) Query(s *sqlcore.Stmt, args ...any) (sqlcore.Rows, error) {
	if err := b.settle(b.texts.shapes[s.Number()].tables); err != nil {
		return nil, err
	}
	return b.link.Query(s, args...)
}

// settle sends what is gathered for some tables.
func (b *buffered) settle(tables []string) error {
	if slices.Contains(tables, "jg_ready") {
		if err := b.openPlaces(); err != nil {
			return err
		}
	}
	var now, later []*gathered
	for _, g := range b.open {
		if slices.Contains(tables, g.shape.table) {
			now = append(now, g)
		} else {
			later = append(later, g)
		}
	}
	b.open = later
	return b.send(now)
}

// flush sends all that is gathered, and further statements behind it.
func (b *buffered) flush(more ...string) error {
	if err := b.openPlaces(); err != nil {
		return err
	}
	all := b.open
	b.open = nil
	return b.send(all, more...)
}

func (b *buffered) send(all []*gathered, more ...string) error {
	texts := make([]string, 0, len(all)+len(more))
	for _, g := range all {
		b.size -= len(g.text)
		texts = append(texts, string(append(g.text, g.shape.tail...)))
	}
	err := b.all(append(texts, more...)...)
	switch {
	case err != nil && len(all) == 1:
		return all[0].s.Fault(err)
	case err != nil && len(all) > 1: // sent as one: nobody knows which failed
		return fmt.Errorf("one of %d statements, the first is %w", len(all), all[0].s.Fault(err))
	}
	return err
}

// all runs statements one after the other: MariaDB takes them in one round trip.
func (l *link) all(texts ...string) error {
	if l.texts.blocks && len(texts) > 1 {
		return l.run("BEGIN NOT ATOMIC " + strings.Join(texts, "; ") + "; END")
	}
	for _, text := range texts {
		if err := l.run(text); err != nil {
			return err
		}
	}
	return nil
}
