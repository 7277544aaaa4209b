package mysqlstore

import (
	"strconv"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// A writing builds one statement.
type writing struct {
	b   []byte
	err error
}

// room is a statement for which there is room.
func room(size int) *writing { return &writing{b: make([]byte, 0, size)} }

func (w *writing) add(text string) *writing {
	w.b = append(w.b, text...)
	return w
}

// vals adds arguments with commas between them.
func (w *writing) vals(args ...any) *writing {
	for i, a := range args {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		var err error
		if w.b, err = appendLiteral(w.b, sqlcore.Native(a)); err != nil {
			w.err = err
			return w
		}
	}
	return w
}

// Those for rows, of which there are many, add a comma and one argument.

// row begins a row, with a comma before it unless it is the first.
func (w *writing) row(first bool, n int64) *writing {
	if !first {
		w.b = append(w.b, ',')
	}
	w.b = append(w.b, '(')
	return w.number(n)
}

func (w *writing) end() { w.b = append(w.b, ')') }

func (w *writing) number(n int64) *writing {
	if n < 0 { // two minus signs begin a comment
		w.b = append(strconv.AppendInt(append(w.b, '('), n, 10), ')')
		return w
	}
	w.b = strconv.AppendInt(w.b, n, 10)
	return w
}

func (w *writing) int(n int64) *writing {
	w.b = append(w.b, ',')
	return w.number(n)
}

func (w *writing) id(id *storage.ID) *writing {
	w.b = appendHex(append(w.b, ','), id[:])
	return w
}

// bytes are null when b is nil.
func (w *writing) bytes(b []byte) *writing {
	if b == nil {
		return w.add(",NULL")
	}
	w.b = appendHex(append(w.b, ','), b)
	return w
}

// write runs statements that were built, and more behind them.
func (l *link) write(all []*writing, more ...string) error {
	texts := make([]string, 0, len(all)+len(more))
	for _, w := range all {
		if w.err != nil {
			return w.err
		}
		texts = append(texts, string(w.b))
	}
	return l.all(append(texts, more...)...)
}

// inList is numbers for a text.
func inList[N ~int | ~int32](all []N) string {
	b := []byte("(")
	for i, n := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(append(b, ')'))
}
