package mysqlstore

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// Statements are sent as text, with their arguments in it: one round trip each,
// whatever the connection's parameters are. Text and bytes are written in hexadecimal
// digits, so no character set and no sql_mode has a say in what they mean.

// texts are the statements of a namespace, cut where arguments belong.
type texts struct {
	*sqlcore.Texts
	pieces  [][]string // by the statement's number
	shapes  []shape    // likewise
	mariadb bool
	blocks  bool // the server takes several statements as one
}

func newTexts(prefix string) *texts {
	t := &texts{Texts: sqlcore.NewTexts(sqlcore.MySQL, prefix)}
	for _, s := range sqlcore.Statements() {
		t.pieces = append(t.pieces, strings.Split(t.Texts.Of(s), "?"))
	}
	for _, sh := range shapes() {
		t.shapes = append(t.shapes, sh.named(t))
	}
	return t
}

// suit fits the statements to a server. MariaDB writes the rows of a list of values without
// the word.
func (t *texts) suit(s *server, separate bool) {
	t.mariadb, t.blocks = s.mariadb, s.mariadb && !separate
	if !s.mariadb {
		return
	}
	for i := range t.pieces {
		for _, pieces := range [][]string{t.pieces[i], t.shapes[i].pieces} {
			for k := range pieces {
				pieces[k] = strings.ReplaceAll(pieces[k], "ROW(", "(")
			}
		}
	}
}

// Of is the text of a statement.
func (t *texts) Of(s *sqlcore.Stmt) string { return strings.Join(t.pieces[s.Number()], "?") }

// with is the statement with its arguments.
func (t *texts) with(s *sqlcore.Stmt, args []any) (string, error) {
	pieces := t.pieces[s.Number()]
	args = t.Args(s, args)
	if len(args) != len(pieces)-1 {
		return "", fmt.Errorf("%s: %d arguments for %d places", s.Short(), len(args), len(pieces)-1)
	}
	size := 0
	for _, p := range pieces {
		size += len(p) + 24
	}
	b := make([]byte, 0, size)
	var err error
	for i, arg := range args {
		b = append(b, pieces[i]...)
		if b, err = appendLiteral(b, arg); err != nil {
			return "", s.Fault(err)
		}
	}
	return string(append(b, pieces[len(args)]...)), nil
}

// appendLiteral writes what sqlcore.Native gives.
func appendLiteral(b []byte, arg any) ([]byte, error) {
	switch v := arg.(type) {
	case nil:
		return append(b, "NULL"...), nil
	case int64:
		if v < 0 { // two minus signs begin a comment
			return append(strconv.AppendInt(append(b, '('), v, 10), ')'), nil
		}
		return strconv.AppendInt(b, v, 10), nil
	case []byte:
		return appendHex(b, v), nil
	case string:
		b = append(b, "x'"...)
		for i := range len(v) {
			b = append(b, hexDigits[v[i]>>4], hexDigits[v[i]&15])
		}
		return append(b, '\''), nil
	}
	return nil, fmt.Errorf("no literal for %T", arg)
}

const hexDigits = "0123456789abcdef"

func appendHex(b, v []byte) []byte {
	b = append(b, "x'"...)
	b = hex.AppendEncode(b, v)
	return append(b, '\'')
}
