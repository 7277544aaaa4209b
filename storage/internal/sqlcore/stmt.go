package sqlcore

import (
	"fmt"
	"slices"
	"strings"
)

// A Stmt is one statement of this package. Statements name tables with the prefix
// jg_, which stands for the prefix of the store's namespace.
type Stmt struct {
	n     int // its place in statements
	text  string
	other [dialects]string
	scan  string // why it may read a table from end to end
	count bool   // the caller asks how many rows it changed
}

// statements are all that this package ever runs but migrations: tests prepare each
// and look at its plan.
var statements []*Stmt

// Statements are all statements of this package, for tests.
func Statements() []*Stmt { return slices.Clone(statements) }

// sqlText registers a statement.
func sqlText(text string) *Stmt {
	s := &Stmt{n: len(statements), text: strings.TrimSpace(text)}
	statements = append(statements, s)
	return s
}

// as gives a dialect a text of its own.
func (s *Stmt) as(d Dialect, text string) *Stmt {
	s.other[d] = strings.TrimSpace(text)
	return s
}

// scans says why a statement may read a table from end to end; others may not.
func (s *Stmt) scans(why string) *Stmt {
	s.scan = why
	return s
}

// withClaims says that what a statement reads of jg_run lies in claims, too, where there
// are any.
func (s *Stmt) withClaims() *Stmt {
	if strings.Contains(s.text, "jg_run ") {
		s.as(Postgres, inPostgres(strings.ReplaceAll(s.text, "jg_run ", "jg_running ")))
	}
	return s
}

// counted says that callers need the number of rows that the statement changed. Others
// may be put off until the next query or the commit.
func (s *Stmt) counted() *Stmt {
	s.count = true
	return s
}

// Counted reports whether Exec has to say how many rows the statement changed; of
// others it may say anything, and run them with the next query or the commit.
func (s *Stmt) Counted() bool { return s.count }

// MayScan is why the statement may read a table from end to end; empty: it may not.
func (s *Stmt) MayScan() string { return s.scan }

// in is the text for a dialect, with ? for arguments.
func (s *Stmt) in(d Dialect) string {
	switch {
	case d == MySQL && s.other[d] != "":
		return inMySQL(s.other[d]) // it may name columns that are words of SQL
	case d == MySQL:
		return inMySQL(s.text)
	case s.other[d] != "":
		return s.other[d]
	case d == Postgres:
		return inPostgres(s.text)
	}
	return s.text
}

// Number is the statement's place among all, for caches of prepared statements.
func (s *Stmt) Number() int { return s.n }

// Short is the beginning of the statement, for errors.
func (s *Stmt) Short() string {
	text := strings.Join(strings.Fields(s.text), " ")
	if len(text) > 60 {
		text = text[:60] + "..."
	}
	return text
}

// Fault is an error of the database, with the statement that met it.
func (s *Stmt) Fault(err error) error { return fmt.Errorf("%s: %w", s.Short(), err) }

// A stmtFamily is a statement that takes many of one thing, prepared for a few
// sizes: a call takes the smallest that fits and fills up.
type stmtFamily struct{ sizes []*Stmt }

var familySizes = [...]int{1, 4, 16, 64, 128, 256}

// sqlFamily registers a statement in which {} stands for n times item, joined by commas.
func sqlFamily(text, item string) stmtFamily {
	var f stmtFamily
	for _, n := range familySizes {
		f.sizes = append(f.sizes, sqlText(repeated(text, item, n)))
	}
	return f
}

func repeated(text, item string, n int) string {
	list := strings.TrimSuffix(strings.Repeat(item+", ", n), ", ")
	return strings.ReplaceAll(text, "{}", list)
}

// fit is the smallest statement for n things and how many it takes.
func (f stmtFamily) fit(n int) (*Stmt, int) {
	i := slices.IndexFunc(familySizes[:], func(size int) bool { return size >= n })
	if i < 0 {
		i = len(familySizes) - 1
	}
	return f.sizes[i], familySizes[i]
}

// exactly is the largest statement that takes no more than n things.
func (f stmtFamily) exactly(n int) (*Stmt, int) {
	i := len(familySizes) - 1
	for familySizes[i] > n {
		i--
	}
	return f.sizes[i], familySizes[i]
}
