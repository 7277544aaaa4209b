package pgstore

import (
	"fmt"
	"strconv"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// link runs the core's statements on one connection. What changes rows and whose count
// nobody asks for waits for the next query, or the commit, and travels with it.
type link struct {
	wire
	texts *sqlcore.Texts
	queue []*request
	err   error // the first one: a transaction is of no use after it
}

// request makes a statement of the core ready to be sent.
func (l *link) request(s *sqlcore.Stmt, args []any) (*request, error) {
	r := &request{name: l.texts.Named("jg_") + strconv.Itoa(s.Number()), text: l.texts.Of(s), stmt: s}
	if err := r.set(l.texts.Args(s, args)); err != nil {
		return nil, s.Fault(err)
	}
	return r, nil
}

// utility is a text without arguments.
func utility(text string) *request { return &request{name: "jobgen " + text, text: text} }

// Exec runs a statement, later where nobody needs the count of rows.
func (l *link) Exec(s *sqlcore.Stmt, args ...any) (int64, error) {
	if l.err != nil {
		return 0, l.err
	}
	r, err := l.request(s, args)
	if err != nil {
		return 0, err
	}
	l.queue = append(l.queue, r)
	if !s.Counted() {
		return 1, nil
	}
	if err := l.flush(); err != nil {
		return 0, err
	}
	return changed(r.tag), nil
}

// Query runs a statement after those that wait.
func (l *link) Query(s *sqlcore.Stmt, args ...any) (sqlcore.Rows, error) {
	if l.err != nil {
		return nil, l.err
	}
	r, err := l.request(s, args)
	if err != nil {
		return nil, err
	}
	r.rows = new(result)
	l.queue = append(l.queue, r)
	if err := l.flush(); err != nil {
		return nil, err
	}
	return r.rows, nil
}

// maxQueued bounds what waits, so that the server never waits for the rest of a write
// that a frozen process does not finish.
const maxQueued = 500

// flush sends what waits and reads the answers.
func (l *link) flush() error {
	queue := l.queue
	l.queue = nil
	for len(queue) > 0 && l.err == nil {
		n := min(len(queue), maxQueued)
		queue[n-1].sync = true
		l.err = l.run(queue[:n])
		queue = queue[n:]
	}
	return l.err
}

// now sends requests with what waits before them.
func (l *link) now(rs ...*request) error {
	l.queue = append(l.queue, rs...)
	return l.flush()
}

// Run runs a text without arguments, of one or more statements.
func (l *link) Run(text string) error {
	if err := l.flush(); err != nil {
		return err
	}
	_, err := l.pg.Exec(background, text).ReadAll()
	return err
}

// changed reads how many rows a statement changed out of the server's answer, such as
// "INSERT 0 3" and "DELETE 3".
func changed(tag string) int64 {
	var n int64
	for i := len(tag) - 1; i >= 0 && tag[i] >= '0' && tag[i] <= '9'; i-- {
		n, _ = strconv.ParseInt(tag[i:], 10, 64) // digits only
	}
	return n
}

// ended is what a commit has to answer: a transaction that failed answers ROLLBACK.
func ended(r *request) error {
	if r.tag != "COMMIT" {
		return fmt.Errorf("the transaction was not committed: the server answered %q", r.tag)
	}
	return nil
}
