package mysqlstore

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// Each statement is a round trip. So what a transaction writes is gathered as long as
// nobody asks about it: inserts of the same statement become one with many rows, and
// deletions one with many conditions. Statements about different tables may change
// places, since no table knows of another.

// A shape says how a statement may be joined with others of it.
type shape struct {
	tables []string // all that it names
	table  string   // the one that it changes
	head   string   // before the part that is repeated
	tail   string   // after it
	pieces []string // of that part, cut where arguments belong
	comma  string   // between the parts; empty: it cannot be joined
	open   string
	close  string
	most   int // parts
}

var (
	manyRows  = regexp.MustCompile(`(?s)^(INSERT INTO (\w+) \([^()]*\)\s*VALUES )(.*?)(\s+ON DUPLICATE KEY UPDATE.*)?$`)
	manyConds = regexp.MustCompile(`(?s)^(DELETE FROM (\w+) WHERE )(.*)$`)
	changes   = regexp.MustCompile(`(?s)^(?:INSERT INTO|UPDATE|DELETE FROM) (\w+) `)
	whole     = regexp.MustCompile(`(?s)\bSELECT\b|\bLIMIT\b|\bORDER BY\b`)
)

func (t *texts) shapeOf(s *sqlcore.Stmt, prefix string) shape {
	text := t.Of(s)
	var sh shape
	for _, name := range regexp.MustCompile(prefix+`\w+`).FindAllString(text, -1) {
		if !slices.Contains(sh.tables, name) {
			sh.tables = append(sh.tables, name)
		}
	}
	if m := changes.FindStringSubmatch(text); m != nil {
		sh.table = m[1]
	}
	if s.Counted() || whole.MatchString(text) {
		return sh
	}
	if m := manyRows.FindStringSubmatch(text); m != nil {
		sh.head, sh.comma, sh.tail, sh.most = m[1], ", ", m[4], maxRows
		sh.pieces = strings.Split(m[3], "?")
	} else if m := manyConds.FindStringSubmatch(text); m != nil {
		sh.head, sh.comma, sh.open, sh.close, sh.most = m[1], " OR ", "(", ")", maxConds
		sh.pieces = strings.Split(m[3], "?")
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
	maxText  = 256 << 10
	maxRows  = 1000
	maxConds = 16 // the server compares each with each
)

// buffered is a link that gathers. Its errors come late.
type buffered struct {
	*link
	open []*gathered
}

// Exec gathers a statement, or runs it behind those that it must not overtake.
func (b *buffered) Exec(s *sqlcore.Stmt, args ...any) (int64, error) {
	sh := &b.texts.shapes[s.Number()]
	i := slices.IndexFunc(b.open, func(g *gathered) bool { return g.shape.table == sh.table })
	if sh.comma == "" {
		if err := b.settle(sh); err != nil {
			return 0, err
		}
		return b.link.Exec(s, args...)
	}
	if i >= 0 && (b.open[i].s != s || b.open[i].parts == sh.most || len(b.open[i].text) > maxText) {
		if err := b.send(i); err != nil {
			return 0, err
		}
		i = -1
	}
	if i < 0 {
		i = len(b.open)
		b.open = append(b.open, &gathered{s: s, shape: sh, text: append([]byte(nil), sh.head...)})
	}
	return 1, b.open[i].add(b.texts.Args(s, args))
}

// add adds one more part.
func (g *gathered) add(args []any) (err error) {
	b := g.text
	if g.parts > 0 {
		b = append(b, g.shape.comma...)
	}
	b = append(b, g.shape.open...)
	for i, piece := range g.shape.pieces {
		b = append(b, piece...)
		if i == len(args) {
			break
		}
		if b, err = appendLiteral(b, args[i]); err != nil {
			return g.s.Fault(err)
		}
	}
	g.text = append(b, g.shape.close...)
	g.parts++
	return nil
}

// Query runs a statement behind those that write what it reads.
func (b *buffered) Query(s *sqlcore.Stmt, args ...any) (sqlcore.Rows, error) {
	if err := b.settle(&b.texts.shapes[s.Number()]); err != nil {
		return nil, err
	}
	return b.link.Query(s, args...)
}

// settle sends what is gathered for the tables of a statement.
func (b *buffered) settle(sh *shape) error {
	for i := 0; i < len(b.open); {
		if !slices.Contains(sh.tables, b.open[i].shape.table) {
			i++
			continue
		}
		if err := b.send(i); err != nil {
			return err
		}
	}
	return nil
}

// flush sends all that is gathered.
func (b *buffered) flush() error {
	for len(b.open) > 0 {
		if err := b.send(0); err != nil {
			return err
		}
	}
	return nil
}

func (b *buffered) send(i int) error {
	g := b.open[i]
	b.open = slices.Delete(b.open, i, i+1)
	if err := b.run(string(append(g.text, g.shape.tail...))); err != nil {
		return g.s.Fault(err)
	}
	return nil
}
