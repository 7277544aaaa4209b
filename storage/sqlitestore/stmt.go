package sqlitestore

import (
	"fmt"
	"slices"
	"strings"
)

// A stmt is one statement of this package. Statements name tables with the prefix
// jg_, which stands for the prefix of the store's namespace.
type stmt struct {
	n    int // its place in statements
	text string
}

// statements are all that this package ever runs but migrations and pragmas: tests
// prepare each and look at its plan.
var statements []*stmt

// sqlText registers a statement.
func sqlText(text string) *stmt {
	s := &stmt{n: len(statements), text: strings.TrimSpace(text)}
	statements = append(statements, s)
	return s
}

// withPrefix is the statement for the tables of one namespace.
func (s *stmt) withPrefix(prefix string) string {
	return strings.ReplaceAll(s.text, "jg_", prefix)
}

// short is the beginning of the statement, for errors.
func (s *stmt) short() string {
	text := strings.Join(strings.Fields(s.text), " ")
	if len(text) > 60 {
		text = text[:60] + "..."
	}
	return text
}

// fault is an error of the database, with the statement that met it.
func (s *stmt) fault(err error) error { return fmt.Errorf("sqlitestore: %s: %w", s.short(), err) }

// A stmtFamily is a statement that takes many of one thing, prepared for a few
// sizes: a call takes the smallest that fits and fills up.
type stmtFamily struct{ sizes []*stmt }

var familySizes = [...]int{1, 4, 16, 64, 128, 256}

// sqlFamily registers a statement in which {} stands for n times item, joined by commas.
func sqlFamily(text, item string) stmtFamily {
	var f stmtFamily
	for _, n := range familySizes {
		list := strings.TrimSuffix(strings.Repeat(item+", ", n), ", ")
		f.sizes = append(f.sizes, sqlText(strings.ReplaceAll(text, "{}", list)))
	}
	return f
}

// fit is the smallest statement for n things and how many it takes.
func (f stmtFamily) fit(n int) (*stmt, int) {
	i := slices.IndexFunc(familySizes[:], func(size int) bool { return size >= n })
	if i < 0 {
		i = len(familySizes) - 1
	}
	return f.sizes[i], familySizes[i]
}

// exactly is the largest statement that takes no more than n things.
func (f stmtFamily) exactly(n int) (*stmt, int) {
	i := len(familySizes) - 1
	for familySizes[i] > n {
		i--
	}
	return f.sizes[i], familySizes[i]
}
