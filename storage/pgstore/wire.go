package pgstore

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// A wire sends statements down one connection, as many as there are in one write, and
// reads their answers. It is used by one goroutine at a time.
type wire struct {
	ctx      context.Context // for its deadline; nil: none
	limit    time.Duration   // of a round trip; 0: patience
	pg       *pgconn.PgConn
	prepared prepared // nil: statements are parsed each time, as poolers want it
}

// prepared are the statements of a connection that the server has parsed, by name.
type prepared map[string]*pgconn.StatementDescription

// A request is one statement on its way.
type request struct {
	name  string // of the prepared statement
	text  string
	args  [][]byte
	types []uint32
	rows  *result // takes the rows; nil: there are none, or nobody wants them
	tag   string  // the server's word for what was done, once it was
	sync  bool    // ends an implicit transaction
	stmt  interface{ Fault(error) error }
}

var binaryFormat = []int16{1}

// patience is how long one round trip may take: a connection that is silent for longer
// is given up, so that a half-open one does not hold up the store.
const patience = 5 * time.Second

// run sends requests and reads their answers. After an error the connection may be
// used again when it is not closed; what an explicit transaction needs is the
// caller's matter.
func (w *wire) run(requests []*request) error {
	end := time.Now().Add(cmp.Or(w.limit, patience))
	if w.ctx != nil {
		if sooner, ok := w.ctx.Deadline(); ok && sooner.Before(end) {
			end = sooner
		}
	}
	_ = w.pg.Conn().SetDeadline(end) // a closed connection says so below
	defer func() { _ = w.pg.Conn().SetDeadline(time.Time{}) }()
	p := w.pg.StartPipeline(background) // the deadline is cheaper to watch than a context
	fresh := make(map[string]bool)
	for _, r := range requests {
		w.send(p, r, fresh)
	}
	if err := p.Flush(); err != nil {
		return errors.Join(err, p.Close())
	}
	err := w.receive(p, requests, fresh)
	return firstError(err, p.Close())
}

func (w *wire) send(p *pgconn.Pipeline, r *request, fresh map[string]bool) {
	if w.prepared == nil {
		p.SendQueryParams(r.text, r.args, r.types, binaryFormat, binaryFormat)
	} else {
		known := w.prepared[r.name]
		switch {
		case known != nil:
			p.SendQueryStatement(known, r.args, binaryFormat, binaryFormat)
		case !fresh[r.name]:
			fresh[r.name] = true
			p.SendPrepare(r.name, r.text, r.types)
			fallthrough
		default:
			p.SendQueryPrepared(r.name, r.args, binaryFormat, binaryFormat)
		}
	}
	if r.sync {
		p.SendPipelineSync()
	}
}

// receive reads the answers in their order, to the first error.
func (w *wire) receive(p *pgconn.Pipeline, requests []*request, fresh map[string]bool) error {
	for _, r := range requests {
		if fresh[r.name] && w.prepared[r.name] == nil {
			got, err := p.GetResults()
			if err != nil {
				return r.fault(err)
			}
			parsed, ok := got.(*pgconn.StatementDescription)
			if !ok {
				return fmt.Errorf("the server answered a statement with %T", got)
			}
			parsed.Name = r.name
			w.prepared[r.name] = parsed
		}
		if err := w.answer(p, r); err != nil {
			return r.fault(err)
		}
		if r.sync {
			if _, err := p.GetResults(); err != nil {
				return r.fault(err)
			}
		}
	}
	return nil
}

func (w *wire) answer(p *pgconn.Pipeline, r *request) error {
	got, err := p.GetResults()
	if err != nil {
		return err
	}
	reader, ok := got.(*pgconn.ResultReader)
	if !ok {
		return fmt.Errorf("the server answered a statement with %T", got)
	}
	if r.rows != nil {
		r.rows.read(reader)
	}
	tag, err := reader.Close()
	r.tag = tag.String()
	return err
}

func (r *request) fault(err error) error {
	if r.stmt == nil || err == nil {
		return err
	}
	return r.stmt.Fault(err)
}

// set makes args what the server gets: numbers, texts and bytes in binary form, with
// their types, so that no round trip asks for these.
func (r *request) set(args []any) error {
	r.args, r.types = make([][]byte, len(args)), make([]uint32, len(args))
	numbers := make([]byte, 8*len(args))
	for i, arg := range args {
		switch v := arg.(type) {
		case nil:
		case int64:
			number := numbers[8*i : 8*i+8 : 8*i+8]
			binary.BigEndian.PutUint64(number, uint64(v))
			r.args[i], r.types[i] = number, pgtype.Int8OID
		case string:
			r.args[i], r.types[i] = []byte(v), pgtype.TextOID
		case []byte:
			r.args[i], r.types[i] = v, pgtype.ByteaOID
		default:
			return fmt.Errorf("argument %d is a %T, which no column holds", i+1, arg)
		}
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
