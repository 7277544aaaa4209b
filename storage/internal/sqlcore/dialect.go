package sqlcore

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Dialect is a database's way to write SQL. Statements of this package are written
// for SQLite; what another database wants differently stands beside them.
type Dialect uint8

// The dialects.
const (
	SQLite Dialect = iota
	Postgres
	MySQL
	dialects
)

// Prefix is how the names of a namespace's tables begin.
func Prefix(namespace string) (string, error) {
	if err := rules.Namespace(namespace); err != nil {
		return "", err
	}
	if namespace == "" {
		return "jobgen_", nil
	}
	return "jobgen_" + namespace + "_", nil
}

// Texts are the statements as one namespace of one database wants them.
type Texts struct {
	dialect Dialect
	prefix  string
	texts   []string
	orders  [][]int // MySQL: which argument each place takes; nil: one after the other
}

// NewTexts writes all statements for a dialect. The prefix stands before the names of
// tables.
func NewTexts(d Dialect, prefix string) *Texts {
	w := writtenIn[d]()
	t := &Texts{dialect: d, prefix: prefix, texts: make([]string, len(w.texts)), orders: w.orders}
	for i, text := range w.texts {
		t.texts[i] = t.named(text)
	}
	return t
}

// written are all statements in the words of a dialect, before they are given a prefix.
type written struct {
	texts  []string
	orders [][]int
}

// writtenIn is made when a dialect is first asked for, and once: it takes longer than
// anything else that a program does to open a store.
var writtenIn = func() (all [dialects]func() written) {
	for d := range dialects {
		all[d] = sync.OnceValue(func() (w written) {
			for _, s := range statements {
				text, order := placeholders(d, s.in(d))
				w.texts, w.orders = append(w.texts, text), append(w.orders, order)
			}
			return w
		})
	}
	return all
}()

// Of is the text of a statement.
func (t *Texts) Of(s *Stmt) string { return t.texts[s.n] }

// Args puts arguments in the order of the statement's places, as few types that
// every driver takes. It changes args where it can.
func (t *Texts) Args(s *Stmt, args []any) []any {
	for i, a := range args {
		args[i] = Native(a)
	}
	order := t.orders[s.n]
	if order == nil {
		return args
	}
	all := make([]any, len(order))
	for i, n := range order {
		all[i] = args[n]
	}
	return all
}

// named puts the namespace's prefix before the names of tables.
func (t *Texts) named(text string) string { return strings.ReplaceAll(text, "jg_", t.prefix) }

// Named is a text that is none of the statements, such as a migration, with the names of this
// namespace's tables.
func (t *Texts) Named(text string) string { return t.named(text) }

var numbered = regexp.MustCompile(`\?[0-9]+`)

// highest is the highest number that a place has.
func highest(text string) (n int) {
	for _, place := range numbered.FindAllString(text, -1) {
		i, _ := strconv.Atoi(place[1:]) // digits only
		n = max(n, i)
	}
	return n
}

// placeholders writes ? and ?1 as the dialect wants them.
func placeholders(d Dialect, text string) (string, []int) {
	if d == SQLite || !strings.Contains(text, "?") {
		return text, nil
	}
	var b strings.Builder
	var order []int
	next, plain := 0, true
	if d == MySQL { // where numbers stand behind plain places
		next = highest(text)
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '?' {
			b.WriteByte(text[i])
			continue
		}
		end := i + 1
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		n := next
		if end > i+1 {
			n, _ = strconv.Atoi(text[i+1 : end]) // digits only
			n--
		}
		next = max(next, n+1)
		plain = plain && n == len(order)
		order = append(order, n)
		i = end - 1
		if d == Postgres {
			b.WriteString("$" + strconv.Itoa(n+1))
		} else {
			b.WriteByte('?')
		}
	}
	if plain || d == Postgres {
		order = nil
	}
	return b.String(), order
}
