package mysqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// link runs statements on a connection or in a transaction, of the store or of a
// caller. It is used by one goroutine at a time.
type link struct {
	ctx   context.Context
	limit time.Duration // of one statement; 0: none but that of ctx
	conn  sqlcore.Conn
	texts *texts
}

// statementLimit is the longest that a statement of the store's own connections may
// take: a server that does not answer for longer is given up.
const statementLimit = 5 * time.Second

func (l *link) context() (context.Context, context.CancelFunc) {
	if l.limit == 0 {
		return l.ctx, func() {}
	}
	return context.WithTimeout(l.ctx, l.limit)
}

// Exec runs a statement and says how many rows it changed: for an update, rows that
// were the same before may count or not.
func (l *link) Exec(s *sqlcore.Stmt, args ...any) (int64, error) {
	text, err := l.texts.with(s, args)
	if err != nil {
		return 0, err
	}
	ctx, cancel := l.context()
	defer cancel()
	result, err := l.conn.ExecContext(ctx, text)
	if err != nil {
		return 0, s.Fault(err)
	}
	return result.RowsAffected()
}

// Query runs a statement and reads all its rows, so that the connection is free.
func (l *link) Query(s *sqlcore.Stmt, args ...any) (sqlcore.Rows, error) {
	text, err := l.texts.with(s, args)
	if err != nil {
		return nil, err
	}
	found, err := l.query(text)
	if err != nil {
		return nil, s.Fault(err)
	}
	return found, nil
}

func (l *link) query(text string) (*rows, error) {
	all, err := l.results(text, 1)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// queries runs texts that give rows, one after the other: MariaDB takes them in one round
// trip.
func (l *link) queries(texts ...string) (all []*rows, err error) {
	if l.texts.blocks && len(texts) > 1 {
		return l.results("BEGIN NOT ATOMIC "+strings.Join(texts, "; ")+"; END", len(texts))
	}
	for _, text := range texts {
		found, err := l.query(text)
		if err != nil {
			return nil, err
		}
		all = append(all, found)
	}
	return all, nil
}

// results runs a text and reads the n tables that it gives.
func (l *link) results(text string, n int) (all []*rows, err error) {
	ctx, cancel := l.context()
	defer cancel()
	if c, ok := l.conn.(*sql.Conn); ok {
		if all, err = direct(ctx, c, text, n); !errors.Is(err, errIndirect) {
			return all, err
		}
	}
	found, err := l.conn.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for len(all) < n {
		if len(all) > 0 && !found.NextResultSet() {
			break
		}
		r, err := read(found)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	if err := firstError(found.Err(), found.Close()); err != nil {
		return nil, err
	}
	return all, enough(all, n)
}

func enough(all []*rows, n int) error {
	if len(all) < n {
		return fmt.Errorf("the server gave %d tables of %d", len(all), n)
	}
	return nil
}

// read reads one table.
func read(found *sql.Rows) (*rows, error) {
	columns, err := found.Columns()
	if err != nil {
		return nil, err
	}
	r := &rows{width: len(columns)}
	into := make([]any, r.width)
	for found.Next() {
		at := len(r.vals)
		for range r.width {
			r.vals = append(r.vals, nil)
		}
		for i := range into {
			into[i] = (*any)(&r.vals[at+i])
		}
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
	}
	return r, found.Err()
}

// exec runs a text without arguments or rows.
func (l *link) exec(text string) (sql.Result, error) {
	ctx, cancel := l.context()
	defer cancel()
	return l.conn.ExecContext(ctx, text)
}

// run is exec where the result is of no interest.
func (l *link) run(text string) error {
	_, err := l.exec(text)
	return err
}

// number runs a text that gives one number.
func (l *link) number(text string) (int64, error) {
	found, err := l.query(text)
	if err != nil {
		return 0, err
	}
	vals, ok, _ := found.Next()
	if !ok {
		return 0, sql.ErrNoRows
	}
	n, _ := vals[0].(int64)
	return n, nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// The numbers of errors that have a meaning here.
const (
	codeDuplicate   = 1062
	codeSignal      = 1644 // of writeIf
	codeNoTable     = 1146
	codeLockTimeout = 1205
	codeDeadlock    = 1213
	codeReadOnly    = 1290
	codeReadOnlyTx  = 1792
	codeFull        = 1114
	codeDiskFull    = 1021
	codeDenied      = 1142
	codeDeniedDB    = 1044
	codePacket      = 1153
	codeBinlog      = 1665
)

// codeOf is the server's number of an error; 0 when it has none.
func codeOf(err error) uint16 {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}
